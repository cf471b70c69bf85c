import { Duration, Stack, TimeZone, type StackProps } from 'aws-cdk-lib';
import {
  aws_s3 as s3,
  aws_scheduler as scheduler,
  aws_scheduler_targets as schedulerTargets,
  type aws_stepfunctions as sfn,
} from 'aws-cdk-lib';
import { Construct } from 'constructs';
import { snapshotStates, snapshotWorkflow } from '../../workflow/snapshot.ts';
import type { Configuration } from '../config/read.ts';
import {
  alarmOnFailure,
  alarmOnManySnapshots,
  alarmOnNoRegistration,
  alarmOnNoSnapshot,
} from '../constructs/alarms.ts';
import { clusterRights } from '../constructs/cluster-rights.ts';
import { failureSources } from '../constructs/failure-functions.ts';
import { snapshotsBucketName, snapshotsRoleName, stateMachineName } from '../constructs/names.ts';
import { functionNetwork, type Network } from '../constructs/network.ts';
import { Notifications } from '../constructs/notifications.ts';
import { output } from '../constructs/output.ts';
import { snapshotRights } from '../constructs/snapshot-rights.ts';
import { scheduleRole } from '../constructs/snapshot-role.ts';
import { snapshotVariables } from '../constructs/snapshot-variables.ts';
import { snapshotsBucket } from '../constructs/snapshots-bucket.ts';
import { sourcesOf, workflowFunctions } from '../constructs/workflow-functions.ts';
import { notifyUncaughtEnds, versionsOf, WorkflowStateMachine } from '../constructs/workflow-state-machine.ts';

export interface SnapshotsStackProps extends StackProps {
  /** Where the endpoints of a VPC are another stack's: only its security groups are let in. */
  readonly sharedNetwork?: Pick<Network, 'functions'>;
}

