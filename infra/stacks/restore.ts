import { ArnFormat, Duration, Fn, Stack, TimeZone, type StackProps } from 'aws-cdk-lib';
import {
  aws_s3 as s3,
  aws_scheduler as scheduler,
  aws_scheduler_targets as schedulerTargets,
  type aws_stepfunctions as sfn,
} from 'aws-cdk-lib';
import { Construct } from 'constructs';
import { drillStates, drillWorkflow } from '../../workflow/drill.ts';
import { expireRestoresWorkflow, expireStates } from '../../workflow/expire-restores.ts';
import { restoreStates, restoreWorkflow } from '../../workflow/restore.ts';
import { SettingsInvalid } from '../config/errors.ts';
import type { Configuration } from '../config/read.ts';
import type { Settings } from '../config/schema.ts';
import { alarmOnFailure, alarmOnOldDrill } from '../constructs/alarms.ts';
import { clusterRights } from '../constructs/cluster-rights.ts';
import { bucketName, restoreClusterName, stateMachineName } from '../constructs/names.ts';
import { network, type Network } from '../constructs/network.ts';
import { Notifications } from '../constructs/notifications.ts';
import { output } from '../constructs/output.ts';
import { PrivateKey } from '../constructs/private-key.ts';
import { restoreBucket } from '../constructs/restore-bucket.ts';
import { restoringFunctions, restoringService, type RestoringFunction } from '../constructs/restoring-functions.ts';
import { evidenceKey } from '../constructs/signing-key.ts';
import { unpackedSnapshotRole } from '../constructs/snapshot-role.ts';
import { unpackRights, unpackVariables } from '../constructs/unpack-task.ts';
import { WorkflowContainer } from '../constructs/workflow-container.ts';
import type { WorkflowFunction } from '../constructs/workflow-function.ts';
import { notifyUncaughtEnds, versionsOf, WorkflowStateMachine } from '../constructs/workflow-state-machine.ts';

export interface RestoreStackProps extends StackProps {
  /** That of the archiving side, where this one runs beside it; else it has its own. */
  readonly sharedNetwork?: Network;
}

/**
 * The restoring side: the only one that can decrypt. It reads the archive bucket and asks for thaws; it can add nothing to it, and
 * takes no part in the archiving. It can be in another account.
 */
