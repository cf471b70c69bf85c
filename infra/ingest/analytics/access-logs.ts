import { Duration, Stack, Validations, aws_iam as iam, aws_s3 as s3 } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { privateBucket } from '../../constructs/private-bucket.ts';

/** Who asked the load balancer for what, for three months. Load balancers write under keys of S3 only, so it has no key of its own. */
export function accessLogsBucket(scope: Construct): s3.Bucket {
  const { account, partition, region } = Stack.of(scope);
  const bucket = new s3.Bucket(scope, 'AccessLogs', {
    ...privateBucket,
    lifecycleRules: [{ id: 'Expire', expiration: Duration.days(90) }],
  });
  bucket.addToResourcePolicy(
    new iam.PolicyStatement({
      principals: [new iam.ServicePrincipal('logdelivery.elasticloadbalancing.amazonaws.com')],
      actions: ['s3:PutObject'],
      resources: [bucket.arnForObjects(`AWSLogs/${account}/*`)],
      conditions: {
        StringEquals: { 'aws:SourceAccount': account },
        ArnLike: { 'aws:SourceArn': `arn:${partition}:elasticloadbalancing:${region}:${account}:loadbalancer/*` },
      },
    }),
  );
  Validations.of(bucket).acknowledge({ id: 'AwsSolutions-S1', reason: 'It holds access logs itself.' });
  return bucket;
}
