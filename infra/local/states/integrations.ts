import type { RunTaskCommandInput, Task } from '@aws-sdk/client-ecs';
import type { Bindings, Call } from './bindings.ts';
import { asStateError, StateError } from './errors.ts';
import { copyJson, isJsonObject, type Json, type JsonObject } from './json.ts';
import type { Resource } from './resource.ts';

/**
 * Invokes a function. Its own errors come as Step Functions reports them: Error is the errorType, Cause the JSON of errorType,
 * errorMessage and trace (Lambda developer guide, "Using AWS Lambda with Step Functions").
 */
export async function invokeFunction(
  bindings: Bindings,
  functionArn: string,
  payload: Json,
  call: Call,
): Promise<Json> {
  try {
    return copyJson(await bindings.invokeLambda(functionArn, payload, call));
  } catch (thrown) {
    const error = thrown instanceof Error ? asNamed(thrown) : asStateError(thrown);
    if (error.name.startsWith('Lambda.')) throw new StateError(error.name, error.message);
    const trace = traceOf(thrown);
    throw new StateError(error.name, JSON.stringify({ errorType: error.name, errorMessage: error.message, trace }));
  }
}

/** A plain `Error` is of that type in Lambda too. */
const asNamed = (error: Error): { name: string; message: string } => ({ name: error.name, message: error.message });

function traceOf(thrown: unknown): string[] {
  const trace = (thrown as { trace?: unknown } | null)?.trace;
  return Array.isArray(trace) ? trace.map(String) : [];
}

/** `ecs:runTask.sync`: States.TaskFailed, with the task as Cause, unless every container exited with 0. */
export async function runContainer(bindings: Bindings, parameters: JsonObject, call: Call): Promise<Json> {
  const request = recased(parameters, (key) => key.charAt(0).toLowerCase() + key.slice(1));
  const task: Task = await bindings.runTask(request as unknown as RunTaskCommandInput, call);
  const output = recased(task, (key) => key.charAt(0).toUpperCase() + key.slice(1));
  const containers = task.containers ?? [];
  if (containers.length === 0 || containers.some((container) => container.exitCode !== 0)) {
    throw new StateError('States.TaskFailed', JSON.stringify(output));
  }
  return output;
}

/** Step Functions' parameters and results have PascalCase keys at every depth; dates are milliseconds since the epoch. */
function recased(value: unknown, rename: (key: string) => string): Json {
  if (value instanceof Date) return value.getTime();
  if (Array.isArray(value)) return value.map((element) => recased(element, rename));
  if (!isJsonObject(value)) return copyJson(value);
  const entries = Object.entries(value).filter(([, inner]) => (inner as unknown) !== undefined);
  return Object.fromEntries(entries.map(([key, inner]) => [rename(key), recased(inner, rename)]));
}

/** Any other service, by the action's name. */
export async function callService(
  bindings: Bindings,
  { service, action, errorPrefix }: Extract<Resource, { kind: 'service' }>,
  parameters: JsonObject,
  call: Call,
): Promise<Json> {
  try {
    return copyJson(await bindings.callAwsService(service, action, parameters, call));
  } catch (thrown) {
    const { name, message } = asStateError(thrown);
    throw new StateError(name.includes('.') ? name : `${errorPrefix}.${name}`, message);
  }
}
