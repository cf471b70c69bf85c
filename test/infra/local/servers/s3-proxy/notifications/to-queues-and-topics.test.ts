import { CreateTopicCommand, SNSClient, SubscribeCommand } from '@aws-sdk/client-sns';
import {
  CreateQueueCommand,
  DeleteQueueCommand,
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import {
  CreateBucketCommand,
  PutBucketNotificationConfigurationCommand,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readMessage } from '../../../../../../functions/ingest/messages/read-message.ts';
import { startMinistack } from '../../../../../../infra/local/servers/ministack.ts';
import { toQueuesAndTopics } from '../../../../../../infra/local/servers/s3-proxy/notifications/to-queues-and-topics.ts';
import { startS3Proxy } from '../../../../../../infra/local/servers/s3-proxy/start.ts';
import { startVersitygw } from '../../../../../../infra/local/servers/versitygw.ts';

const credentials = { accessKeyId: 'operator', secretAccessKey: 'operator-secret' };
const anyCreation = { Events: ['s3:ObjectCreated:*' as const] };
const Bucket = 'logs';
const key = 'Grüße/über uns + mehr.json.gz';
const running: { stop: () => Promise<void> }[] = [];
const keep = <T extends { stop: () => Promise<void> }>(server: T): T => {
  running.push(server);
  return server;
};
let folder: string;
let s3: S3Client;
let sqs: SQSClient;
let sns: SNSClient;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'notices-'));
  const starting = startMinistack({ dataDir: join(folder, 'ministack') }).then(keep);
  // Given before it is up, as in the stack.
  const notices = keep(
    toQueuesAndTopics(
      starting.then(({ url }) => url),
      credentials,
    ),
  );
  const upstream = keep(await startVersitygw({ dataDir: join(folder, 's3'), credentials }));
  const stateFile = join(folder, 'proxy.json');
  const proxy = keep(await startS3Proxy({ upstream: upstream.url, stateFile, credentials, notify: notices.notify }));
  const region = 'us-east-1';
  s3 = new S3Client({
    endpoint: proxy.url,
    region,
    credentials: { ...credentials },
    forcePathStyle: true,
    maxAttempts: 1,
  });
  const aws = { endpoint: (await starting).url, region, credentials: { ...credentials } };
  sqs = new SQSClient(aws);
  sns = new SNSClient(aws);
  await s3.send(new CreateBucketCommand({ Bucket }));
}, 400_000); // the servers are installed where they are not there yet
afterAll(async () => {
  for (const server of running.reverse()) await server.stop();
  await rm(folder, { recursive: true, force: true });
});

async function newQueue(QueueName: string): Promise<{ QueueUrl: string; QueueArn: string }> {
  const { QueueUrl = '' } = await sqs.send(new CreateQueueCommand({ QueueName }));
  const attributes = new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['QueueArn'] });
  return { QueueUrl, QueueArn: (await sqs.send(attributes)).Attributes?.QueueArn ?? '' };
}

async function bodies(QueueUrl: string): Promise<string[]> {
  const { Messages = [] } = await sqs.send(new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10 }));
  return Messages.map(({ Body = '' }) => Body);
}

const configure = (NotificationConfiguration: object) =>
  s3.send(new PutBucketNotificationConfigurationCommand({ Bucket, NotificationConfiguration }));
const write = () => s3.send(new PutObjectCommand({ Bucket, Key: key, Body: 'line\n' }));

test('the indexer understands what a queue gets of a bucket', async () => {
  const { QueueUrl, QueueArn } = await newQueue('direct');
  await configure({ QueueConfigurations: [{ QueueArn, ...anyCreation }] });
  expect((await bodies(QueueUrl)).map(readMessage)).toEqual([{ objects: [], nothing: ['test-event'] }]);
  await write();
  expect((await bodies(QueueUrl)).map(readMessage)).toEqual([
    { objects: [{ bucket: Bucket, key, bytes: 5 }], nothing: [] },
  ]);
});

test.each(['true', 'false'])('and what it gets through a topic, raw: %s', async (RawMessageDelivery) => {
  const { QueueUrl, QueueArn } = await newQueue(`raw-${RawMessageDelivery}`);
  const { TopicArn } = await sns.send(new CreateTopicCommand({ Name: `raw-${RawMessageDelivery}` }));
  const subscription = { TopicArn, Protocol: 'sqs', Endpoint: QueueArn, Attributes: { RawMessageDelivery } };
  await sns.send(new SubscribeCommand(subscription));
  await configure({ TopicConfigurations: [{ TopicArn, ...anyCreation }] });
  await write();
  const received = await bodies(QueueUrl);
  expect(received.map(readMessage)).toEqual([
    { objects: [], nothing: ['test-event'] },
    { objects: [{ bucket: Bucket, key, bytes: 5 }], nothing: [] },
  ]);
  const { Subject } = JSON.parse(received[1]!) as { Subject?: string };
  expect(Subject).toBe(RawMessageDelivery === 'true' ? undefined : 'Amazon S3 Notification');
});

test('a queue that is not there is refused; one that has gone since fails the write', async () => {
  const { QueueUrl, QueueArn } = await newQueue('gone');
  const nowhere = { QueueConfigurations: [{ QueueArn: `${QueueArn}-not`, ...anyCreation }] };
  await expect(configure(nowhere)).rejects.toMatchObject({ name: 'InvalidArgument' });
  await configure({ QueueConfigurations: [{ QueueArn, ...anyCreation }] });
  await sqs.send(new DeleteQueueCommand({ QueueUrl }));
  await expect(write()).rejects.toMatchObject({ name: 'ServiceUnavailable' });
  await newQueue('gone');
  await write();
  expect((await bodies(QueueUrl)).map(readMessage)).toHaveLength(1);
});
