import { aws_cloudtrail as cloudtrail } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { logBucketName, logKeyAliasArn, trailName } from '../buckets/names.ts';
import type { LogSettings } from '../config/buckets.ts';

/** CloudTrail of all regions, with digests that prove its files unaltered. By hand: CDK's own would change a bucket's policy. */
export const trail = (
  scope: Construct,
  settings: LogSettings,
  { organizationId }: { readonly organizationId?: string | undefined },
): cloudtrail.CfnTrail =>
  new cloudtrail.CfnTrail(scope, 'Trail', {
    trailName: trailName(settings),
    isLogging: true,
    isMultiRegionTrail: true,
    includeGlobalServiceEvents: true,
    enableLogFileValidation: true,
    isOrganizationTrail: organizationId !== undefined,
    s3BucketName: logBucketName(settings, 'cloudtrail'),
    kmsKeyId: logKeyAliasArn(settings),
  });
