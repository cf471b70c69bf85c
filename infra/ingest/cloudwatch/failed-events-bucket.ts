import { Duration, aws_s3 as s3 } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { acknowledgeNoAccessLogs, privateBucket } from '../../constructs/private-bucket.ts';

/**
 * What came of no document: events that failed three times, until they are replayed, and rejects. Nothing expires by itself, as
 * nothing else has these lines.
 */
export function failedEventsBucket(scope: Construct, bucketName: string | undefined): s3.Bucket {
  const bucket = new s3.Bucket(scope, 'FailedEvents', {
    ...privateBucket,
    ...(bucketName !== undefined && { bucketName }),
    versioned: false,
    lifecycleRules: [{ id: 'AbortUploads', abortIncompleteMultipartUploadAfter: Duration.days(7) }],
  });
  acknowledgeNoAccessLogs(bucket);
  return bucket;
}
