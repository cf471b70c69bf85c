import { Duration, RemovalPolicy, aws_s3 as s3 } from 'aws-cdk-lib';
import type { aws_iam as iam, aws_kms as kms } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import type { LogSettings } from '../config/buckets.ts';
import { underKeysOfS3, type BucketKind } from '../config/kinds.ts';
import { bucketDenials } from './denials.ts';
import { logBucketName } from './names.ts';
import { deployersOf, replicationRoleArn, writersOf } from './principals.ts';

export interface LogBucketProps {
  readonly settings: LogSettings;
  readonly kind: BucketKind;
  readonly region: string;
  readonly key: kms.IKey;
  /** Where S3 logs every access; undefined for the bucket of such logs itself. */
  readonly accessLogs: s3.IBucket | undefined;
  readonly allowed: readonly iam.PolicyStatement[];
}

/** A central bucket: versioned, encrypted, private, outliving its stack, and closed to everybody whom the policy does not name. */
export function logBucket(scope: Construct, props: LogBucketProps): s3.Bucket {
  const { settings, kind, region, key, accessLogs, allowed } = props;
  const isUnderS3 = underKeysOfS3.includes(kind);
  const bucket = new s3.Bucket(scope, bucketId(kind), {
    bucketName: logBucketName(settings, kind, region),
    versioned: true,
    ...(isUnderS3
      ? { encryption: s3.BucketEncryption.S3_MANAGED }
      : {
          encryption: s3.BucketEncryption.KMS,
          encryptionKey: key,
          // One call of KMS for many objects. Not where the writer brings an encryption context that the key's policy asks for.
          bucketKeyEnabled: kind !== 'cloudtrail',
        }),
    blockPublicAccess: s3.BlockPublicAccess.BLOCK_ALL,
    objectOwnership: s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
    enforceSSL: true,
    removalPolicy: RemovalPolicy.RETAIN,
    lifecycleRules: lifecycle(settings.lifecycle),
  });
  if (accessLogs) {
    // Not by `serverAccessLogsBucket`, which would add to the other bucket's policy and ACL.
    (bucket.node.defaultChild as s3.CfnBucket).loggingConfiguration = {
      destinationBucketName: accessLogs.bucketName,
      logFilePrefix: `${kind}/`,
    };
  }
  for (const statement of allowed) bucket.addToResourcePolicy(statement);
  const exempt = {
    // Into a copy, S3 alone writes, in that role.
    writers: region === settings.region ? writersOf(settings, kind) : [replicationRoleArn(settings)],
    deployers: deployersOf(settings, region),
    breakGlass: settings.breakGlassRoles,
  };
  for (const statement of bucketDenials(bucket.bucketArn, exempt)) bucket.addToResourcePolicy(statement);
  return bucket;
}

/** `CloudtrailLogs`. */
export const bucketId = (kind: BucketKind): string => `${kind.charAt(0).toUpperCase()}${kind.slice(1)}Logs`;

/** Lifecycle is no principal: the denials of the bucket's policy do not bind it. */
const lifecycle = ({ tiers, deleteAfterDays, keepOverwrittenDays }: LogSettings['lifecycle']): s3.LifecycleRule[] => [
  {
    id: 'TierThenDelete',
    transitions: tiers.map((tier) => ({
      storageClass: new s3.StorageClass(tier.class),
      transitionAfter: Duration.days(tier.afterDays),
    })),
    expiration: Duration.days(deleteAfterDays),
    noncurrentVersionExpiration: Duration.days(keepOverwrittenDays),
    abortIncompleteMultipartUploadAfter: Duration.days(7),
  },
  // S3 refuses this in a rule that also expires by age.
  { id: 'RemoveDeleteMarkers', expiredObjectDeleteMarker: true },
];
