import { Duration, RemovalPolicy, Validations, aws_s3 as s3 } from 'aws-cdk-lib';
import type { Construct } from 'constructs';

export const rejectsPrefix = 'rejects/';

/** What no document came of, with the reason, and notes of indexers that stopped themselves. A note stays until it is acted upon. */
export function rejectsBucket(scope: Construct, bucketName: string, keepDays: number): s3.Bucket {
  const bucket = new s3.Bucket(scope, 'Rejects', {
    ...privateBucket,
    bucketName,
    versioned: false,
    lifecycleRules: [
      { id: 'ExpireRejects', prefix: rejectsPrefix, expiration: Duration.days(keepDays) },
      { id: 'AbortUploads', abortIncompleteMultipartUploadAfter: Duration.days(7) },
    ],
  });
  acknowledgeNoAccessLogs(bucket);
  return bucket;
}

/**
 * A bucket for logs, for whoever has no central ones. Versioned: what is overwritten before it is indexed can still be read, as the
 * notice names its version.
 */
export function newLogBucket(scope: Construct, id: string, bucketName: string): s3.Bucket {
  const bucket = new s3.Bucket(scope, id, {
    ...privateBucket,
    bucketName,
    versioned: true,
    lifecycleRules: [
      {
        id: 'ExpireOverwritten',
        noncurrentVersionExpiration: Duration.days(90),
        abortIncompleteMultipartUploadAfter: Duration.days(7),
      },
    ],
  });
  acknowledgeNoAccessLogs(bucket);
  return bucket;
}

const privateBucket = {
  encryption: s3.BucketEncryption.S3_MANAGED,
  blockPublicAccess: s3.BlockPublicAccess.BLOCK_ALL,
  objectOwnership: s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
  enforceSSL: true,
  removalPolicy: RemovalPolicy.RETAIN,
} satisfies s3.BucketProps;

const acknowledgeNoAccessLogs = (bucket: s3.Bucket): void =>
  Validations.of(bucket).acknowledge({
    id: 'AwsSolutions-S1',
    reason: 'Object-level access is recorded by CloudTrail data events, which are authoritative.',
  });
