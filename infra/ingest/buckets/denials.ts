import { aws_iam as iam } from 'aws-cdk-lib';
import { everybodyBut } from './principals.ts';

/** What the policies of buckets and key deny to everybody, administrators of the log account included. */

interface Exempt {
  /** May put objects, or copies of them. */
  readonly writers: readonly string[];
  /** May change what the bucket is. */
  readonly deployers: readonly string[];
  /** May do everything, deletion included: nobody else may delete. */
  readonly breakGlass: readonly string[];
}

/** Deployment changes them; nobody else. */
const settingsActions = [
  's3:PutBucketPolicy',
  's3:DeleteBucketPolicy',
  's3:PutLifecycleConfiguration',
  's3:PutBucketVersioning',
  's3:PutEncryptionConfiguration',
  's3:PutReplicationConfiguration',
  's3:PutBucketAcl',
  's3:PutBucketLogging',
  's3:PutBucketNotification',
  's3:PutBucketOwnershipControls',
  's3:PutBucketPublicAccessBlock',
];

export function bucketDenials(bucketArn: string, { writers, deployers, breakGlass }: Exempt): iam.PolicyStatement[] {
  const objects = `${bucketArn}/*`;
  return [
    denyAll(
      'DenyWritesByOthers',
      ['s3:PutObject*', 's3:ReplicateObject', 's3:ReplicateTags'],
      [objects],
      [...writers, ...deployers, ...breakGlass],
    ),
    // ReplicateDelete: a bucket of one's own that replicates into this one would bring its delete markers along.
    denyAll(
      'DenyDeletion',
      ['s3:DeleteObject*', 's3:ReplicateDelete', 's3:DeleteBucket'],
      [bucketArn, objects],
      breakGlass,
    ),
    denyAll('DenySettingsByOthers', settingsActions, [bucketArn], [...deployers, ...breakGlass]),
  ];
}

/** In the policy of a key, `*` is the key itself. */
export const keyDenials = ({ deployers, breakGlass }: Omit<Exempt, 'writers'>): iam.PolicyStatement[] => [
  denyAll('DenyLossOfKey', ['kms:ScheduleKeyDeletion', 'kms:DisableKey'], ['*'], breakGlass),
  // Without its alias the sources do not find the key, and with another key behind it they encrypt for whoever has that one.
  denyAll(
    'DenyKeyPolicyByOthers',
    ['kms:PutKeyPolicy', 'kms:UpdateAlias', 'kms:DeleteAlias', 'kms:DisableKeyRotation'],
    ['*'],
    [...deployers, ...breakGlass],
  ),
];

const denyAll = (
  sid: string,
  actions: readonly string[],
  resources: readonly string[],
  exempt: readonly string[],
): iam.PolicyStatement =>
  new iam.PolicyStatement({
    sid,
    effect: iam.Effect.DENY,
    principals: [new iam.AnyPrincipal()],
    actions: [...actions],
    resources: [...resources],
    conditions: everybodyBut(exempt),
  });
