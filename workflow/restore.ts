import { aws_stepfunctions as sfn } from 'aws-cdk-lib';
import type { aws_lambda as lambda, aws_sns as sns } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { failureTimeoutSeconds } from './archive.ts';
import { containerPerVolume, type ContainerTask } from './container-per-volume.ts';
import type { FailureState } from './contracts.ts';
import { executionContext, FailureBranch, functionState, waitAsTold } from './guarded.ts';
import type { RestoreState } from './restore-contracts.ts';

/** Time that the function of each state may take, and where its answer goes in the state data. */
export const restoreStates: Record<RestoreState, { readonly timeoutSeconds: number; readonly resultPath: string }> = {
  LocateArchive: { timeoutSeconds: 300, resultPath: '$' },
  PlanRestore: { timeoutSeconds: 900, resultPath: '$.plan' },
  ThawVolumes: { timeoutSeconds: 300, resultPath: '$.thaw' },
  CheckThaw: { timeoutSeconds: 300, resultPath: '$.thaw' },
  CheckUnpacked: { timeoutSeconds: 300, resultPath: '$.unpacked' },
  RegisterReadonlyRepository: { timeoutSeconds: 120, resultPath: '$.registered' },
  PrepareIndices: { timeoutSeconds: 300, resultPath: '$.prepared' },
  StartRestore: { timeoutSeconds: 300, resultPath: '$.restore' },
  CheckRestore: { timeoutSeconds: 300, resultPath: '$.restore' },
  VerifyRestore: { timeoutSeconds: 600, resultPath: '$.verification' },
  ReplaceIndices: { timeoutSeconds: 600, resultPath: '$.replacement' },
  CheckReplacement: { timeoutSeconds: 300, resultPath: '$.replacement' },
  VerifyReplacement: { timeoutSeconds: 600, resultPath: '$.verification' },
  RemoveCopies: { timeoutSeconds: 300, resultPath: '$.copies' },
  RecordRestore: { timeoutSeconds: 120, resultPath: '$.record' },
  UndoRestore: { timeoutSeconds: 300, resultPath: '$.undo' },
  ReleaseRepository: { timeoutSeconds: 120, resultPath: '$.registered' },
  WipeRestored: { timeoutSeconds: 900, resultPath: '$.wiped' },
  NotifyRestored: { timeoutSeconds: 60, resultPath: '$.notification' },
};

export interface RestoreWorkflowProps {
  readonly functions: Record<RestoreState | FailureState, lambda.IFunction>;
  readonly unpack: ContainerTask;
  readonly topic: sns.ITopic;
}

