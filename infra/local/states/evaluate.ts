import { ExecutionError, StateMachine, type StateMachineDefinition } from 'aws-local-stepfunctions';
import type { State } from './definition.ts';
import { StateError } from './errors.ts';
import type { Json, JsonObject } from './json.ts';
import { CONTEXT_KEY, INPUT_KEY, plainPaths } from './load.ts';

/** The context object (`$$`) of one state, as AWS describes it ("Accessing execution data from the Context object"). */
export interface ContextObject {
  Execution: {
    Id: string;
    Input: Json;
    Name: string;
    RoleArn: string;
    StartTime: string;
    /** 0 before any redrive. */
    RedriveCount: number;
    /** Only once the execution was redriven. */
    RedriveTime?: string;
  };
  State: { EnteredTime: string; Name: string; RetryCount: number };
  StateMachine: { Id: string; Name: string };
  Map?: { Item: { Index: number; Value: Json } };
}

export interface Evaluated {
  output: Json;
  /** The state chosen, of a Choice. */
  chosen?: string;
}

const NO_VALIDATION = { validationOptions: { noValidate: true } };
/** The engine's own task timeout is 60 s unless told otherwise; ours is kept in task.ts. */
const NO_TIMEOUT_SECONDS = 2_147_483;
/** Targets of a Choice are renamed so: one of them may be the Choice itself. */
const TARGET = '-> ';

/**
 * Runs one state of a loaded definition, without its Retry, Catch and Next: aws-local-stepfunctions evaluates its paths, templates,
 * intrinsic functions and choice rules, and `work` is what the state does with its effective input (nothing, unless given).
 * Rejects with StateError, or with what `work` rejected with.
 */
export async function evaluateState(
  name: string,
  state: State,
  input: Json,
  context: ContextObject,
  work?: (effectiveInput: Json) => Promise<Json>,
): Promise<Evaluated> {
  const { Type, InputPath, OutputPath, Parameters, ResultSelector, ResultPath, Result } = state;
  let effective =
    InputPath === undefined ? input : InputPath === null ? {} : await evaluatePath(name, InputPath, input, context);
  // The Parameters of a Map are the old name of its ItemSelector.
  if (Parameters !== undefined && Type !== 'Map')
    effective = await evaluateTemplate(name, Parameters, effective, context);
  const chosen = Type === 'Choice' ? await choose(name, state, effective, context) : undefined;
  let result = work ? await work(effective) : (Result ?? effective);
  if (Type === 'Pass' && Result === null) result = null;
  if (ResultSelector !== undefined) result = await evaluateTemplate(name, ResultSelector, result, context);
  if (ResultPath === null) result = input;
  else if (ResultPath !== undefined) result = await placeResult(name, ResultPath, input, result);
  if (OutputPath === null) result = {};
  else if (OutputPath !== undefined) result = await evaluatePath(name, OutputPath, result, context);
  return chosen === undefined ? { output: result } : { output: result, chosen };
}

/** A payload template of a loaded definition over `input`: Parameters, ItemSelector. */
export async function evaluateTemplate(
  name: string,
  template: Json,
  input: Json,
  context: ContextObject,
): Promise<Json> {
  const states = { [name]: { Type: 'Pass', Parameters: template, End: true } };
  return await start(name, states, { [INPUT_KEY]: input }, context).output;
}

/** A path or intrinsic function of a loaded definition over `input`. */
export async function evaluatePath(name: string, path: string, input: Json, context: ContextObject): Promise<Json> {
  const result = (await evaluateTemplate(name, { 'value.$': path }, input, context)) as JsonObject;
  return result.value ?? null;
}

async function choose(
  name: string,
  { Choices = [], Default }: State,
  input: Json,
  context: ContextObject,
): Promise<string> {
  const rules = (Choices as JsonObject[]).map((rule) => ({ ...rule, Next: TARGET + (rule.Next as string) }));
  const targets = [...rules.map(({ Next }) => Next), ...(Default === undefined ? [] : [TARGET + Default])];
  const choice = { Type: 'Choice', Choices: rules, ...(Default !== undefined && { Default: TARGET + Default }) };
  const ends = Object.fromEntries(targets.map((target) => [target, { Type: 'Succeed' }]));
  const { output, entered } = start(name, { [name]: choice, ...ends }, { [INPUT_KEY]: input }, context);
  await output;
  return (await entered()).slice(TARGET.length);
}

/** The result at its ResultPath in the state's own input. */
async function placeResult(name: string, ResultPath: string, input: Json, result: Json): Promise<Json> {
  const task = { Type: 'Task', Resource: '', TimeoutSeconds: NO_TIMEOUT_SECONDS, ResultPath, End: true };
  return await start(name, { [name]: task }, input, undefined, result).output;
}

function start(
  name: string,
  states: object,
  input: Json,
  context: ContextObject | undefined,
  taskResult: Json = null,
): { output: Promise<Json>; entered: () => Promise<string> } {
  const machine = new StateMachine(
    { StartAt: name, States: states } as unknown as StateMachineDefinition,
    NO_VALIDATION,
  );
  const execution = machine.run(input, {
    context: { [CONTEXT_KEY]: context },
    overrides: { taskResourceLocalHandlers: { [name]: () => taskResult } },
  });
  const output = execution.result.catch((thrown: unknown) => {
    throw engineError(thrown instanceof ExecutionError ? thrown.cause : thrown);
  });
  return { output, entered: () => lastEntered(execution.eventLogs) };
}

async function lastEntered(events: ReturnType<StateMachine['run']>['eventLogs']): Promise<string> {
  let name = '';
  for await (const event of events) if (event.type === 'StateEntered') name = event.state.name;
  return name;
}

/** The engine's own complaints bear AWS's names; anything else it throws is a mistake in an intrinsic function. */
function engineError(thrown: unknown): StateError {
  if (!(thrown instanceof Error)) return new StateError('States.Runtime', String(thrown));
  const name = thrown.name.startsWith('States.') ? thrown.name : 'States.IntrinsicFailure';
  return new StateError(name, plainPaths(thrown.message));
}
