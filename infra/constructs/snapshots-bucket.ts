import { Duration, RemovalPolicy, aws_s3 as s3 } from 'aws-cdk-lib';
import type { Construct } from 'constructs';

/**
 * The repository of the schedule. Only the cluster knows which of its blobs are still referred to: nothing here may expire or go
 * cold. Unversioned: what retention deletes must be gone.
 */
export const snapshotsBucket = (scope: Construct, bucketName: string): s3.Bucket =>
  new s3.Bucket(scope, 'SnapshotsBucket', {
    bucketName,
    versioned: false,
    encryption: s3.BucketEncryption.S3_MANAGED,
    blockPublicAccess: s3.BlockPublicAccess.BLOCK_ALL,
    objectOwnership: s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
    enforceSSL: true,
    removalPolicy: RemovalPolicy.RETAIN,
    lifecycleRules: [{ id: 'AbortUploads', abortIncompleteMultipartUploadAfter: Duration.days(7) }],
  });