/** The schedule of frequent snapshots, their retention, and all that carries them out. Needs no other stack. */
export class SnapshotsStack extends Stack {
  constructor(
    scope: Construct,
    id: string,
    { settings }: Configuration,
    { sharedNetwork, ...props }: SnapshotsStackProps,
  ) {
    super(scope, id, props);
    const { prefix, domain, snapshots: own } = settings;
    const name = stateMachineName(settings, 'snapshot');
    const serviceName = `${prefix}-snapshots`;
    const bucketName = snapshotsBucketName(settings);
    if (own.bucket === undefined) snapshotsBucket(this, bucketName);
    // By name, not by reference: as in the archive stack.
    const bucket = s3.Bucket.fromBucketName(this, 'SnapshotsBucketByName', bucketName);
    const { basePath } = own.settings;
    const notifications = new Notifications(this, 'SnapshotNotifications', {
      topicName: `${prefix}-snapshot-notifications`,
      emails: settings.notifications.emails,
    });
    const { topic } = notifications;
    const role = scheduleRole(this, {
      bucket,
      basePath,
      readonly: own.readonly,
      roleName: snapshotsRoleName(settings),
      domainArn: domain.arn,
      account: settings.account,
    });
    const place = sharedNetwork ?? functionNetwork(this, settings.network);
    const functions = workflowFunctions(this, {
      sources: { ...sourcesOf('functions/snapshot', snapshotStates), ...failureSources },
      // Some have the names of functions of the other stacks.
      namePrefix: `${prefix}-snapshots-`,
      idPrefix: 'Snapshots',
      serviceName,
      network: place,
      variables: snapshotVariables(settings, {
        bucket: bucketName,
        roleArn: role.roleArn,
        topicArn: topic.topicArn,
      }),
      rights: snapshotRights(this, {
        bucket,
        basePath,
        repository: own.repository,
        namePrefix: own.namePrefix,
        publish: notifications.publishRights(),
        domainArn: domain.arn,
        roleArn: role.roleArn,
        stateMachineName: name,
        readonly: own.readonly,
      }),
    });
    clusterRights(this, {
      workflow: 'snapshot',
      prefix,
      domain,
      functions,
      idPrefix: 'Snapshots',
      serviceName,
      network: place,
    });
    const { stateMachine } = new WorkflowStateMachine(this, 'Snapshot', {
      stateMachineName: name,
      comment:
        'Takes a snapshot, and deletes those whose retention has ended; a redrive resumes at the state that failed',
      // It may wait for another snapshot as long as for its own, and then delete for hours.
      timeout: Duration.hours(2 * own.timeoutHours + 24),
      definition: (within) => snapshotWorkflow(within, { functions: versionsOf(functions), topic }),
      functions: Object.values(functions),
      rights: [notifications.encryptRight()],
    });

    const start = (scheduleId: string, schedule: StartSchedule): void =>
      startBy(this, scheduleId, stateMachine, schedule);
    const deletes = own.retention.schedule;
    start('SnapshotSchedule', {
      scheduleName: name,
      ...expressionOf(own.schedule),
      input: deletes && !own.readonly ? { snapshotOnly: true } : {},
      // The next one is not far.
      maxEventAge: Duration.minutes(15),
    });
    // Whoever only reads a repository has nothing to delete in it.
    if (!own.readonly) {
      if (deletes) {
        const expression = deletes.cron;
        start('RetentionSchedule', {
          scheduleName: `${name}-retention`,
          ...expressionOf({ ...deletes, expression }),
          input: { deleteOnly: true },
          maxEventAge: Duration.hours(1),
        });
      }
      start('CleanUpSchedule', {
        scheduleName: `${name}-clean-up`,
        ...expressionOf({ ...own.cleanUp, expression: own.cleanUp.cron }),
        input: { cleanUp: true },
        maxEventAge: Duration.hours(1),
      });
    }
    notifyUncaughtEnds(this, 'SnapshotsThatNoCatchSaw', {
      stateMachines: [stateMachine],
      to: functions.NotifyUncaught,
      description:
        'Snapshot executions that ended badly; the function leaves out those that the workflow itself reported',
    });
    const alarms = new Construct(this, 'SnapshotAlarms');
    const hours = own.alarmAfterHours;
    alarmOnFailure(alarms, 'SnapshotFailed', { stateMachine, name, topic, what: 'A snapshot execution' });
    if (own.readonly) {
      alarmOnNoRegistration(alarms, { stateMachine, name, topic, hours });
    } else {
      alarmOnNoSnapshot(alarms, { name, topic, hours, serviceName });
      alarmOnManySnapshots(alarms, { name, topic, most: own.warnAbove, serviceName });
    }
    output(this, 'SnapshotsBucket', bucketName);
    output(this, 'SnapshotStateMachine', stateMachine.stateMachineArn);
    output(this, 'SnapshotNotificationsTopic', topic.topicArn);
    output(this, 'SnapshotsRoleArn', role.roleArn);
  }
}

interface StartSchedule {
  readonly scheduleName: string;
  readonly schedule: scheduler.ScheduleExpression;
  /** Beside the scheduled time. */
  readonly input: Readonly<Record<string, true>>;
  /** A start that could not be made for so long is left out. */
  readonly maxEventAge: Duration;
}

const expressionOf = ({
  expression,
  timezone,
}: {
  readonly expression: string;
  readonly timezone: string;
}): Pick<StartSchedule, 'schedule'> => ({
  schedule: scheduler.ScheduleExpression.expression(expression, TimeZone.of(timezone)),
});

function startBy(
  scope: Construct,
  id: string,
  stateMachine: sfn.StateMachine,
  { scheduleName, schedule, input, maxEventAge }: StartSchedule,
): void {
  new scheduler.Schedule(scope, id, {
    scheduleName,
    schedule,
    target: new schedulerTargets.StepFunctionsStartExecution(stateMachine, {
      input: scheduler.ScheduleTargetInput.fromObject({
        scheduledTime: scheduler.ContextAttribute.scheduledTime,
        ...input,
      }),
      maxEventAge,
    }),
  });
}
