import { Duration, Stack, Validations, aws_iam as iam, aws_s3 as s3 } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { privateBucket } from '../../constructs/private-bucket.ts';

/**
 * Who asked the load balancer for what, for three months. Load balancers write under keys of S3 only, so it has no key of its own.
 *
 * Without a condition: the service is not documented to send `aws:SourceArn` or `aws:SourceAccount`, and a load balancer is refused
 * where it does not. It is the key that says for which account it writes ("Enable access logs for your Application Load Balancer").
 */
export function accessLogsBucket(scope: Construct): s3.Bucket {
  const { account } = Stack.of(scope);
  const bucket = new s3.Bucket(scope, 'AccessLogs', {
    ...privateBucket,
    lifecycleRules: [{ id: 'Expire', expiration: Duration.days(90) }],
  });
  bucket.addToResourcePolicy(
    new iam.PolicyStatement({
      principals: [new iam.ServicePrincipal('logdelivery.elasticloadbalancing.amazonaws.com')],
      actions: ['s3:PutObject'],
      resources: [bucket.arnForObjects(`AWSLogs/${account}/*`)],
    }),
  );
  Validations.of(bucket).acknowledge({ id: 'AwsSolutions-S1', reason: 'It holds access logs itself.' });
  return bucket;
}
