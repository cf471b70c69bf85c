import { aws_stepfunctions as sfn } from 'aws-cdk-lib';
import type { aws_lambda as lambda, aws_sns as sns } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { failureTimeoutSeconds } from './archive.ts';
import type { FailureState } from './contracts.ts';
import type { ExpireState } from './expire-contracts.ts';
import { executionContext, FailureBranch, functionState } from './guarded.ts';

/** Time that the function of each state may take, and where its answer goes in the state data. */
export const expireStates: Record<ExpireState, { readonly timeoutSeconds: number; readonly resultPath: string }> = {
  ListLeases: { timeoutSeconds: 300, resultPath: '$' },
  RemoveExpired: { timeoutSeconds: 900, resultPath: '$.removal' },
  NotifyExpiring: { timeoutSeconds: 300, resultPath: '$.notification' },
  MeasureDrillAge: { timeoutSeconds: 300, resultPath: '$.drills' },
};

export interface ExpireRestoresWorkflowProps {
  readonly functions: Record<ExpireState | FailureState, lambda.IFunction>;
  readonly topic: sns.ITopic;
}

/** Removes restored indices whose lease has ended, tells of those that are next, and measures how old the last drill is. */
export function expireRestoresWorkflow(scope: Construct, props: ExpireRestoresWorkflowProps): sfn.IChainable {
  const { functions, topic } = props;
  const failures = new FailureBranch(scope, { functions, timeoutSeconds: failureTimeoutSeconds, topic });
  const state = (name: ExpireState, payload?: sfn.TaskInput): sfn.TaskStateBase =>
    failures.guard(
      functionState(scope, name, {
        lambdaFunction: functions[name],
        ...expireStates[name],
        ...(payload && { payload }),
      }),
    );

  return state('ListLeases')
    .next(state('RemoveExpired'))
    .next(state('NotifyExpiring', stateAndExecution))
    .next(state('MeasureDrillAge'));
}

const stateAndExecution = sfn.TaskInput.fromObject({
  'at.$': '$.at',
  'ended.$': '$.ended',
  'ending.$': '$.ending',
  'removal.$': '$.removal',
  execution: executionContext,
});
