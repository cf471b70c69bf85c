import { expect, test } from 'vitest';
import { withScaledDelay } from '../../../../infra/local/gateway/message-delay.ts';

const message = { QueueUrl: 'http://localhost/0/logs', MessageBody: '{}' };

test.each([
  [60, 0.01, 1],
  [900, 0.01, 9],
  [0, 0.01, 0],
  [60, 0, 0],
  [60, 1, 60],
])('a delay of %d s is %d times as long, in whole seconds: %d', (seconds, timeScale, scaled) => {
  const parameters = { ...message, DelaySeconds: seconds };
  const body = withScaledDelay({ service: 'sqs', operation: 'SendMessage', parameters }, timeScale);
  expect(JSON.parse(body!.toString())).toEqual({ ...message, DelaySeconds: scaled });
});

test.each([
  ['sqs', 'SendMessage', message],
  ['sqs', 'CreateQueue', { DelaySeconds: 60 }],
  ['kms', 'SendMessage', { DelaySeconds: 60 }],
] as const)('a call of %s:%s passes as it is', (service, operation, parameters) => {
  expect(withScaledDelay({ service, operation, parameters }, 0.01)).toBeUndefined();
});
