import type { Call } from './bindings.ts';
import type { Step } from './engine.ts';
import { invokeFunction, runContainer, callService } from './integrations.ts';
import { asStateError, ExecutionHalted, StateError } from './errors.ts';
import { evaluatePath } from './evaluate.ts';
import { copyJson, isJsonObject, type Json, type JsonObject } from './json.ts';
import { namesInHistory, parseResource, type Resource } from './resource.ts';
import { checkPayload } from './scope.ts';
import { timer, unlessHalted } from './time.ts';

/** Does the work of a Task state within its timeout, and records it. */
export async function runTask(step: Step, parameters: Json): Promise<Json> {
  const { scope, state, name } = step;
  const { log, record } = scope.attempt;
  const resource = parseResource(state.Resource ?? '');
  if (!resource) throw new StateError('States.Runtime', `The resource '${state.Resource ?? ''}' is not supported.`);
  const timeoutSeconds = await timeoutOf(step);
  const events = taskEvents(resource, record.executionArn);
  checkPayload(name, parameters);
  log.add(scope.thread, events.scheduled, events.schedule(parameters, timeoutSeconds));
  log.add(scope.thread, events.started, events.names);

  const timeout = new AbortController();
  const cancelTimer =
    timeoutSeconds === undefined ? (): void => undefined : timer(timeoutSeconds, () => timeout.abort());
  let settled = false;
  const call: Call = {
    executionArn: record.executionArn,
    stateMachineArn: record.stateMachineArn,
    roleArn: record.roleArn,
    stateName: name,
    signal: AbortSignal.any([scope.signal, timeout.signal]),
    submitted: (output) => {
      if (!settled && !call.signal.aborted)
        log.add(scope.thread, 'TaskSubmitted', { ...events.names, output: JSON.stringify(output) });
    },
  };
  try {
    const work = scope.attempt.track(
      Promise.resolve().then(() => integrate(step, resource, copyJson(parameters), call)),
    );
    const output = checkPayload(name, copyJson(await unlessHalted(work, call.signal)));
    log.add(scope.thread, events.succeeded, { ...events.names, output: JSON.stringify(output) });
    return output;
  } catch (thrown) {
    if (scope.signal.aborted) throw new ExecutionHalted();
    const timedOut = timeout.signal.aborted;
    const error = timedOut ? new StateError('States.Timeout') : asStateError(thrown);
    log.add(scope.thread, timedOut ? events.timedOut : events.failed, {
      ...events.names,
      error: error.name,
      cause: error.message,
    });
    throw error;
  } finally {
    settled = true;
    cancelTimer();
  }
}

function integrate({ scope }: Step, resource: Resource, parameters: Json, call: Call): Promise<Json> {
  const { bindings } = scope.attempt;
  if (resource.kind === 'function') return invokeFunction(bindings, resource.arn, parameters, call);
  const named = isJsonObject(parameters) ? parameters : {};
  if (resource.kind === 'runTask') return runContainer(bindings, named, call);
  if (resource.kind === 'service') return callService(bindings, resource, named, call);
  const functionArn = [named.FunctionName, named.Qualifier].filter((part) => typeof part === 'string').join(':');
  return invokeFunction(bindings, functionArn, named.Payload ?? {}, call).then((Payload) => ({
    ExecutedVersion: /:(\d+)$/.exec(functionArn)?.[1] ?? '$LATEST',
    Payload,
    StatusCode: 200,
  }));
}

async function timeoutOf({ name, state, frame, context }: Step): Promise<number | undefined> {
  if (state.TimeoutSecondsPath === undefined) return state.TimeoutSeconds;
  const seconds = await evaluatePath(name, state.TimeoutSecondsPath, frame.input, context);
  if (typeof seconds === 'number' && Number.isInteger(seconds) && seconds > 0) return seconds;
  throw new StateError(
    'States.Runtime',
    `TimeoutSecondsPath does not reference a positive integer: ${JSON.stringify(seconds)}.`,
  );
}

/** The event types of a Task, which differ for a function called by its bare ARN, and their common details. */
interface TaskEvents {
  scheduled: string;
  started: string;
  succeeded: string;
  failed: string;
  timedOut: string;
  names: JsonObject;
  schedule: (parameters: Json, timeoutSeconds: number | undefined) => JsonObject;
}

function taskEvents(resource: Resource, executionArn: string): TaskEvents {
  const names = namesInHistory(resource);
  const timeout = (seconds: number | undefined): JsonObject =>
    seconds === undefined ? {} : { timeoutInSeconds: seconds };
  const prefix = resource.kind === 'function' ? 'LambdaFunction' : 'Task';
  return {
    scheduled: `${prefix}Scheduled`,
    started: `${prefix}Started`,
    succeeded: `${prefix}Succeeded`,
    failed: `${prefix}Failed`,
    timedOut: `${prefix}TimedOut`,
    names: resource.kind === 'function' ? {} : names,
    schedule: (parameters, seconds) =>
      resource.kind === 'function'
        ? { resource: resource.arn, input: JSON.stringify(parameters), ...timeout(seconds) }
        : {
            ...names,
            region: executionArn.split(':')[3] ?? '',
            parameters: JSON.stringify(parameters),
            ...timeout(seconds),
          },
  };
}
