import {
  Duration,
  Fn,
  Stack,
  TimeZone,
  type StackProps,
  aws_events as events,
  aws_events_targets as eventTargets,
} from 'aws-cdk-lib';
import { aws_s3 as s3, aws_scheduler as scheduler, aws_scheduler_targets as schedulerTargets } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import type { Configuration } from '../config/read.ts';
import { Alarms } from '../constructs/alarms.ts';
import { archiveFunctions } from '../constructs/archive-functions.ts';
import { archiveRights } from '../constructs/archive-rights.ts';
import { ArchiveStateMachine } from '../constructs/archive-state-machine.ts';
import { archiveVariables } from '../constructs/archive-variables.ts';
import { ConsolidateTask } from '../constructs/consolidate-task.ts';
import { bucketName, clusterName, stateMachineName } from '../constructs/names.ts';
import { network } from '../constructs/network.ts';
import { Notifications } from '../constructs/notifications.ts';
import { output } from '../constructs/output.ts';
import { snapshotRole } from '../constructs/snapshot-role.ts';
import type { StorageStack } from './storage.ts';

/** The archive workflow and all that carries it out. Holds no data: it can be removed and made again. */
export class ArchiveStack extends Stack {
  constructor(scope: Construct, id: string, configuration: Configuration, storage: StorageStack, props: StackProps) {
    super(scope, id, props);
    const { settings } = configuration;
    const { signingKey } = storage;
    // By name, not by reference: the names are fixed, and the policies can be read.
    const staging = s3.Bucket.fromBucketName(this, 'StagingBucket', bucketName(settings, 'staging'));
    const archive = s3.Bucket.fromBucketName(this, 'ArchiveBucket', bucketName(settings, 'archive'));
    this.addStackDependency(storage);
    const place = network(this, settings.network);
    const notifications = new Notifications(this, 'Notifications', {
      topicName: `${settings.prefix}-notifications`,
      emails: settings.notifications.emails,
    });
    const role = snapshotRole(this, { staging, domainArn: settings.domain.arn, account: settings.account });
    const consolidate = new ConsolidateTask(this, 'Consolidate', {
      configuration,
      network: place,
      staging,
      archive,
    });
    const functions = archiveFunctions(this, {
      prefix: settings.prefix,
      network: place,
      variables: archiveVariables(configuration, {
        stagingBucket: staging.bucketName,
        archiveBucket: archive.bucketName,
        signingKeyId: signingKey.keyId,
        snapshotRoleArn: role.roleArn,
        topicArn: notifications.topic.topicArn,
        consolidateLogGroup: consolidate.logGroup.logGroupName,
      }),
      rights: archiveRights(this, {
        staging,
        archive,
        signingKey,
        topicKey: notifications.key,
        topicArn: notifications.topic.topicArn,
        domainArn: settings.domain.arn,
        snapshotRoleArn: role.roleArn,
        clusterName: clusterName(settings),
        stateMachineName: stateMachineName(settings),
      }),
    });
    const { stateMachine } = new ArchiveStateMachine(this, 'Archive', {
      settings,
      functions,
      consolidate,
      network: place,
      notifications,
    });
    new scheduler.Schedule(this, 'Schedule', {
      scheduleName: stateMachineName(settings),
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
    new events.Rule(this, 'ExecutionsThatNoCatchSaw', {
      description:
        'Archive executions that ended badly; the function leaves out those that the workflow itself reported',
      eventPattern: {
        source: ['aws.states'],
        detailType: ['Step Functions Execution Status Change'],
        detail: { status: ['FAILED', 'TIMED_OUT', 'ABORTED'], stateMachineArn: [stateMachine.stateMachineArn] },
      },
      targets: [new eventTargets.LambdaFunction(functions.NotifyUncaught.version)],
    });
    new Alarms(this, 'Alarms', {
      stateMachine,
      topic: notifications.topic,
      name: stateMachineName(settings),
      noArchiveHours: settings.schedule.alarmAfterHours,
    });
    output(this, 'ArchiveStateMachine', stateMachine.stateMachineArn);
    output(this, 'NotificationsTopic', notifications.topic.topicArn);
    output(this, 'SnapshotRoleArn', role.roleArn);
  }

  /** Chosen at deployment: a look-up at synthesis would need credentials. */
  override get availabilityZones(): string[] {
    return [0, 1].map((zone) => Fn.select(zone, Fn.getAzs()));
  }
}
