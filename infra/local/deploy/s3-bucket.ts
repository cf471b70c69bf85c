import {
  type BucketLifecycleConfiguration,
  CreateBucketCommand,
  HeadBucketCommand,
  PutBucketLifecycleConfigurationCommand,
  PutBucketTaggingCommand,
  PutBucketVersioningCommand,
  PutObjectLockConfigurationCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import { z } from 'zod';
import { notificationProperties, putNotifications } from './s3-bucket-notifications.ts';
import { count, derivedName, flag, resourceType, tags, unused } from './resource-type.ts';

const transition = z.strictObject({ StorageClass: z.string(), TransitionInDays: count.optional() });
const rule = z.strictObject({
  Id: z.string().optional(),
  Status: z.enum(['Enabled', 'Disabled']),
  Prefix: z.string().optional(),
  TagFilters: tags.optional(),
  ExpirationInDays: count.optional(),
  ExpiredObjectDeleteMarker: flag.optional(),
  NoncurrentVersionExpiration: z
    .strictObject({ NoncurrentDays: count, NewerNoncurrentVersions: count.optional() })
    .optional(),
  AbortIncompleteMultipartUpload: z.strictObject({ DaysAfterInitiation: count }).optional(),
  Transitions: z.array(transition).optional(),
  NoncurrentVersionTransitions: z
    .array(z.strictObject({ StorageClass: z.string(), TransitionInDays: count }))
    .optional(),
  ObjectSizeGreaterThan: count.optional(),
  ObjectSizeLessThan: count.optional(),
});
const retention = z.strictObject({
  Mode: z.enum(['COMPLIANCE', 'GOVERNANCE']),
  Days: count.optional(),
  Years: count.optional(),
});
const properties = z.strictObject({
  BucketName: z.string().optional(),
  VersioningConfiguration: z.strictObject({ Status: z.enum(['Enabled', 'Suspended']) }).optional(),
  ObjectLockEnabled: flag.optional(),
  ObjectLockConfiguration: z
    .strictObject({
      ObjectLockEnabled: z.literal('Enabled').optional(),
      Rule: z.strictObject({ DefaultRetention: retention }).optional(),
    })
    .optional(),
  LifecycleConfiguration: z
    .strictObject({ Rules: z.array(rule), TransitionDefaultMinimumObjectSize: unused })
    .optional(),
  NotificationConfiguration: notificationProperties.optional(),
  Tags: tags.optional(),
  // The local store neither encrypts nor is reachable from outside: both are asserted on the template instead.
  BucketEncryption: unused,
  PublicAccessBlockConfiguration: unused,
  OwnershipControls: unused,
  LoggingConfiguration: unused,
  MetricsConfigurations: unused,
});
type Rule = z.infer<typeof rule>;

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-s3-bucket.html */
export const s3Bucket = resourceType(properties, async (wanted, resource, { clients: { s3 } }) => {
  const Bucket = wanted.BucketName ?? derivedName(resource, 63).toLowerCase();
  if (!(await exists(s3, Bucket))) {
    await s3.send(new CreateBucketCommand({ Bucket, ObjectLockEnabledForBucket: wanted.ObjectLockEnabled ?? false }));
  }
  if (wanted.VersioningConfiguration) {
    await s3.send(
      new PutBucketVersioningCommand({
        Bucket,
        VersioningConfiguration: { Status: wanted.VersioningConfiguration.Status },
      }),
    );
  }
  const locks = wanted.ObjectLockConfiguration;
  if (locks?.Rule) {
    const ObjectLockConfiguration = { ObjectLockEnabled: 'Enabled', Rule: locks.Rule } as const;
    await s3.send(new PutObjectLockConfigurationCommand({ Bucket, ObjectLockConfiguration }));
  }
  if (wanted.LifecycleConfiguration) {
    const LifecycleConfiguration = lifecycle(wanted.LifecycleConfiguration.Rules);
    await s3.send(new PutBucketLifecycleConfigurationCommand({ Bucket, LifecycleConfiguration }));
  }
  if (wanted.Tags?.length) await s3.send(new PutBucketTaggingCommand({ Bucket, Tagging: { TagSet: wanted.Tags } }));
  await putNotifications(s3, Bucket, wanted.NotificationConfiguration);
  const attributes = {
    Arn: `arn:aws:s3:::${Bucket}`,
    DomainName: `${Bucket}.s3.amazonaws.com`,
    RegionalDomainName: `${Bucket}.s3.us-east-1.amazonaws.com`,
  };
  return { ref: Bucket, attributes };
});

async function exists(s3: S3Client, Bucket: string): Promise<boolean> {
  try {
    await s3.send(new HeadBucketCommand({ Bucket }));
    return true;
  } catch (error) {
    if ((error as { $metadata?: { httpStatusCode?: number } }).$metadata?.httpStatusCode === 404) return false;
    throw error;
  }
}

/** From CloudFormation's shape of a lifecycle to the one of the S3 API. */
function lifecycle(rules: Rule[]): BucketLifecycleConfiguration {
  return {
    Rules: rules.map((from, index) => ({
      ID: from.Id ?? `rule-${index + 1}`,
      Status: from.Status,
      Filter: filterOf(from),
      ...(from.ExpirationInDays !== undefined || from.ExpiredObjectDeleteMarker !== undefined
        ? { Expiration: { Days: from.ExpirationInDays, ExpiredObjectDeleteMarker: from.ExpiredObjectDeleteMarker } }
        : {}),
      NoncurrentVersionExpiration: from.NoncurrentVersionExpiration,
      AbortIncompleteMultipartUpload: from.AbortIncompleteMultipartUpload,
      Transitions: from.Transitions?.map(({ StorageClass, TransitionInDays }) => ({
        StorageClass: StorageClass as 'GLACIER',
        Days: TransitionInDays,
      })),
      NoncurrentVersionTransitions: from.NoncurrentVersionTransitions?.map(({ StorageClass, TransitionInDays }) => ({
        StorageClass: StorageClass as 'GLACIER',
        NoncurrentDays: TransitionInDays,
      })),
    })),
  };
}

function filterOf(from: Rule): { Prefix: string } | { And: object } {
  const sizes = { ObjectSizeGreaterThan: from.ObjectSizeGreaterThan, ObjectSizeLessThan: from.ObjectSizeLessThan };
  const isPlain = !from.TagFilters && Object.values(sizes).every((size) => size === undefined);
  return isPlain ? { Prefix: from.Prefix ?? '' } : { And: { Prefix: from.Prefix, Tags: from.TagFilters, ...sizes } };
}
