import { Duration, Fn, Stack, type StackProps, aws_s3 as s3 } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import { restoreStates, restoreWorkflow } from '../../workflow/restore.ts';
import { SettingsInvalid } from '../config/errors.ts';
import type { Configuration } from '../config/read.ts';
import { alarmOnFailure } from '../constructs/alarms.ts';
import { failureRights, failureSources, failureVariables } from '../constructs/failure-functions.ts';
import { bucketName, restoreClusterName, stateMachineName } from '../constructs/names.ts';
import { network, type Network } from '../constructs/network.ts';
import { Notifications } from '../constructs/notifications.ts';
import { output } from '../constructs/output.ts';
import { PrivateKey } from '../constructs/private-key.ts';
import { restoreBucket } from '../constructs/restore-bucket.ts';
import { restoreRights } from '../constructs/restore-rights.ts';
import { restoreVariables } from '../constructs/restore-variables.ts';
import { evidenceKey } from '../constructs/signing-key.ts';
import { unpackedSnapshotRole } from '../constructs/snapshot-role.ts';
import { unpackRights, unpackVariables } from '../constructs/unpack-task.ts';
import { WorkflowContainer } from '../constructs/workflow-container.ts';
import { sourcesOf, workflowFunctions } from '../constructs/workflow-functions.ts';
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
    const notifications = new Notifications(this, 'Notifications', {
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

    const name = stateMachineName(settings, 'restore');
    const functions = workflowFunctions(this, {
      sources: { ...sourcesOf('functions/restore', restoreStates), ...failureSources },
      namePrefix: `${prefix}-restore-`,
      serviceName: `${prefix}-restore`,
      network: where,
      variables: {
        ...restoreVariables(settings, {
          archiveBucket: buckets.archive.bucketName,
          restoreBucket: buckets.restore.bucketName,
          snapshotRoleArn: role.roleArn,
          topicArn: topic.topicArn,
        }),
        ...failureVariables({
          runbookUrl: settings.runbookUrl,
          topicArn: topic.topicArn,
          taskLogGroup: unpack.logGroup.logGroupName,
        }),
      },
      rights: {
        ...restoreRights({
          ...buckets,
          publish: notifications.publishRights(),
          domainArn: own.domain.arn,
          snapshotRoleArn: role.roleArn,
        }),
        ...failureRights(this, {
          clusterName: restoreClusterName(settings),
          stateMachineNames: [name],
          publish: notifications.publishRights(),
        }),
      },
    });
    const { stateMachine } = new WorkflowStateMachine(this, 'Restore', {
      stateMachineName: name,
      comment: 'From a sealed archive to verified indices; a redrive resumes at the state that failed',
      // A thaw may take two days, unpacking and restoring one each.
      timeout: Duration.days(6),
      definition: (definitionScope) =>
        restoreWorkflow(definitionScope, {
          functions: versionsOf(functions),
          unpack: unpack.task(own.parallelism),
          topic,
        }),
      functions: Object.values(functions),
      rights: [...unpack.runRights(), notifications.encryptRight()],
    });
    notifyUncaughtEnds(this, {
      stateMachines: [stateMachine],
      to: functions.NotifyUncaught,
      description:
        'Executions of restores that ended badly; the function leaves out those that the workflow itself reported',
    });
    const alarms = new Construct(this, 'Alarms');
    alarmOnFailure(alarms, 'RestoreFailed', { stateMachine, name, topic, what: 'A restore' });
    output(this, 'RestoreBucket', bucket.bucketName);
    output(this, 'RestoreStateMachine', stateMachine.stateMachineArn);
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

const noTrustedKey = ({ prefix, region }: Configuration['settings']): string =>
  [
    'restore.trustedSigningKeys is empty: which archives are genuine cannot be learnt from their own bucket.',
    `Deploy the stack ${prefix}-storage first, with "restore": {"enabled": false}. Then put what this prints into the list:`,
    `  aws kms get-public-key --region ${region} --key-id alias/${prefix}-signing --query PublicKey --output text | base64 -d | sha256sum`,
  ].join('\n');
