import { aws_stepfunctions as sfn } from 'aws-cdk-lib';
import type { aws_lambda as lambda, aws_sns as sns } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { containerPerVolume, type ContainerTask } from './container-per-volume.ts';
import type { ArchiveState, FailureState, OptionalArchiveState } from './contracts.ts';
import { executionContext, FailureBranch, functionState, waitAsTold } from './guarded.ts';

interface StateSettings {
  readonly timeoutSeconds: number;
  readonly resultPath: string;
}

/** Time that the function of each state may take, and where its answer goes in the state data. */
export const archiveStates: Record<ArchiveState, StateSettings> = {
  SelectIndices: { timeoutSeconds: 300, resultPath: '$' },
  RegisterRepository: { timeoutSeconds: 120, resultPath: '$.repository' },
  StartSnapshot: { timeoutSeconds: 600, resultPath: '$.snapshot' },
  CheckSnapshot: { timeoutSeconds: 600, resultPath: '$.snapshot' },
  PlanVolumes: { timeoutSeconds: 600, resultPath: '$.plan' },
  CheckVolumes: { timeoutSeconds: 120, resultPath: '$.volumes' },
  VerifyArchive: { timeoutSeconds: 300, resultPath: '$.verification' },
  LockArchive: { timeoutSeconds: 300, resultPath: '$.lock' },
  SealArchive: { timeoutSeconds: 120, resultPath: '$.seal' },
  DeleteSnapshot: { timeoutSeconds: 300, resultPath: '$.deletion' },
  CheckDeletion: { timeoutSeconds: 120, resultPath: '$.deletion' },
  ReleaseRepository: { timeoutSeconds: 120, resultPath: '$.repository' },
  WipeStaging: { timeoutSeconds: 900, resultPath: '$.wiped' },
  NotifyArchived: { timeoutSeconds: 60, resultPath: '$.notification' },
};

export const optionalArchiveStates: Record<OptionalArchiveState, StateSettings> = {
  DeleteSourceIndices: { timeoutSeconds: 900, resultPath: '$.sources' },
};

export const failureTimeoutSeconds = 60;

export interface ArchiveWorkflowProps {
  /** With `DeleteSourceIndices`, the source indices are deleted once they are archived. */
  readonly functions: Record<ArchiveState | FailureState, lambda.IFunction> &
    Partial<Record<OptionalArchiveState, lambda.IFunction>>;
  readonly consolidate: ContainerTask;
  readonly topic: sns.ITopic;
}

/** The archive workflow: from a request to a sealed archive, and only then the removal of what was staged. */
export function archiveWorkflow(scope: Construct, props: ArchiveWorkflowProps): sfn.IChainable {
  const { functions, consolidate, topic } = props;
  const failures = new FailureBranch(scope, { functions, timeoutSeconds: failureTimeoutSeconds, topic });
  const state = (name: ArchiveState, payload?: sfn.TaskInput): sfn.TaskStateBase =>
    functionState(scope, name, {
      lambdaFunction: functions[name],
      ...archiveStates[name],
      ...(payload && { payload }),
    });

  const selectIndices = state('SelectIndices', requestAndExecution);
  const registerRepository = state('RegisterRepository');
  const startSnapshot = state('StartSnapshot');
  const waitForSnapshot = waitAsTold(scope, 'WaitForSnapshot', '$.snapshot.waitSeconds');
  const checkSnapshot = state('CheckSnapshot');
  const planVolumes = state('PlanVolumes');
  const consolidateAndEncrypt = containerPerVolume(scope, 'ConsolidateAndEncrypt', {
    task: consolidate,
    taskState: 'ConsolidateVolume',
    itemsPath: '$.plan.pending',
    itemSelector: { 'archiveId.$': '$.archiveId', 'volume.$': '$$.Map.Item.Value.volume' },
    environment: { ARCHIVE_ID: '$.archiveId', VOLUME: '$.volume' },
  });
  const checkVolumes = state('CheckVolumes');
  const verifyArchive = state('VerifyArchive');
  const lockArchive = state('LockArchive');
  const sealArchive = state('SealArchive');
  const deleteSnapshot = state('DeleteSnapshot');
  const waitForDeletion = waitAsTold(scope, 'WaitForDeletion', '$.deletion.waitSeconds');
  const checkDeletion = state('CheckDeletion');
  const releaseRepository = state('ReleaseRepository');
  const wipeStaging = state('WipeStaging');
  const notifyArchived = state('NotifyArchived', stateAndExecution);

  failures.guard(selectIndices);
  failures.guard(registerRepository);
  failures.guard(startSnapshot);
  // A PARTIAL or FAILED snapshot stays what it is: StartSnapshot removes it and takes another.
  failures.guard(checkSnapshot, { resumeAt: startSnapshot });
  failures.guard(planVolumes);
  // Through PlanVolumes, so that volumes that are done start no container again.
  failures.guard(consolidateAndEncrypt, { resumeAt: planVolumes });
  failures.guard(checkVolumes, { resumeAt: planVolumes });
  failures.guard(verifyArchive);
  failures.guard(lockArchive);
  failures.guard(sealArchive);
  failures.guard(deleteSnapshot);
  failures.guard(checkDeletion, { resumeAt: deleteSnapshot });
  failures.guard(releaseRepository);
  failures.guard(wipeStaging);
  failures.guard(notifyArchived);

  const hasWork = new sfn.Choice(scope, 'HasWork?')
    .when(sfn.Condition.stringEquals('$.work', 'archive'), registerRepository)
    .when(sfn.Condition.stringEquals('$.work', 'cleanup'), deleteSnapshot)
    .otherwise(new sfn.Succeed(scope, 'NothingToArchive'));
  const isSnapshotComplete = new sfn.Choice(scope, 'IsSnapshotComplete?')
    .when(sfn.Condition.booleanEquals('$.snapshot.complete', true), planVolumes)
    .otherwise(waitForSnapshot);
  const isSnapshotDeleted = new sfn.Choice(scope, 'IsSnapshotDeleted?')
    .when(sfn.Condition.booleanEquals('$.deletion.complete', true), releaseRepository)
    .otherwise(waitForDeletion);

  registerRepository.next(startSnapshot).next(waitForSnapshot).next(checkSnapshot).next(isSnapshotComplete);
  planVolumes.next(consolidateAndEncrypt).next(checkVolumes).next(verifyArchive).next(lockArchive).next(sealArchive);
  sealArchive.next(deleteSnapshot).next(isSnapshotDeleted);
  waitForDeletion.next(checkDeletion).next(isSnapshotDeleted);
  releaseRepository.next(wipeStaging).next(notifyArchived);
  if (functions.DeleteSourceIndices) {
    const deleteSourceIndices = functionState(scope, 'DeleteSourceIndices', {
      lambdaFunction: functions.DeleteSourceIndices,
      ...optionalArchiveStates.DeleteSourceIndices,
    });
    notifyArchived.next(failures.guard(deleteSourceIndices));
  }
  return selectIndices.next(hasWork);
}

const requestAndExecution = sfn.TaskInput.fromObject({ 'request.$': '$', execution: executionContext });

const stateAndExecution = sfn.TaskInput.fromObject({
  'archiveId.$': '$.archiveId',
  'leftovers.$': '$.leftovers',
  'wiped.$': '$.wiped',
  execution: executionContext,
});
