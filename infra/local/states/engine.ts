import { runBranches } from './branches.ts';
import { isDistributed, type State, type StatesBlock } from './definition.ts';
import { runDistributedMap } from './distributed-map.ts';
import { asStateError, ExecutionHalted, StateError } from './errors.ts';
import { evaluatePath, evaluateState, type ContextObject, type Evaluated } from './evaluate.ts';
import type { Frame } from './execution.ts';
import type { Json } from './json.ts';
import { catcherFor, RetryBudget } from './retry.ts';
import { checkPayload, contextOf, type Scope } from './scope.ts';
import { runTask } from './task.ts';
import { pause, retryDelaySeconds } from './time.ts';

/** What a state does, and all it needs to do it. */
export interface Step {
  scope: Scope;
  name: string;
  state: State;
  frame: Frame;
  context: ContextObject;
  /** The state was entered before a redrive: keep what it had done. */
  resumed: boolean;
}

/**
 * Runs the states of a block from where `frame` stands to the end and returns the output. `frame` always says which state is
 * under way with which input; `resumed` is true when it comes from an attempt that ended, whose state is then not entered again.
 * Rejects with StateError when a state failed uncaught, with ExecutionHalted when the scope's signal was aborted.
 */
export async function runStates(scope: Scope, block: StatesBlock, frame: Frame, resumed: boolean): Promise<Json> {
  for (let again = resumed; ; again = false) {
    if (scope.signal.aborted) throw new ExecutionHalted();
    const state = block.States[frame.state];
    if (!state) throw new StateError('States.Runtime', `There is no state '${frame.state}'.`);
    // AWS: a redrive "reenters the Fail state"; other states were entered already and are only taken up again.
    if (!again || state.Type === 'Fail') {
      frame.enteredTime = new Date(scope.attempt.clock.now()).toISOString();
      scope.attempt.log.add(scope.thread, `${state.Type}StateEntered`, {
        name: frame.state,
        input: JSON.stringify(frame.input),
      });
    }
    scope.attempt.save();
    const { output, next } = await runState(scope, state, frame, again);
    scope.attempt.log.add(scope.thread, `${state.Type}StateExited`, {
      name: frame.state,
      output: JSON.stringify(output),
    });
    if (next === undefined) return output;
    frame.state = next;
    frame.input = output;
    forgetBranches(frame);
  }
}

/** One state with its retries and its catchers. */
async function runState(
  scope: Scope,
  state: State,
  frame: Frame,
  resumed: boolean,
): Promise<{ output: Json; next?: string }> {
  const budget = new RetryBudget(state);
  for (let again = resumed; ; again = false) {
    const visit = { name: frame.state, enteredTime: frame.enteredTime ?? '', retryCount: budget.count };
    const step: Step = { scope, name: frame.state, state, frame, context: contextOf(scope, visit), resumed: again };
    try {
      const { output, chosen } = await perform(step);
      checkPayload(frame.state, output);
      const next = chosen ?? state.Next;
      return next === undefined ? { output } : { output, next };
    } catch (thrown) {
      if (thrown instanceof ExecutionHalted || scope.signal.aborted) throw new ExecutionHalted();
      const error = explained(asStateError(thrown, 'States.Runtime'), step);
      const retry = budget.take(error);
      if (retry) {
        await pause(
          scope.attempt.clock,
          retryDelaySeconds(retry.retrier, retry.attempt, scope.attempt.clock),
          scope.signal,
        );
        forgetBranches(frame);
        continue;
      }
      const catcher = catcherFor(state, error);
      if (catcher) return { output: await caught(step, catcher.ResultPath, error), next: catcher.Next };
      // AWS reruns a Map or Parallel from its beginning when it failed by its own data, not by a branch.
      if (error.name === 'States.DataLimitExceeded' || (error.name === 'States.Runtime' && frame.mapRunArn))
        forgetBranches(frame);
      throw error;
    }
  }
}

function forgetBranches(frame: Frame): void {
  delete frame.branches;
  delete frame.mapRunArn;
}

async function perform(step: Step): Promise<Evaluated> {
  const { state, name, frame, context, scope } = step;
  const evaluate = (work?: (effectiveInput: Json) => Promise<Json>): Promise<Evaluated> =>
    evaluateState(name, state, frame.input, context, work);
  switch (state.Type) {
    case 'Task':
      return await evaluate((input) => runTask(step, input));
    case 'Wait':
      return await evaluate(async (input) => {
        await pause(scope.attempt.clock, await waitSeconds(step, input), scope.signal);
        return input;
      });
    case 'Parallel':
      return await evaluate((input) => runBranches(step, input, runStates));
    case 'Map':
      return await evaluate((input) =>
        isDistributed(state) ? runDistributedMap(step, input) : runBranches(step, input, runStates),
      );
    case 'Fail':
      throw await failure(step);
    case 'Pass':
    case 'Choice':
    case 'Succeed':
      return await evaluate();
  }
}

/** Seconds of state machine time left to wait; a timestamp in the past waits not at all. */
async function waitSeconds({ name, state, context, scope }: Step, input: Json): Promise<number> {
  const of = async (path: string): Promise<Json> => await evaluatePath(name, path, input, context);
  const seconds = state.Seconds ?? (state.SecondsPath === undefined ? undefined : await of(state.SecondsPath));
  if (seconds !== undefined) {
    if (typeof seconds === 'number' && Number.isInteger(seconds) && seconds >= 0) return seconds;
    throw new StateError(
      'States.Runtime',
      `The SecondsPath parameter does not reference a positive integer: ${JSON.stringify(seconds)}.`,
    );
  }
  const timestamp = state.Timestamp ?? (await of(state.TimestampPath ?? ''));
  const until = typeof timestamp === 'string' ? Date.parse(timestamp) : NaN;
  if (Number.isNaN(until)) throw new StateError('States.Runtime', `Not a timestamp: ${JSON.stringify(timestamp)}.`);
  return Math.max(0, until - scope.attempt.clock.now()) / 1000;
}

async function failure({ name, state, frame, context }: Step): Promise<StateError> {
  const text = async (plain: string | undefined, path: string | undefined): Promise<string> =>
    path === undefined ? (plain ?? '') : textOf(await evaluatePath(name, path, frame.input, context));
  return new StateError(await text(state.Error, state.ErrorPath), await text(state.Cause, state.CausePath));
}

const textOf = (value: Json): string => (typeof value === 'string' ? value : JSON.stringify(value));

/** A catcher's output: the error at its ResultPath in the state's own input. */
async function caught(
  { name, frame, context }: Step,
  resultPath: string | null | undefined,
  error: StateError,
): Promise<Json> {
  const state: State = { Type: 'Pass', Result: { Error: error.name, Cause: error.message }, End: true };
  if (resultPath !== undefined) state.ResultPath = resultPath;
  return (await evaluateState(name, state, frame.input, context)).output;
}

/** AWS says where a runtime error arose. */
function explained(error: StateError, { name, scope }: Step): StateError {
  if (error.name !== 'States.Runtime' || error.message.startsWith('An error occurred while executing the state'))
    return error;
  const where = `An error occurred while executing the state '${name}' (entered at the event id #${scope.thread.last}).`;
  return new StateError(error.name, `${where} ${error.message}`);
}
