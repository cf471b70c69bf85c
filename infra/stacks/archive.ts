import { Duration, Fn, Stack, TimeZone, type StackProps } from 'aws-cdk-lib';
import { aws_s3 as s3, aws_scheduler as scheduler, aws_scheduler_targets as schedulerTargets } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import { archiveStates, archiveWorkflow, optionalArchiveStates } from '../../workflow/archive.ts';
import { indicesOf } from '../../functions/rights/role-documents.ts';
import type { Configuration } from '../config/read.ts';
import { alarmOnFailure, alarmOnNoArchive } from '../constructs/alarms.ts';
import { archiveRights } from '../constructs/archive-rights.ts';
import { type ArchiveFunction, archiveVariables } from '../constructs/archive-variables.ts';
import { clusterRights } from '../constructs/cluster-rights.ts';
import { consolidateRights, consolidateVariables } from '../constructs/consolidate-task.ts';
import { failureSources } from '../constructs/failure-functions.ts';
import { bucketName, clusterName, stateMachineName } from '../constructs/names.ts';
import { network, type Network } from '../constructs/network.ts';
import { Notifications } from '../constructs/notifications.ts';
import { output } from '../constructs/output.ts';
import { snapshotRole } from '../constructs/snapshot-role.ts';
import { WorkflowContainer } from '../constructs/workflow-container.ts';
import { sourcesOf, workflowFunctions } from '../constructs/workflow-functions.ts';
import { notifyUncaughtEnds, versionsOf, WorkflowStateMachine } from '../constructs/workflow-state-machine.ts';
import type { StorageStack } from './storage.ts';

/** The archive workflow and all that carries it out. Holds no data: it can be removed and made again. */
export class ArchiveStack extends Stack {
  /** Where functions and tasks run: the restoring side may run there as well. */
  readonly network: Network;

  constructor(scope: Construct, id: string, configuration: Configuration, storage: StorageStack, props: StackProps) {
    super(scope, id, props);
    const { settings } = configuration;
    const { signingKey } = storage;
    const name = stateMachineName(settings, 'archive');
    // By name, not by reference: the names are fixed, and the policies can be read.
    const staging = s3.Bucket.fromBucketName(this, 'StagingBucket', bucketName(settings, 'staging'));
    const archive = s3.Bucket.fromBucketName(this, 'ArchiveBucket', bucketName(settings, 'archive'));
    this.addStackDependency(storage);
    const place = network(this, settings.network);
    this.network = place;
    const notifications = new Notifications(this, 'Notifications', {
      topicName: `${settings.prefix}-notifications`,
      emails: settings.notifications.emails,
    });
    const role = snapshotRole(this, { staging, domainArn: settings.domain.arn, account: settings.account });
    const consolidate = new WorkflowContainer(this, 'Consolidate', {
      name: 'consolidate',
      prefix: settings.prefix,
      clusterName: clusterName(settings),
      network: place,
      environment: consolidateVariables(configuration, { staging, archive }),
      rights: consolidateRights({ staging, archive }),
    });
    // The workflow has the states that it has functions for.
    const states = settings.deleteSourceIndices ? { ...archiveStates, ...optionalArchiveStates } : archiveStates;
    const functions = workflowFunctions<ArchiveFunction>(this, {
      sources: { ...sourcesOf('functions/archive', states), ...failureSources },
      namePrefix: `${settings.prefix}-`,
      serviceName: `${settings.prefix}-archive`,
      network: place,
      variables: archiveVariables(configuration, {
        stagingBucket: staging.bucketName,
        archiveBucket: archive.bucketName,
        signingKeyId: signingKey.keyId,
        snapshotRoleArn: role.roleArn,
        topicArn: notifications.topic.topicArn,
        taskLogGroup: consolidate.logGroup.logGroupName,
      }),
      rights: archiveRights(this, {
        staging,
        archive,
        signingKey,
        publish: notifications.publishRights(),
        domainArn: settings.domain.arn,
        snapshotRoleArn: role.roleArn,
        clusterName: clusterName(settings),
        stateMachineName: name,
      }),
    });
    clusterRights(this, {
      workflow: 'archive',
      prefix: settings.prefix,
      domain: settings.domain,
      functions,
      indices: [...indicesOf(settings.indices.patterns), ...(settings.domain.fineGrainedAccess?.archiveIndices ?? [])],
      deletesSources: settings.deleteSourceIndices,
      serviceName: `${settings.prefix}-archive`,
      network: place,
    });
    const { topic } = notifications;
    const { stateMachine } = new WorkflowStateMachine(this, 'Archive', {
      stateMachineName: name,
      comment: 'From OpenSearch indices to a sealed archive; a redrive resumes at the state that failed',
      // A volume task may take a day, a snapshot another.
      timeout: Duration.days(3),
      definition: (scope) =>
        archiveWorkflow(scope, {
          functions: versionsOf(functions),
          consolidate: consolidate.task(settings.volumes.parallelism),
          topic,
        }),
      functions: Object.values(functions),
      rights: [...consolidate.runRights(), notifications.encryptRight()],
    });
    new scheduler.Schedule(this, 'Schedule', {
      scheduleName: name,
      schedule: scheduler.ScheduleExpression.expression(
        settings.schedule.cron,
        TimeZone.of(settings.schedule.timezone),
      ),
      target: new schedulerTargets.StepFunctionsStartExecution(stateMachine, {
        input: scheduler.ScheduleTargetInput.fromObject({ scheduledTime: scheduler.ContextAttribute.scheduledTime }),
        // A start that could not be made within the hour is left to the alarm: the next run takes the same indices.
        maxEventAge: Duration.hours(1),
      }),
    });
    notifyUncaughtEnds(this, 'ExecutionsThatNoCatchSaw', {
      stateMachines: [stateMachine],
      to: functions.NotifyUncaught,
      description:
        'Archive executions that ended badly; the function leaves out those that the workflow itself reported',
    });
    const alarms = new Construct(this, 'Alarms');
    alarmOnFailure(alarms, 'ExecutionFailed', { stateMachine, name, topic, what: 'An archive execution' });
    alarmOnNoArchive(alarms, { stateMachine, name, topic, hours: settings.schedule.alarmAfterHours });
    output(this, 'ArchiveStateMachine', stateMachine.stateMachineArn);
    output(this, 'NotificationsTopic', notifications.topic.topicArn);
    output(this, 'SnapshotRoleArn', role.roleArn);
  }

  /** Chosen at deployment: a look-up at synthesis would need credentials. */
  override get availabilityZones(): string[] {
    return [0, 1].map((zone) => Fn.select(zone, Fn.getAzs()));
  }
}
