import { Duration, aws_s3 as s3 } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { privateBucket } from './private-bucket.ts';

/**
 * The repository of the schedule. Only the cluster knows which of its blobs are still referred to: nothing here may expire or go
 * cold. Unversioned: what retention deletes must be gone.
 */
export const snapshotsBucket = (scope: Construct, bucketName: string): s3.Bucket =>
  new s3.Bucket(scope, 'SnapshotsBucket', {
    ...privateBucket,
    bucketName,
    versioned: false,
    lifecycleRules: [{ id: 'AbortUploads', abortIncompleteMultipartUploadAfter: Duration.days(7) }],
  });
