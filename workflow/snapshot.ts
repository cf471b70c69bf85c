import { aws_stepfunctions as sfn } from 'aws-cdk-lib';
import type { aws_lambda as lambda, aws_sns as sns } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { failureTimeoutSeconds } from './archive.ts';
import type { FailureState } from './contracts.ts';
import { executionContext, FailureBranch, functionState, waitAsTold } from './guarded.ts';
import type { SnapshotState } from './snapshot-contracts.ts';

/** Time that the function of each state may take, and where its answer goes in the state data. */
export const snapshotStates: Record<SnapshotState, { readonly timeoutSeconds: number; readonly resultPath: string }> = {
  PlanSnapshot: { timeoutSeconds: 60, resultPath: '$' },
  RegisterRepository: { timeoutSeconds: 120, resultPath: '$.repository' },
  StartSnapshot: { timeoutSeconds: 120, resultPath: '$.snapshot' },
  CheckSnapshot: { timeoutSeconds: 120, resultPath: '$.snapshot' },
  ListExpiredSnapshots: { timeoutSeconds: 300, resultPath: '$.expired' },
  DeleteSnapshot: { timeoutSeconds: 60, resultPath: '$.deletion' },
  CheckDeletion: { timeoutSeconds: 120, resultPath: '$.deletion' },
  CleanUpRepository: { timeoutSeconds: 900, resultPath: '$.cleanup' },
  MeasureRepository: { timeoutSeconds: 900, resultPath: '$.measured' },
  NotifySnapshot: { timeoutSeconds: 60, resultPath: '$.notification' },
};

export interface SnapshotWorkflowProps {
  readonly functions: Record<SnapshotState | FailureState, lambda.IFunction>;
  readonly topic: sns.ITopic;
}

/** The snapshot workflow: takes one snapshot of the schedule, then deletes those whose retention has ended, one at a time. */
export function snapshotWorkflow(scope: Construct, props: SnapshotWorkflowProps): sfn.IChainable {
  const { functions, topic } = props;
  const failures = new FailureBranch(scope, { functions, timeoutSeconds: failureTimeoutSeconds, topic });
  const state = (name: SnapshotState, payload?: sfn.TaskInput): sfn.TaskStateBase =>
    functionState(scope, name, {
      lambdaFunction: functions[name],
      ...snapshotStates[name],
      ...(payload && { payload }),
    });

  const planSnapshot = failures.guard(state('PlanSnapshot', requestAndExecution));
  const registerRepository = failures.guard(state('RegisterRepository'));
  // Through the registration, which may be what is missing.
  const startSnapshot = failures.guard(state('StartSnapshot'), { resumeAt: registerRepository });
  const waitForOtherSnapshot = waitAsTold(scope, 'WaitForOtherSnapshot', '$.snapshot.waitSeconds');
  const waitForSnapshot = waitAsTold(scope, 'WaitForSnapshot', '$.snapshot.waitSeconds');
  // A PARTIAL or FAILED snapshot stays what it is: StartSnapshot removes it and takes another.
  const checkSnapshot = failures.guard(state('CheckSnapshot'), { resumeAt: registerRepository });
  const listExpiredSnapshots = failures.guard(state('ListExpiredSnapshots'));
  // Through the list, so that what is deleted already is not asked for again.
  const deleteExpiredSnapshots = failures.guard(oneAtATime(scope, state), { resumeAt: listExpiredSnapshots });
  const cleanUpRepository = failures.guard(state('CleanUpRepository'), { resumeAt: registerRepository });
  const measureRepository = failures.guard(state('MeasureRepository'));
  const notifySnapshot = failures.guard(state('NotifySnapshot', stateAndExecution));

  const hasWork = new sfn.Choice(scope, 'HasWork?')
    .when(sfn.Condition.stringEquals('$.work', 'none'), new sfn.Succeed(scope, 'PreviousStillRunning'))
    .when(sfn.Condition.booleanEquals('$.dryRun', true), listExpiredSnapshots)
    .otherwise(registerRepository);
  const whichWork = new sfn.Choice(scope, 'WhichWork?')
    .when(sfn.Condition.stringEquals('$.work', 'snapshot'), startSnapshot)
    .when(sfn.Condition.stringEquals('$.work', 'retention'), listExpiredSnapshots)
    .when(sfn.Condition.stringEquals('$.work', 'cleanUp'), cleanUpRepository)
    .otherwise(new sfn.Succeed(scope, 'RegisteredReadonly'));
  const isSnapshotStarted = new sfn.Choice(scope, 'IsSnapshotStarted?')
    .when(sfn.Condition.booleanEquals('$.snapshot.started', true), waitForSnapshot)
    .otherwise(waitForOtherSnapshot);
  const isRetentionDue = new sfn.Choice(scope, 'IsRetentionDue?')
    .when(sfn.Condition.booleanEquals('$.retention', true), listExpiredSnapshots)
    .otherwise(notifySnapshot);
  const isSnapshotComplete = new sfn.Choice(scope, 'IsSnapshotComplete?')
    .when(sfn.Condition.booleanEquals('$.snapshot.complete', true), isRetentionDue)
    .otherwise(waitForSnapshot);
  const isDryRun = new sfn.Choice(scope, 'IsDryRun?')
    .when(sfn.Condition.booleanEquals('$.dryRun', true), new sfn.Succeed(scope, 'Listed', { outputPath: '$.expired' }))
    .otherwise(deleteExpiredSnapshots);

  planSnapshot.next(hasWork);
  registerRepository.next(whichWork);
  startSnapshot.next(isSnapshotStarted);
  waitForOtherSnapshot.next(startSnapshot);
  waitForSnapshot.next(checkSnapshot).next(isSnapshotComplete);
  listExpiredSnapshots.next(isDryRun);
  deleteExpiredSnapshots.next(notifySnapshot);
  cleanUpRepository.next(measureRepository).next(notifySnapshot);
  return planSnapshot;
}

/**
 * Deletes the listed snapshots one after the other, each with a wait of its own: a deletion takes 15-30 s on a real domain, and
 * one function that made them all would end at its time limit after about 36.
 */
function oneAtATime(scope: Construct, state: (name: SnapshotState) => sfn.TaskStateBase): sfn.Map {
  const deleteSnapshot = state('DeleteSnapshot');
  const checkDeletion = state('CheckDeletion');
  const waitForDeletion = waitAsTold(scope, 'WaitForDeletion', '$.deletion.waitSeconds');
  const isSnapshotDeleted = new sfn.Choice(scope, 'IsSnapshotDeleted?')
    .when(sfn.Condition.booleanEquals('$.deletion.complete', true), new sfn.Succeed(scope, 'SnapshotDeleted'))
    .otherwise(waitForDeletion);
  waitForDeletion.next(checkDeletion).next(isSnapshotDeleted);
  return new sfn.Map(scope, 'DeleteExpiredSnapshots', {
    itemsPath: '$.expired.snapshots',
    itemSelector: { 'snapshotName.$': '$$.Map.Item.Value' },
    maxConcurrency: 1,
    resultPath: sfn.JsonPath.DISCARD,
  }).itemProcessor(deleteSnapshot.next(isSnapshotDeleted));
}

const requestAndExecution = sfn.TaskInput.fromObject({ 'request.$': '$', execution: executionContext });
const stateAndExecution = sfn.TaskInput.fromObject({ 'run.$': '$', execution: executionContext });
