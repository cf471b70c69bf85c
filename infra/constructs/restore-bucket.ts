import { Duration, aws_s3 as s3 } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { drillsPrefix, restoredPrefix, runsPrefix } from '../../archive/keys.ts';
import { privateBucket } from './private-bucket.ts';

/** As in the staging bucket: longer than an execution can be redriven. */
const runRecordDays = 90;

/**
 * What restores work with: plaintext on its way into the cluster, the records of each run, who restored what, and the evidence of
 * drills. Unversioned: wiped plaintext must be gone.
 */
export function restoreBucket(
  scope: Construct,
  props: { readonly bucketName: string; readonly keepDrillsDays: number },
): s3.Bucket {
  return new s3.Bucket(scope, 'RestoreBucket', {
    ...privateBucket,
    bucketName: props.bucketName,
    versioned: false,
    lifecycleRules: [
      // S3 rounds up to the next midnight UTC: gone after 24 hours at the earliest, and after 48 at the latest.
      { id: 'ExpirePlaintext', prefix: restoredPrefix, expiration: Duration.days(1) },
      { id: 'ExpireRunRecords', prefix: runsPrefix, expiration: Duration.days(runRecordDays) },
      { id: 'ExpireEvidence', prefix: drillsPrefix, expiration: Duration.days(props.keepDrillsDays) },
      { id: 'AbortUploads', abortIncompleteMultipartUploadAfter: Duration.days(1) },
    ],
  });
}
