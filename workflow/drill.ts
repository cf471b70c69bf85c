import { aws_stepfunctions as sfn } from 'aws-cdk-lib';
import type { aws_lambda as lambda, aws_sns as sns } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { failureTimeoutSeconds } from './archive.ts';
import type { FailureState } from './contracts.ts';
import type { DrillState } from './drill-contracts.ts';
import { executionContext, FailureBranch, functionState, waitAsTold } from './guarded.ts';

/** Time that the function of each state may take, and where its answer goes in the state data. */
export const drillStates: Record<DrillState, { readonly timeoutSeconds: number; readonly resultPath: string }> = {
  PickArchive: { timeoutSeconds: 600, resultPath: '$' },
  StartDrill: { timeoutSeconds: 120, resultPath: '$.restore' },
  CheckDrill: { timeoutSeconds: 120, resultPath: '$.restore' },
  CheckDrilled: { timeoutSeconds: 600, resultPath: '$.drilled' },
  RemoveDrilled: { timeoutSeconds: 300, resultPath: '$.removal' },
  WriteEvidence: { timeoutSeconds: 120, resultPath: '$.evidence' },
  NotifyDrilled: { timeoutSeconds: 60, resultPath: '$.notification' },
  RecordFailedDrill: { timeoutSeconds: 120, resultPath: '$.recorded' },
};

export interface DrillWorkflowProps {
  readonly functions: Record<DrillState | FailureState, lambda.IFunction>;
  readonly topic: sns.ITopic;
}

/** The restore drill: one index of one archive is restored, looked at, and removed; what was seen is signed. */
export function drillWorkflow(scope: Construct, props: DrillWorkflowProps): sfn.IChainable {
  const { functions, topic } = props;
  const state = (name: DrillState, payload?: sfn.TaskInput): sfn.TaskStateBase =>
    functionState(scope, name, {
      lambdaFunction: functions[name],
      ...drillStates[name],
      ...(payload && { payload }),
    });
  const failures = new FailureBranch(scope, {
    functions,
    timeoutSeconds: failureTimeoutSeconds,
    topic,
    undo: state('RecordFailedDrill'),
    what: 'DRILL',
  });

  const pickArchive = state('PickArchive', requestAndExecution);
  const startDrill = state('StartDrill');
  const waitForDrill = waitAsTold(scope, 'WaitForDrill', '$.restore.waitSeconds');
  const checkDrill = state('CheckDrill');
  const checkDrilled = state('CheckDrilled');
  const removeDrilled = state('RemoveDrilled');
  const writeEvidence = state('WriteEvidence', resultsAndExecution());
  const notifyDrilled = state('NotifyDrilled', resultsAndExecution({ 'evidence.$': '$.evidence' }));

  failures.guard(pickArchive);
  failures.guard(startDrill, { undo: true });
  // StartDrill redrives the restore that failed, or keeps one that was redriven by hand.
  failures.guard(checkDrill, { resumeAt: startDrill, undo: true });
  failures.guard(checkDrilled, { undo: true });
  // From here on the archive has been shown to be restorable: what fails now is no failed proof, only one not yet written down.
  failures.guard(removeDrilled);
  failures.guard(writeEvidence);
  failures.guard(notifyDrilled);

  const isDrillDue = new sfn.Choice(scope, 'IsDrillDue?')
    .when(sfn.Condition.booleanEquals('$.due', true), startDrill)
    .otherwise(new sfn.Succeed(scope, 'NothingToDrill'));
  const isDrillComplete = new sfn.Choice(scope, 'IsDrillComplete?')
    .when(sfn.Condition.booleanEquals('$.restore.complete', true), checkDrilled)
    .otherwise(waitForDrill);

  startDrill.next(waitForDrill).next(checkDrill).next(isDrillComplete);
  checkDrilled.next(removeDrilled).next(writeEvidence).next(notifyDrilled);
  return pickArchive.next(isDrillDue);
}

const requestAndExecution = sfn.TaskInput.fromObject({ 'request.$': '$', execution: executionContext });

const resultsAndExecution = (more: Record<string, string> = {}): sfn.TaskInput =>
  sfn.TaskInput.fromObject({
    'drillId.$': '$.drillId',
    'archiveId.$': '$.archiveId',
    'sequence.$': '$.sequence',
    'index.$': '$.index',
    'reason.$': '$.reason',
    'restore.$': '$.restore',
    'drilled.$': '$.drilled',
    ...more,
    execution: executionContext,
  });
