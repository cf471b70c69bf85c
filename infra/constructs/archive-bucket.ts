import { Duration, RemovalPolicy, aws_iam as iam, aws_s3 as s3 } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { catalogPrefix } from '../../archive/keys.ts';
import { volumesPrefix } from './prefixes.ts';

export interface ArchiveBucketProps {
  readonly bucketName: string;
  readonly retentionDays: number;
  readonly glacierClass: 'GLACIER' | 'DEEP_ARCHIVE';
  readonly transitionAfterDays: number;
  /** Volumes expire so many days after their lock has ended; the catalogue never does. */
  readonly expireDaysAfterLock: number;
}

/** Sealed archives. Versioned, under Object Lock, and with a policy that binds every principal, administrators included. */
export function archiveBucket(scope: Construct, props: ArchiveBucketProps): s3.Bucket {
  const bucket = new s3.Bucket(scope, 'ArchiveBucket', {
    bucketName: props.bucketName,
    versioned: true,
    objectLockEnabled: true,
    // Not KMS: whoever deletes the key would have deleted the archives, whatever the lock says.
    encryption: s3.BucketEncryption.S3_MANAGED,
    blockPublicAccess: s3.BlockPublicAccess.BLOCK_ALL,
    objectOwnership: s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
    enforceSSL: true,
    removalPolicy: RemovalPolicy.RETAIN,
    lifecycleRules: lifecycle(props),
  });
  for (const statement of denials(bucket, props.retentionDays)) bucket.addToResourcePolicy(statement);
  return bucket;
}

/** Lifecycle is no principal: the denials of the bucket's policy do not bind it, but the lock does. */
function lifecycle(props: ArchiveBucketProps): s3.LifecycleRule[] {
  return [
    {
      id: 'KeepVolumesCold',
      prefix: volumesPrefix,
      transitions: [
        {
          storageClass: new s3.StorageClass(props.glacierClass),
          transitionAfter: Duration.days(props.transitionAfterDays),
        },
      ],
      expiration: Duration.days(props.retentionDays + props.expireDaysAfterLock),
      noncurrentVersionExpiration: Duration.days(1),
      abortIncompleteMultipartUploadAfter: Duration.days(7),
    },
    // S3 refuses this in a rule that also expires by age.
    { id: 'RemoveDeleteMarkers', prefix: volumesPrefix, expiredObjectDeleteMarker: true },
  ];
}

function denials(bucket: s3.IBucket, retentionDays: number): iam.PolicyStatement[] {
  const objects = bucket.arnForObjects('*');
  const deny = (sid: string, actions: string[], conditions: Record<string, Record<string, string>> = {}) =>
    new iam.PolicyStatement({
      sid,
      effect: iam.Effect.DENY,
      principals: [new iam.AnyPrincipal()],
      actions,
      resources: [objects],
      conditions,
    });
  return [
    deny('DenyDelete', ['s3:DeleteObject', 's3:DeleteObjectVersion']),
    // A part of a multipart upload creates no object, its completion does; both ask for s3:PutObject.
    deny('DenyOverwrite', ['s3:PutObject'], {
      Null: { 's3:if-none-match': 'true' },
      Bool: { 's3:ObjectCreationOperation': 'true' },
    }),
    // S3 counts a started day: one more than the term leaves room for clocks.
    deny('DenyRetentionBeyondTerm', ['s3:PutObject', 's3:PutObjectRetention'], {
      NumericGreaterThan: { 's3:object-lock-remaining-retention-days': String(retentionDays + 1) },
    }),
    deny('DenyBypassOfRetention', ['s3:BypassGovernanceRetention']),
  ];
}

/** What the restoring side may do where it is in another account: its own roles must allow it as well. */
export function readByAccount(bucket: s3.IBucket, account: string): iam.PolicyStatement[] {
  const restorers = [new iam.AccountPrincipal(account)];
  const prefixes = [catalogPrefix, volumesPrefix];
  const to = (sid: string, prefixed: readonly string[], actions: string[]) =>
    new iam.PolicyStatement({
      sid,
      principals: restorers,
      actions,
      resources: prefixed.map((prefix) => bucket.arnForObjects(`${prefix}*`)),
    });
  return [
    to('AllowReading', prefixes, ['s3:GetObjectVersion']),
    to('AllowLocksAndThaw', [volumesPrefix], ['s3:GetObjectRetention', 's3:RestoreObject']),
    new iam.PolicyStatement({
      sid: 'AllowListing',
      principals: restorers,
      actions: ['s3:ListBucket', 's3:ListBucketVersions'],
      resources: [bucket.bucketArn],
      conditions: { StringLikeIfExists: { 's3:prefix': prefixes.map((prefix) => `${prefix}*`) } },
    }),
  ];
}
