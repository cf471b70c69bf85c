import type { Bindings, Call } from '../../../../infra/local/states/bindings.ts';
import type { ExecutionDescription } from '../../../../infra/local/states/descriptions.ts';
import type { Json } from '../../../../infra/local/states/json.ts';
import { createStates, type StatesOptions, type StatesService } from '../../../../infra/local/states/service.ts';

export const ROLE = 'arn:aws:iam::000000000000:role/workflow';
export const MACHINE = 'arn:aws:states:eu-central-1:000000000000:stateMachine:archive';

/** A bare function ARN, as a Task's Resource. */
export const fn = (name: string): string => `arn:aws:lambda:eu-central-1:000000000000:function:${name}`;
export const failure = (name: string, message = `${name} happened`): Error =>
  Object.assign(new Error(message), { name });

type Handler = (input: never, call: Call) => unknown;

/** Functions by name; containers and other services only where a test gives them. */
export function bindings(functions: Record<string, Handler>, others: Partial<Bindings> = {}): Bindings {
  return {
    invokeLambda: (functionArn, payload, call) => {
      const handler = functions[functionArn.split(':')[6] ?? functionArn];
      if (!handler) throw new TypeError(`the test has no function ${functionArn}`);
      return Promise.resolve().then(() => handler(payload as never, call));
    },
    runTask: () => Promise.reject(failure('ECS.Unexpected')),
    callAwsService: () => Promise.reject(failure('Unexpected')),
    ...others,
  };
}

/** A service with one state machine, whose waits take no time. */
export function service(definition: object, with_: Bindings, options: Partial<StatesOptions> = {}): StatesService {
  const states = createStates({ bindings: with_, timeScale: 0, ...options });
  states.createStateMachine({ name: 'archive', arn: MACHINE, definition, roleArn: ROLE, schemaChecked: true });
  return states;
}

/** Starts an execution and waits for its end. */
export async function run(states: StatesService, input: Json = {}, name?: string): Promise<ExecutionDescription> {
  const { executionArn } = states.startExecution({ stateMachineArn: MACHINE, input, name });
  return await states.waitForExecution(executionArn);
}

export async function redrive(
  states: StatesService,
  { executionArn }: { executionArn: string },
): Promise<ExecutionDescription> {
  states.redriveExecution({ executionArn });
  return await states.waitForExecution(executionArn);
}

/** Runs a definition once, in a service of its own. */
export async function once(
  definition: object,
  functions: Record<string, Handler>,
  input: Json = {},
): Promise<ExecutionDescription> {
  return await run(service(definition, bindings(functions)), input);
}

export const outputOf = ({ output }: ExecutionDescription): Json => JSON.parse(output ?? 'null') as Json;

/** The execution's events, each as its type and, where it has one, the state's name. */
export function eventsOf(states: StatesService, executionArn: string): string[] {
  return states.getExecutionHistory({ executionArn, maxResults: 1000 }).events.map((event) => {
    const details = (event.stateEnteredEventDetails ?? event.stateExitedEventDetails) as { name: string } | undefined;
    return details ? `${event.type} ${details.name}` : event.type;
  });
}
