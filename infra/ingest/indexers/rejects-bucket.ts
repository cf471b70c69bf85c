import { Duration, aws_s3 as s3 } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { acknowledgeNoAccessLogs, privateBucket } from '../../constructs/private-bucket.ts';

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
