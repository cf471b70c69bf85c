import { ExecutionError, StateMachine, type StateMachineDefinition } from 'aws-local-stepfunctions';
import type { State } from './definition.ts';
import { StateError } from './errors.ts';
import type { Json, JsonObject } from './json.ts';
import { CONTEXT_KEY, plainPaths } from './load.ts';

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

/**
 * Runs one state of a loaded definition, without its Retry, Catch and Next, in aws-local-stepfunctions, which does its input and
 * output processing, intrinsic functions and choice rules. `work` is what a Task, Map, Parallel or Wait does: it gets the
 * effective input. Rejects with StateError (or with what `work` rejected with).
 */
export async function evaluateState(
  name: string,
  state: State,
  input: Json,
  context: ContextObject,
  work: (effectiveInput: Json) => Promise<Json> = () =>
    Promise.reject(new StateError('States.Runtime', `${name} has no work`)),
): Promise<Evaluated> {
  const { Type, InputPath, OutputPath, Parameters, ResultSelector, ResultPath, Choices, Default, Result } = state;
  const data = present({
    InputPath,
    OutputPath,
    ...(Type === 'Map' ? {} : { Parameters }),
    ResultSelector,
    ResultPath,
  });
  if (Type === 'Choice') {
    const targets = [
      ...(Choices ?? []).map((rule) => (rule as JsonObject).Next as string),
      ...(Default ? [Default] : []),
    ];
    // A target's own name may be the Choice's: a loop back to itself.
    const ends = targets.map((target) => [`-> ${target}`, { Type: 'Succeed' }]);
    const rules = (Choices ?? []).map((rule) => ({
      ...(rule as JsonObject),
      Next: `-> ${(rule as JsonObject).Next as string}`,
    }));
    const choice = { Type, Choices: rules, ...present({ Default: Default && `-> ${Default}`, InputPath, OutputPath }) };
    return await run(name, { [name]: choice, ...(Object.fromEntries(ends) as object) }, input, context, work);
  }
  if (Type === 'Succeed') return await run(name, { [name]: { Type, ...data } }, input, context, work);
  if (Type === 'Pass' && Result === undefined)
    return await run(name, { [name]: { Type, ...data, End: true } }, input, context, work);
  // A Pass with a Result of 0, false, null or "" would be ignored by the engine: as a task, it is not.
  const task = { Type: 'Task', Resource: '', TimeoutSeconds: NO_TIMEOUT_SECONDS, ...data, End: true };
  return await run(
    name,
    { [name]: task },
    input,
    context,
    Type === 'Pass' ? () => Promise.resolve(Result ?? null) : work,
  );
}

/** A payload template over `input`: ItemSelector, a path, a Fail state's Error. */
export async function evaluateTemplate(
  name: string,
  template: Json,
  input: Json,
  context: ContextObject,
): Promise<Json> {
  const state = { Type: 'Pass', Parameters: template, End: true };
  return (await run(name, { [name]: state }, input, context, () => Promise.resolve(null))).output;
}

/** One reference path or intrinsic function over `input`. */
export async function evaluatePath(name: string, path: string, input: Json, context: ContextObject): Promise<Json> {
  const result = (await evaluateTemplate(name, { 'value.$': path }, input, context)) as JsonObject;
  return result.value ?? null;
}

async function run(
  name: string,
  states: object,
  input: Json,
  context: ContextObject,
  work: (effectiveInput: Json) => Promise<Json>,
): Promise<Evaluated> {
  const machine = new StateMachine(
    { StartAt: name, States: states } as unknown as StateMachineDefinition,
    NO_VALIDATION,
  );
  const execution = machine.run(input, {
    context: { [CONTEXT_KEY]: context },
    overrides: { taskResourceLocalHandlers: { [name]: (effectiveInput) => work(effectiveInput) } },
  });
  try {
    const output = await execution.result;
    const chosen = await lastEntered(execution.eventLogs);
    return chosen?.startsWith('-> ') ? { output, chosen: chosen.slice(3) } : { output };
  } catch (thrown) {
    throw engineError(thrown instanceof ExecutionError ? thrown.cause : thrown);
  }
}

async function lastEntered(events: ReturnType<StateMachine['run']>['eventLogs']): Promise<string | undefined> {
  let name: string | undefined;
  for await (const event of events) if (event.type === 'StateEntered') name = event.state.name;
  return name;
}

/** The engine's own complaints bear AWS's names; anything else it throws is a mistake in a path or an intrinsic function. */
function engineError(thrown: unknown): Error {
  if (!(thrown instanceof Error)) return new StateError('States.Runtime', String(thrown));
  const fromEngine = 'isRetryable' in thrown;
  if (fromEngine && thrown.name.startsWith('States.')) return new StateError(thrown.name, plainPaths(thrown.message));
  const ours = thrown instanceof StateError || thrown.name === 'ExecutionHalted';
  return ours ? thrown : new StateError('States.IntrinsicFailure', plainPaths(thrown.message));
}

/** Without what is undefined: the engine asks whether a field is there, not what it holds. */
function present(fields: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}
