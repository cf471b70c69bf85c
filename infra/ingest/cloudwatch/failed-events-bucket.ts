import { Duration, RemovalPolicy, Validations, aws_s3 as s3 } from 'aws-cdk-lib';
import type { Construct } from 'constructs';

/**
 * What came of no document: events that failed three times, until they are replayed, and rejects. Nothing expires by itself, as
 * nothing else has these lines.
 */
export function failedEventsBucket(scope: Construct, bucketName: string | undefined): s3.Bucket {
  const bucket = new s3.Bucket(scope, 'FailedEvents', {
    ...(bucketName !== undefined && { bucketName }),
    versioned: false,
    encryption: s3.BucketEncryption.S3_MANAGED,
    blockPublicAccess: s3.BlockPublicAccess.BLOCK_ALL,
    objectOwnership: s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
    enforceSSL: true,
    removalPolicy: RemovalPolicy.RETAIN,
    lifecycleRules: [{ id: 'AbortUploads', abortIncompleteMultipartUploadAfter: Duration.days(7) }],
  });
  Validations.of(bucket).acknowledge({
    id: 'AwsSolutions-S1',
    reason: 'Object-level access is recorded by CloudTrail data events, which are authoritative.',
  });
  return bucket;
}