/** The restore workflow: from a request to verified indices, and the removal of all plaintext on the way. */
export function restoreWorkflow(scope: Construct, props: RestoreWorkflowProps): sfn.IChainable {
  const { functions, unpack, topic } = props;
  const state = (name: RestoreState, payload?: sfn.TaskInput): sfn.TaskStateBase =>
    functionState(scope, name, {
      lambdaFunction: functions[name],
      ...restoreStates[name],
      ...(payload && { payload }),
    });
  const failures = new FailureBranch(scope, {
    functions,
    timeoutSeconds: failureTimeoutSeconds,
    topic,
    undo: state('UndoRestore'),
  });

  const locateArchive = state('LocateArchive', requestAndExecution);
  const planRestore = state('PlanRestore');
  const thawVolumes = state('ThawVolumes');
  const waitForThaw = waitAsTold(scope, 'WaitForThaw', '$.thaw.waitSeconds');
  const checkThaw = state('CheckThaw');
  const decryptAndUnpack = containerPerVolume(scope, 'DecryptAndUnpack', {
    task: unpack,
    taskState: 'UnpackVolume',
    itemsPath: '$.thaw.volumes',
    itemSelector: {
      'restoreId.$': '$.restoreId',
      'archiveId.$': '$$.Map.Item.Value.archiveId',
      'volume.$': '$$.Map.Item.Value.volume',
    },
    environment: { RESTORE_ID: '$.restoreId', ARCHIVE_ID: '$.archiveId', VOLUME: '$.volume' },
  });
  const checkUnpacked = state('CheckUnpacked');
  const registerReadonlyRepository = state('RegisterReadonlyRepository');
  const prepareIndices = state('PrepareIndices');
  const startRestore = state('StartRestore');
  const waitForRestore = waitAsTold(scope, 'WaitForRestore', '$.restore.waitSeconds');
  const checkRestore = state('CheckRestore');
  const verifyRestore = state('VerifyRestore');
  const replaceIndices = state('ReplaceIndices');
  const waitForReplacement = waitAsTold(scope, 'WaitForReplacement', '$.replacement.waitSeconds');
  const checkReplacement = state('CheckReplacement');
  const verifyReplacement = state('VerifyReplacement');
  const removeCopies = state('RemoveCopies');
  const recordRestore = state('RecordRestore');
  const releaseRepository = state('ReleaseRepository');
  const wipeRestored = state('WipeRestored');
  const notifyRestored = state('NotifyRestored', stateAndExecution);

  failures.guard(locateArchive);
  failures.guard(planRestore);
  failures.guard(thawVolumes);
  failures.guard(checkThaw);
  // Through ThawVolumes, which knows what is unpacked already, and asks again for what has frozen meanwhile.
  failures.guard(decryptAndUnpack, { resumeAt: thawVolumes });
  failures.guard(checkUnpacked, { resumeAt: thawVolumes });
  // From here on the cluster holds something of this restore: it is taken back, and a redrive starts clean.
  for (const each of [registerReadonlyRepository, prepareIndices, startRestore, checkRestore, verifyRestore]) {
    failures.guard(each, { resumeAt: thawVolumes, undo: true });
  }
  // Now the copies are verified: they stay until what they stand in for is verified itself, and nothing is taken back.
  for (const each of [replaceIndices, checkReplacement, verifyReplacement]) {
    failures.guard(each, { resumeAt: thawVolumes });
  }
  failures.guard(removeCopies);
  failures.guard(recordRestore);
  failures.guard(releaseRepository);
  failures.guard(wipeRestored);
  failures.guard(notifyRestored);

  const isPlanOnly = new sfn.Choice(scope, 'IsPlanOnly?')
    .when(sfn.Condition.booleanEquals('$.planOnly', true), new sfn.Succeed(scope, 'Planned', { outputPath: '$.plan' }))
    .otherwise(thawVolumes);
  const isThawed = new sfn.Choice(scope, 'IsThawed?')
    .when(sfn.Condition.booleanEquals('$.thaw.complete', true), decryptAndUnpack)
    .otherwise(waitForThaw);
  const isRestoreComplete = new sfn.Choice(scope, 'IsRestoreComplete?')
    .when(sfn.Condition.booleanEquals('$.restore.complete', true), verifyRestore)
    .otherwise(waitForRestore);
  const isReplacing = new sfn.Choice(scope, 'IsReplacing?')
    .when(sfn.Condition.booleanEquals('$.prepared.replacing', true), replaceIndices)
    .otherwise(recordRestore);
  const isReplacementComplete = new sfn.Choice(scope, 'IsReplacementComplete?')
    .when(sfn.Condition.booleanEquals('$.replacement.complete', true), verifyReplacement)
    .otherwise(waitForReplacement);

  planRestore.next(isPlanOnly);
  thawVolumes.next(isThawed);
  waitForThaw.next(checkThaw).next(isThawed);
  decryptAndUnpack.next(checkUnpacked).next(registerReadonlyRepository).next(prepareIndices).next(startRestore);
  startRestore.next(waitForRestore).next(checkRestore).next(isRestoreComplete);
  verifyRestore.next(isReplacing);
  replaceIndices.next(waitForReplacement).next(checkReplacement).next(isReplacementComplete);
  verifyReplacement.next(removeCopies).next(recordRestore);
  recordRestore.next(releaseRepository).next(wipeRestored).next(notifyRestored);
  return locateArchive.next(planRestore);
}

const requestAndExecution = sfn.TaskInput.fromObject({ 'request.$': '$', execution: executionContext });

const stateAndExecution = sfn.TaskInput.fromObject({
  'restoreId.$': '$.restoreId',
  'wiped.$': '$.wiped',
  execution: executionContext,
});
