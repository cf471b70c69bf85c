import { RemovalPolicy, Validations, aws_s3 as s3 } from 'aws-cdk-lib';

/** What buckets have in common: encrypted by S3 itself, closed to the public, by TLS only, and kept when their stack goes. */
export const privateBucket = {
  encryption: s3.BucketEncryption.S3_MANAGED,
  blockPublicAccess: s3.BlockPublicAccess.BLOCK_ALL,
  objectOwnership: s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
  enforceSSL: true,
  removalPolicy: RemovalPolicy.RETAIN,
} satisfies s3.BucketProps;

export const acknowledgeNoAccessLogs = (bucket: s3.Bucket): void =>
  Validations.of(bucket).acknowledge({
    id: 'AwsSolutions-S1',
    reason: 'Object-level access is recorded by CloudTrail data events, which are authoritative.',
  });
