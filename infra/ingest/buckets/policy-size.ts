import type { Stack, aws_s3 as s3 } from 'aws-cdk-lib';
import { SettingsInvalid } from '../../config/errors.ts';

/** Amazon S3 User Guide, "Bucket policies": 20 KB. */
export const mostPolicyBytes = 20_480;

/**
 * Each source has its roles in the policies. S3 would say that there are too many in the middle of a deployment.
 * @throws SettingsInvalid
 */
export function checkPolicySize(stack: Stack, name: string, bucket: s3.Bucket): void {
  const policy = JSON.stringify(stack.resolve(bucket.policy!.document), (_, value: unknown) =>
    isBucketArn(value) ? `arn:aws:s3:::${name}` : value,
  );
  const bytes = Buffer.byteLength(policy);
  if (bytes <= mostPolicyBytes) return;
  throw new SettingsInvalid(
    `logs: the policy of the bucket ${name} would have ${bytes} bytes, and S3 takes ${mostPolicyBytes}: ` +
      'there are too many sources, writers or readers. Put some of them under another prefix, with buckets of their own',
  );
}

const isBucketArn = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && Object.keys(value).join() === 'Fn::GetAtt';
