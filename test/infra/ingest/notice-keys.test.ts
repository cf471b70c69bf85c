import { App, Stack, aws_sns as sns, aws_sns_subscriptions as subscriptions, aws_sqs as sqs } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { describe, expect, it } from 'vitest';
import { filterOfBucket, filterOfSubscription } from '../../../infra/ingest/notice-keys.ts';

/** As CDK writes the policy of a subscription. */
function policyFor(prefix: string): unknown {
  const stack = new Stack(new App());
  const filterPolicyWithMessageBody = filterOfSubscription(prefix);
  const queue = new sqs.Queue(stack, 'Queue');
  new sns.Topic(stack, 'Topic').addSubscription(
    new subscriptions.SqsSubscription(queue, { filterPolicyWithMessageBody }),
  );
  const [found] = Object.values(Template.fromStack(stack).findResources('AWS::SNS::Subscription'));
  return (found as { Properties: { FilterPolicy: unknown } }).Properties.FilterPolicy;
}
const below = (...prefixes: string[]): unknown => ({
  Records: { s3: { object: { key: prefixes.map((prefix) => ({ prefix })) } } },
});

describe('keys below', () => {
  it.each([
    ['AWSLogs/123456789012/', 'AWSLogs/123456789012/'],
    // As flow logs write them that Athena shall read.
    ['AWSLogs/aws-account-id=123456789012/', 'AWSLogs/aws-account-id%3D123456789012/'],
    ['a b+c/ä/', 'a+b%2Bc/%C3%A4/'],
  ])('%s are compared as S3 encodes them', (prefix, encoded) => {
    expect(filterOfBucket(prefix)).toEqual({ filter: { s3Key: { rules: [{ name: 'prefix', value: encoded }] } } });
    expect(policyFor(prefix)).toEqual(below(encoded));
  });

  it('a prefix that may be encoded in two ways are found in either', () => {
    expect(policyFor('a(1)~/')).toEqual(below('a(1)~/', 'a%281%29%7E/'));
  });

  it('no prefix are all keys of a bucket', () => {
    expect(filterOfBucket('')).toEqual({});
  });
});
