import { Duration, aws_stepfunctions as sfn, aws_stepfunctions_tasks as tasks } from 'aws-cdk-lib';
import type { aws_lambda as lambda, aws_sns as sns } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import type { FailureState } from './contracts.ts';
import { functionRetries, publishRetries } from './retry.ts';

/** A function's share of a state's time; the state itself allows a little more, so that the function speaks first. */
const stateGraceSeconds = 30;

export interface FunctionStateProps {
  readonly lambdaFunction: lambda.IFunction;
  /** Time of the function; also its Lambda timeout. */
  readonly timeoutSeconds: number;
  /** Where the answer goes in the state data. */
  readonly resultPath: string;
  /** What the function gets; default: the whole state data. */
  readonly payload?: sfn.TaskInput;
}

/** A state that a function carries out, with the retries and the timeout that all of them have. No Catch: see `FailureBranch`. */
export function functionState(scope: Construct, name: string, props: FunctionStateProps): tasks.LambdaInvoke {
  const state = new tasks.LambdaInvoke(scope, name, {
    lambdaFunction: props.lambdaFunction,
    payloadResponseOnly: true,
    retryOnServiceExceptions: false,
    resultPath: props.resultPath,
    taskTimeout: sfn.Timeout.duration(Duration.seconds(props.timeoutSeconds + stateGraceSeconds)),
    ...(props.payload && { payload: props.payload }),
  });
  for (const retry of functionRetries) state.addRetry(retry);
  return state;
}

/** What every record of the failure branch says of its execution. */
export const executionContext = {
  'id.$': '$$.Execution.Id',
  'name.$': '$$.Execution.Name',
  'startedAt.$': '$$.Execution.StartTime',
  'stateMachineId.$': '$$.StateMachine.Id',
};

/** Waits as long as the state before it says. */
export const waitAsTold = (scope: Construct, name: string, path: string): sfn.Wait =>
  new sfn.Wait(scope, name, { time: sfn.WaitTime.secondsPath(path) });

export interface FailureBranchProps {
  readonly functions: Record<FailureState, lambda.IFunction>;
  readonly timeoutSeconds: number;
  readonly topic: sns.ITopic;
  /** A state that takes back what the execution has half done, before the failure is described. */
  readonly undo?: sfn.TaskStateBase;
  /** What a notice says has failed, where the state's name alone is not loud enough: `DRILL`. */
  readonly what?: string;
}

export interface GuardOptions {
  /** Where a redrive goes on; default: at the state itself. */
  readonly resumeAt?: sfn.State;
  /** Lead the failure through the branch's `undo` state first. */
  readonly undo?: boolean;
}

/**
 * The way of every failed state: `<State>Failed` [-> undo] -> `DescribeFailure` -> `NotifyFailure` -> `HaltForRedrive`, where the
 * execution ends FAILED, and after a redrive -> `ResumeAtFailedState` -> the state that failed, with its own input.
 *
 * A Fail state could not do that: a redrive enters it again and fails again, and never goes back over a Catch
 * (AWS Step Functions developer guide, "Redrive behavior of individual states").
 */
export class FailureBranch {
  readonly #scope: Construct;
  readonly #describe: sfn.TaskStateBase;
  readonly #undo: sfn.TaskStateBase | undefined;
  readonly #resume: sfn.Choice;
  readonly #what: string | undefined;

  constructor(scope: Construct, props: FailureBranchProps) {
    this.#scope = scope;
    const describe = functionState(scope, 'DescribeFailure', {
      lambdaFunction: props.functions.DescribeFailure,
      timeoutSeconds: props.timeoutSeconds,
      resultPath: '$.description',
    });
    const notify = new tasks.SnsPublish(scope, 'NotifyFailure', {
      topic: props.topic,
      subject: sfn.JsonPath.stringAt('$.description.subject'),
      message: sfn.TaskInput.fromJsonPathAt('$.description.message'),
      resultPath: sfn.JsonPath.DISCARD,
      taskTimeout: sfn.Timeout.duration(Duration.seconds(30)),
    });
    for (const retry of publishRetries) notify.addRetry(retry);
    const halt = functionState(scope, 'HaltForRedrive', {
      lambdaFunction: props.functions.HaltForRedrive,
      timeoutSeconds: props.timeoutSeconds,
      resultPath: '$',
      payload: sfn.TaskInput.fromObject({ 'record.$': '$', 'redriveCount.$': '$$.Execution.RedriveCount' }),
    });
    // The failure branch never hides the original error: whatever goes wrong in it, the execution halts with that error.
    describe.addCatch(halt, { errors: [sfn.Errors.ALL], resultPath: '$.describeFailure' });
    notify.addCatch(halt, { errors: [sfn.Errors.ALL], resultPath: '$.notifyFailure' });
    this.#resume = new sfn.Choice(scope, 'ResumeAtFailedState', { outputPath: '$.input' }).otherwise(
      new sfn.Fail(scope, 'FailedStateUnknown', {
        error: 'FailedStateUnknown',
        cause: 'The failure record names a state that this definition does not have.',
      }),
    );
    describe.next(notify).next(halt).next(this.#resume);
    props.undo?.addCatch(describe, { errors: [sfn.Errors.ALL], resultPath: '$.undoFailure' }).next(describe);
    this.#describe = describe;
    this.#undo = props.undo;
    this.#what = props.what;
  }

  /** Catches every error of the state and leads it through this branch. */
  guard<S extends sfn.TaskStateBase | sfn.Map | sfn.DistributedMap>(
    state: S,
    { resumeAt = state, undo = false }: GuardOptions = {},
  ): S {
    const failed = new sfn.Pass(this.#scope, `${state.id}Failed`, {
      parameters: {
        state: state.id,
        ...(this.#what !== undefined && { what: this.#what }),
        'input.$': '$',
        'error.$': '$.failure',
        'redriveCount.$': '$$.Execution.RedriveCount',
        execution: executionContext,
      },
    });
    failed.next(undo && this.#undo ? this.#undo : this.#describe);
    state.addCatch(failed, { errors: [sfn.Errors.ALL], resultPath: '$.failure' });
    this.#resume.when(sfn.Condition.stringEquals('$.state', state.id), resumeAt);
    return state;
  }
}
