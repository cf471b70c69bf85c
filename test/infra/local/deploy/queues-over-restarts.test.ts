/** Queues and subscriptions that are deployed again into a server that was started anew, on another port, over the same data. */
import { PublishCommand, SNSClient } from '@aws-sdk/client-sns';
import { GetQueueAttributesCommand, ReceiveMessageCommand, SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { LocalCloud } from '../../../../infra/local/deploy/local-cloud.ts';
import { snsSubscription, snsTopic, sqsQueue } from '../../../../infra/local/deploy/messaging.ts';
import type { Deploy } from '../../../../infra/local/deploy/resource-type.ts';
import { type Ministack, startMinistack } from '../../../../infra/local/servers/ministack.ts';

interface Deployed {
  readonly sqs: SQSClient;
  readonly sns: SNSClient;
  readonly queueUrl: string;
  readonly topicArn: string;
}

let dataDir: string;
let server: Ministack;
beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'queues-'));
  server = await startMinistack({ dataDir });
}, 400_000); // it is installed where it is not there yet
afterEach(async () => {
  await server.stop();
  await rm(dataDir, { recursive: true, force: true });
});
async function restart(): Promise<void> {
  const before = server.url;
  await server.stop();
  server = await startMinistack({ dataDir });
  expect(server.url).not.toBe(before);
}

/** A queue that hears of a topic. */
async function deploy(settings: object, RawMessageDelivery = true): Promise<Deployed> {
  const access = {
    endpoint: server.url,
    region: 'us-east-1',
    credentials: { accessKeyId: 'operator', secretAccessKey: 'operator-secret' },
  };
  const clients = { sqs: new SQSClient(access), sns: new SNSClient(access) };
  const cloud = { clients, throughGateway: (url: string) => url } as Partial<LocalCloud> as LocalCloud;
  const resource = (type: Deploy, logicalId: string, properties: object) =>
    type({ stack: 'S', logicalId, type: 'T', properties }, cloud);
  const queue = await resource(sqsQueue, 'Queue', settings);
  const topic = await resource(snsTopic, 'Topic', {});
  const Endpoint = queue.attributes['Arn'];
  await resource(snsSubscription, 'Sub', { TopicArn: topic.ref, Protocol: 'sqs', Endpoint, RawMessageDelivery });
  return { ...clients, queueUrl: queue.ref, topicArn: topic.ref };
}
async function received({ sqs, queueUrl }: Deployed): Promise<string[]> {
  const { Messages = [] } = await sqs.send(
    new ReceiveMessageCommand({ QueueUrl: queueUrl, MaxNumberOfMessages: 10, WaitTimeSeconds: 2 }),
  );
  return Messages.map(({ Body = '' }) => Body);
}

test('what lay in a queue is there after a restart, and what a topic is told comes once', async () => {
  const { sqs, queueUrl } = await deploy({});
  await sqs.send(new SendMessageCommand({ QueueUrl: queueUrl, MessageBody: 'before' }));
  await restart();
  const again = await deploy({});
  expect(await received(again)).toEqual(['before']);
  await again.sns.send(new PublishCommand({ TopicArn: again.topicArn, Message: 'after' }));
  expect(await received(again)).toEqual(['after']);
});

test('a queue that a later template describes otherwise becomes like it, and keeps its messages', async () => {
  const { sqs, queueUrl } = await deploy({ VisibilityTimeout: 360 });
  await sqs.send(new SendMessageCommand({ QueueUrl: queueUrl, MessageBody: 'before' }));
  const RedrivePolicy = { deadLetterTargetArn: 'arn:aws:sqs:us-east-1:000000000000:S-Queue', maxReceiveCount: 5 };
  const again = await deploy({ VisibilityTimeout: 720, RedrivePolicy });
  const { Attributes } = await again.sqs.send(
    new GetQueueAttributesCommand({ QueueUrl: again.queueUrl, AttributeNames: ['All'] }),
  );
  expect(Attributes).toMatchObject({ VisibilityTimeout: '720', RedrivePolicy: JSON.stringify(RedrivePolicy) });
  expect(await received(again)).toEqual(['before']);
});

test('a subscription that a later template describes otherwise becomes like it', async () => {
  await deploy({}, false);
  const again = await deploy({}, true);
  await again.sns.send(new PublishCommand({ TopicArn: again.topicArn, Message: 'raw' }));
  expect(await received(again)).toEqual(['raw']);
});
