import { Duration, aws_s3 as s3 } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { repositoriesPrefix, runsPrefix } from '../../archive/keys.ts';
import { privateBucket } from './private-bucket.ts';

/** Longer than the 14 days in which an execution can be redriven, and than most holidays of those who must resume it. */
const runRecordDays = 90;

/** Snapshots on their way into an archive, and the records of each run. Unversioned: wiped plaintext must be gone. */
export function stagingBucket(scope: Construct, bucketName: string): s3.Bucket {
  return new s3.Bucket(scope, 'StagingBucket', {
    ...privateBucket,
    bucketName,
    versioned: false,
    lifecycleRules: [
      { id: 'ExpireRunRecords', prefix: runsPrefix, expiration: Duration.days(runRecordDays) },
      {
        id: 'AbortUploadsOfSnapshots',
        prefix: repositoriesPrefix,
        abortIncompleteMultipartUploadAfter: Duration.days(7),
      },
    ],
  });
}
