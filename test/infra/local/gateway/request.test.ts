import { expect, test } from 'vitest';
import { publishedNotification } from '../../../../infra/local/gateway/notifications.ts';
import { actionOf, parseServiceRequest, resourceOf } from '../../../../infra/local/gateway/request.ts';

const signed = (service: string): string =>
  `AWS4-HMAC-SHA256 Credential=AKIAROLE/20260101/us-east-1/${service}/aws4_request, SignedHeaders=host, Signature=ab`;
const json = (service: string, target: string, body: object) =>
  parseServiceRequest({ authorization: signed(service), 'x-amz-target': target }, JSON.stringify(body));
const query = (service: string, form: Record<string, string>) => {
  const headers = { authorization: signed(service), 'content-type': 'application/x-www-form-urlencoded' };
  return parseServiceRequest(headers, new URLSearchParams(form).toString());
};
const here = 'us-east-1:000000000000';

test.each([
  [json('kms', 'TrentService.Sign', { KeyId: 'abc' }), 'kms:Sign', `arn:aws:kms:${here}:key/abc`],
  [json('kms', 'TrentService.Sign', { KeyId: `arn:aws:kms:${here}:key/x` }), 'kms:Sign', `arn:aws:kms:${here}:key/x`],
  [json('kms', 'TrentService.Sign', { KeyId: 'alias/a' }), 'kms:Sign', `arn:aws:kms:${here}:alias/a`],
  [query('sns', { Action: 'Publish', TopicArn: 'arn:t' }), 'sns:Publish', 'arn:t'],
  [json('sqs', 'AmazonSQS.SendMessage', { QueueUrl: 'http://x/0/q' }), 'sqs:SendMessage', `arn:aws:sqs:${here}:q`],
  [json('ssm', 'AmazonSSM.GetParameter', { Name: '/a/b' }), 'ssm:GetParameter', `arn:aws:ssm:${here}:parameter/a/b`],
  [
    json('secretsmanager', 'secretsmanager.GetSecretValue', { SecretId: 's' }),
    'secretsmanager:GetSecretValue',
    `arn:aws:secretsmanager:${here}:secret:s`,
  ],
  [
    json('logs', 'Logs_20140328.PutLogEvents', { logGroupName: '/app', logStreamName: 's' }),
    'logs:PutLogEvents',
    `arn:aws:logs:${here}:log-group:/app:log-stream:s`,
  ],
  [
    json('logs', 'Logs_20140328.CreateLogStream', { logGroupName: '/app', logStreamName: 's' }),
    'logs:CreateLogStream',
    `arn:aws:logs:${here}:log-group:/app`,
  ],
  [
    json('states', 'AWSStepFunctions.DescribeExecution', { executionArn: 'arn:e' }),
    'states:DescribeExecution',
    'arn:e',
  ],
  [
    json('ecs', 'AmazonEC2ContainerServiceV20141113.DescribeTasks', { cluster: 'c', tasks: ['t'] }),
    'ecs:DescribeTasks',
    `arn:aws:ecs:${here}:task/c/t`,
  ],
  [query('monitoring', { Action: 'PutMetricData' }), 'cloudwatch:PutMetricData', null],
])('the action and resource of %#', (request, action, resource) => {
  expect(request.accessKeyId).toBe('AKIAROLE');
  expect(actionOf(request)).toBe(action);
  expect(resourceOf(request)).toBe(resource);
});

test('a call without a signature is known by its target', () => {
  const request = parseServiceRequest({ 'x-amz-target': 'AWSStepFunctions.ListStateMachines' }, '{}');
  expect(request).toMatchObject({ accessKeyId: null, service: 'states', operation: 'ListStateMachines' });
});

test('a publication is read with subject and attributes; other calls are none', () => {
  const form = new URLSearchParams({
    Action: 'Publish',
    TopicArn: 'arn:t',
    Subject: 'Archived',
    Message: 'line\nünï',
    'MessageAttributes.entry.1.Name': 'kind',
    'MessageAttributes.entry.1.Value.DataType': 'String',
    'MessageAttributes.entry.1.Value.StringValue': 'success',
  });
  expect(publishedNotification(form)).toMatchObject({
    topicArn: 'arn:t',
    subject: 'Archived',
    message: 'line\nünï',
    messageAttributes: { kind: { type: 'String', value: 'success' } },
  });
  expect(publishedNotification(new URLSearchParams({ Action: 'Subscribe', TopicArn: 'arn:t' }))).toBeUndefined();
});