export class RestoreStack extends Stack {
  constructor(
    scope: Construct,
    id: string,
    { settings }: Configuration,
    { sharedNetwork, ...props }: RestoreStackProps,
  ) {
    super(scope, id, props);
    const { prefix, restore: own } = settings;
    if (own.trustedSigningKeys.length === 0) throw new SettingsInvalid(noTrustedKey(settings));
    const place = { prefix, account: own.account, region: own.region };
    const bucket = restoreBucket(this, {
      bucketName: bucketName(place, 'restore'),
      keepDrillsDays: own.drills.keepDays,
    });
    const buckets = {
      // By name, not by reference: as in the archive stack.
      archive: s3.Bucket.fromBucketName(this, 'ArchiveBucket', bucketName(settings, 'archive')),
      restore: s3.Bucket.fromBucketName(this, 'RestoreBucketByName', bucketName(place, 'restore')),
    };
    const where = sharedNetwork ?? network(this, own.network);
    const evidence = evidenceKey(this, settings);
    const notifications = new Notifications(this, 'RestoreNotifications', {
      topicName: `${prefix}-restore-notifications`,
      emails: (own.notifications ?? settings.notifications).emails,
    });
    const { topic } = notifications;
    const role = unpackedSnapshotRole(this, {
      restore: buckets.restore,
      domainArn: own.domain.arn,
      account: own.account,
    });
    const privateKey = new PrivateKey(this, 'PrivateKey', settings);
    const unpack = new WorkflowContainer(this, 'Unpack', {
      name: 'unpack',
      prefix,
      clusterName: restoreClusterName(settings),
      network: where,
      environment: unpackVariables(buckets),
      secrets: { ...privateKey.secrets },
      rights: unpackRights(buckets),
    });
    privateKey.readOnlyBy(unpack.executionRole);
    const functions = restoringFunctions(this, {
      settings,
      network: where,
      ...buckets,
      evidenceKey: evidence,
      topicArn: topic.topicArn,
      publish: notifications.publishRights(),
      snapshotRoleArn: role.roleArn,
      // By name: the drill's functions are made before the restore's state machine is.
      restoreStateMachineArn: this.formatArn({
        service: 'states',
        resource: 'stateMachine',
        resourceName: stateMachineName(settings, 'restore'),
        arnFormat: ArnFormat.COLON_RESOURCE_NAME,
      }),
      taskLogGroup: unpack.logGroup.logGroupName,
    });
    clusterRights(this, {
      workflow: 'restore',
      prefix,
      domain: own.domain,
      functions,
      idPrefix: 'Restore',
      serviceName: restoringService(settings),
      network: where,
    });
    const versions = versionsOf(functions);

    const restore = new WorkflowStateMachine(this, 'Restore', {
      stateMachineName: stateMachineName(settings, 'restore'),
      comment: 'From a sealed archive to verified indices; a redrive resumes at the state that failed',
      // A thaw may take two days, unpacking and restoring one each.
      timeout: Duration.days(6),
      definition: (within) =>
        restoreWorkflow(within, { functions: versions, unpack: unpack.task(own.parallelism), topic }),
      functions: invokedBy(functions, restoreStates),
      rights: [...unpack.runRights(), notifications.encryptRight()],
    });
    const drill = new WorkflowStateMachine(this, 'Drill', {
      stateMachineName: stateMachineName(settings, 'drill'),
      comment: 'Restores one index of one archive, looks at it, removes it, and signs what was seen',
      timeout: Duration.days(7),
      definition: (within) => drillWorkflow(within, { functions: versions, topic }),
      functions: invokedBy(functions, drillStates),
      rights: [notifications.encryptRight()],
    });
    const expireRestores = new WorkflowStateMachine(this, 'ExpireRestores', {
      stateMachineName: stateMachineName(settings, 'expire-restores'),
      comment: 'Removes restored indices whose lease has ended, and measures how old the last drill is',
      timeout: Duration.hours(6),
      definition: (within) => expireRestoresWorkflow(within, { functions: versions, topic }),
      functions: invokedBy(functions, expireStates),
      rights: [notifications.encryptRight()],
    });
    const stateMachines = [restore, drill, expireRestores].map(({ stateMachine }) => stateMachine);

    const timezone = TimeZone.of(own.drills.timezone);
    start(this, 'DrillSchedule', drill.stateMachine, {
      scheduleName: stateMachineName(settings, 'drill'),
      schedule: scheduler.ScheduleExpression.expression(own.drills.cron, timezone),
    });
    start(this, 'ExpireRestoresSchedule', expireRestores.stateMachine, {
      scheduleName: stateMachineName(settings, 'expire-restores'),
      schedule: scheduler.ScheduleExpression.cron({ minute: '0', hour: '6', timeZone: timezone }),
    });
    notifyUncaughtEnds(this, 'RestoresThatNoCatchSaw', {
      stateMachines,
      to: functions.NotifyUncaught,
      description:
        'Executions of restores and drills that ended badly; the function leaves out those that the workflow itself reported',
    });
    const alarms = new Construct(this, 'RestoreAlarms');
    for (const [alarmId, { stateMachine }, workflow, what] of [
      ['RestoreFailed', restore, 'restore', 'A restore'],
      ['DrillFailed', drill, 'drill', 'A restore drill'],
      ['ExpireRestoresFailed', expireRestores, 'expire-restores', 'The daily look at the leases of restored indices'],
    ] as const) {
      alarmOnFailure(alarms, alarmId, { stateMachine, name: stateMachineName(settings, workflow), topic, what });
    }
    alarmOnOldDrill(alarms, {
      name: stateMachineName(settings, 'drill'),
      topic,
      days: own.drills.alarmAfterDays,
      serviceName: restoringService(settings),
    });
    output(this, 'RestoreBucket', bucket.bucketName);
    output(this, 'RestoreStateMachine', restore.stateMachine.stateMachineArn);
    output(this, 'DrillStateMachine', drill.stateMachine.stateMachineArn);
    output(this, 'ExpireRestoresStateMachine', expireRestores.stateMachine.stateMachineArn);
    output(this, 'RestoreNotificationsTopic', topic.topicArn);
    output(this, 'EvidenceKeyArn', evidence.keyArn);
    output(this, 'PrivateKeySecretArn', privateKey.privateKeyArn);
    if (privateKey.passphraseArn !== undefined) output(this, 'PassphraseSecretArn', privateKey.passphraseArn);
  }

  /** Chosen at deployment: a look-up at synthesis would need credentials. */
  override get availabilityZones(): string[] {
    return [0, 1].map((zone) => Fn.select(zone, Fn.getAzs()));
  }
}

/** The functions of a workflow's states, and of its failure branch. */
const invokedBy = (
  functions: Readonly<Record<RestoringFunction, WorkflowFunction>>,
  states: Readonly<Partial<Record<RestoringFunction, unknown>>>,
): WorkflowFunction[] =>
  ([...Object.keys(states), 'DescribeFailure', 'HaltForRedrive'] as RestoringFunction[]).map((name) => functions[name]);

function start(
  scope: Construct,
  id: string,
  stateMachine: sfn.StateMachine,
  schedule: Pick<scheduler.ScheduleProps, 'scheduleName' | 'schedule'>,
): void {
  new scheduler.Schedule(scope, id, {
    ...schedule,
    target: new schedulerTargets.StepFunctionsStartExecution(stateMachine, {
      input: scheduler.ScheduleTargetInput.fromObject({ scheduledTime: scheduler.ContextAttribute.scheduledTime }),
      maxEventAge: Duration.hours(1),
    }),
  });
}

const noTrustedKey = ({ prefix, region }: Settings): string =>
  [
    'restore.trustedSigningKeys is empty: which archives are genuine cannot be learnt from their own bucket.',
    `Deploy the stack ${prefix}-storage first, with "restore": {"enabled": false}. Then put what this prints into the list:`,
    `  aws kms get-public-key --region ${region} --key-id alias/${prefix}-signing --query PublicKey --output text | base64 -d | sha256sum`,
  ].join('\n');
