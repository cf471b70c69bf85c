import { Aws, Duration, aws_stepfunctions as sfn } from 'aws-cdk-lib';
import type { aws_lambda as lambda, aws_sns as sns } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import type { ArchiveState, FailureState } from './contracts.ts';
import { executionContext, FailureBranch, functionState } from './guarded.ts';
import { containerRetries } from './retry.ts';

/** Time that the function of each state may take, and where its answer goes in the state data. */
export const archiveStates: Record<ArchiveState, { readonly timeoutSeconds: number; readonly resultPath: string }> = {
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

export const failureTimeoutSeconds = 60;

/** A volume of 32 GiB takes some minutes; a day is for the slowest network. */
const volumeTimeout = Duration.hours(24);

export interface ConsolidateTask {
  readonly clusterArn: string;
  /** With its revision: a redrive must run the definition that the execution began with. */
  readonly taskDefinitionArn: string;
  readonly containerName: string;
  readonly subnetIds: readonly string[];
  readonly securityGroupIds: readonly string[];
  readonly assignPublicIp: boolean;
  /** Tasks at the same time. */
  readonly parallelism: number;
}

export interface ArchiveWorkflowProps {
  readonly functions: Record<ArchiveState | FailureState, lambda.IFunction>;
  readonly consolidate: ConsolidateTask;
  readonly topic: sns.ITopic;
}

/** The archive workflow: from a request to a sealed archive, and only then the removal of what was staged. */
export function archiveWorkflow(scope: Construct, props: ArchiveWorkflowProps): sfn.IChainable {
  const { functions, consolidate, topic } = props;
  const failures = new FailureBranch(scope, { ...pick(functions), timeoutSeconds: failureTimeoutSeconds, topic });
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
  const consolidateAndEncrypt = consolidateState(scope, consolidate);
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
  failures.guard(checkSnapshot, startSnapshot);
  failures.guard(planVolumes);
  // Through PlanVolumes, so that volumes that are done start no container again.
  failures.guard(consolidateAndEncrypt, planVolumes);
  failures.guard(checkVolumes, planVolumes);
  failures.guard(verifyArchive);
  failures.guard(lockArchive);
  failures.guard(sealArchive);
  failures.guard(deleteSnapshot);
  failures.guard(checkDeletion, deleteSnapshot);
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
  return selectIndices.next(hasWork);
}

const requestAndExecution = sfn.TaskInput.fromObject({ 'request.$': '$', execution: executionContext });

const stateAndExecution = sfn.TaskInput.fromObject({
  'archiveId.$': '$.archiveId',
  'leftovers.$': '$.leftovers',
  'wiped.$': '$.wiped',
  execution: executionContext,
});

const pick = ({ DescribeFailure, HaltForRedrive }: Record<FailureState, lambda.IFunction>) => ({
  describeFailure: DescribeFailure,
  haltForRedrive: HaltForRedrive,
});

const waitAsTold = (scope: Construct, name: string, path: string): sfn.Wait =>
  new sfn.Wait(scope, name, { time: sfn.WaitTime.secondsPath(path) });

/**
 * One container task for each pending volume. A volume that fails does not stop the others: `CheckVolumes` finds what is
 * missing and why. Results are discarded, since they would not fit into the state data.
 */
function consolidateState(scope: Construct, task: ConsolidateTask): sfn.DistributedMap {
  const consolidateVolume = new sfn.CustomState(scope, 'ConsolidateVolume', {
    stateJson: {
      Type: 'Task',
      Resource: `arn:${Aws.PARTITION}:states:::ecs:runTask.sync`,
      Parameters: {
        Cluster: task.clusterArn,
        TaskDefinition: task.taskDefinitionArn,
        LaunchType: 'FARGATE',
        PropagateTags: 'TASK_DEFINITION',
        NetworkConfiguration: {
          AwsvpcConfiguration: {
            Subnets: task.subnetIds,
            SecurityGroups: task.securityGroupIds,
            AssignPublicIp: task.assignPublicIp ? 'ENABLED' : 'DISABLED',
          },
        },
        Overrides: {
          ContainerOverrides: [
            {
              Name: task.containerName,
              Environment: [
                { Name: 'ARCHIVE_ID', 'Value.$': '$.archiveId' },
                { Name: 'VOLUME', 'Value.$': "States.Format('{}', $.volume)" },
              ],
            },
          ],
        },
      },
      TimeoutSeconds: volumeTimeout.toSeconds(),
      ResultPath: null,
    },
  });
  for (const retry of containerRetries) consolidateVolume.addRetry(retry);
  return new sfn.DistributedMap(scope, 'ConsolidateAndEncrypt', {
    itemsPath: '$.plan.pending',
    itemSelector: { 'archiveId.$': '$.archiveId', 'volume.$': '$$.Map.Item.Value.volume' },
    maxConcurrency: task.parallelism,
    toleratedFailurePercentage: 100,
    mapExecutionType: sfn.StateMachineType.STANDARD,
    resultPath: sfn.JsonPath.DISCARD,
  }).itemProcessor(consolidateVolume);
}
