import {
  type Event,
  GetBucketNotificationConfigurationCommand,
  type NotificationConfiguration,
  PutBucketNotificationConfigurationCommand,
} from '@aws-sdk/client-s3';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { startS3Proxy } from '../../../../../../infra/local/servers/s3-proxy/start.ts';
import { rootCredentials, useS3Proxy } from '../use-s3-proxy.ts';

const arn = (service: string, name: string): string => `arn:aws:${service}:us-east-1:000000000000:${name}`;
const proxy = useS3Proxy();

const put = (configuration: NotificationConfiguration, client = proxy.s3) =>
  client.send(
    new PutBucketNotificationConfigurationCommand({
      Bucket: proxy.bucket,
      NotificationConfiguration: configuration,
    }),
  );
const stored = async (): Promise<NotificationConfiguration> => {
  const { $metadata: _, ...configuration } = await proxy.s3.send(
    new GetBucketNotificationConfigurationCommand({ Bucket: proxy.bucket }),
  );
  return configuration;
};

interface Part {
  prefix?: string;
  suffix?: string;
  events?: string[];
}
const queues = (...parts: Part[]): NotificationConfiguration => ({
  QueueConfigurations: parts.map(({ events = ['s3:ObjectCreated:*'], ...filter }, index) => ({
    Id: `part-${index}`,
    QueueArn: arn('sqs', `queue-${index}`),
    Events: events as Event[],
    Filter: {
      Key: { FilterRules: Object.entries(filter).map(([Name, Value]) => ({ Name: Name as 'prefix', Value })) },
    },
  })),
});

describe('a new configuration', () => {
  it('sends each destination one test event, and is returned as it was put', async () => {
    const configuration: NotificationConfiguration = {
      QueueConfigurations: [
        {
          Id: 'a & b',
          QueueArn: arn('sqs', 'queue'),
          Events: ['s3:ObjectCreated:Put', 's3:ObjectCreated:Copy'],
          Filter: { Key: { FilterRules: [{ Name: 'prefix', Value: 'a<b>&/' }] } },
        },
        {
          Id: 'same queue',
          QueueArn: arn('sqs', 'queue'),
          Events: ['s3:ObjectCreated:CompleteMultipartUpload'],
          Filter: { Key: { FilterRules: [{ Name: 'suffix', Value: '.txt' }] } },
        },
      ],
      TopicConfigurations: [
        {
          Id: 'topic',
          TopicArn: arn('sns', 'topic'),
          Events: ['s3:ObjectCreated:*'],
          Filter: {
            Key: {
              FilterRules: [
                { Name: 'prefix', Value: 'c/' },
                { Name: 'suffix', Value: '.gz' },
              ],
            },
          },
        },
      ],
    };
    await put(configuration);
    expect(await stored()).toEqual(configuration);
    const event = {
      Service: 'Amazon S3',
      Event: 's3:TestEvent',
      Time: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/) as string,
      Bucket: proxy.bucket,
      RequestId: expect.stringMatching(/^\w{16}$/) as string,
      HostId: expect.stringMatching(/^\S{20,}$/) as string,
    };
    expect(proxy.delivered).toEqual([
      { destination: arn('sqs', 'queue'), message: event },
      { destination: arn('sns', 'topic'), message: event },
    ]);
  });

  it('has an id given to each entry without one, which stays', async () => {
    const [first] = queues({}).QueueConfigurations!;
    await put({ QueueConfigurations: [{ ...first!, Id: undefined }] });
    const before = await stored();
    expect(before.QueueConfigurations?.[0]?.Id).toMatch(/^[\w-]{8,}$/);
    await proxy.restart();
    expect(await stored()).toEqual(before);
  });

  it('is not taken when a destination does not take its test event, nor is anything of it', async () => {
    await put(queues({}));
    const before = await stored();
    proxy.refusals = 4 + 4; // one destination or the other: four attempts for each
    await expect(put(queues({ prefix: 'a/' }, { prefix: 'b/' }))).rejects.toMatchObject({
      name: 'InvalidArgument',
      message: 'Unable to validate the following destination configurations',
      $metadata: { httpStatusCode: 400 },
      ArgumentName1: `${arn('sqs', 'queue-0')}, null`,
      ArgumentValue2: 'Not able to validate the destination: Error: the queue is not there',
    });
    expect(await stored()).toEqual(before);
  });

  it('is taken when a destination takes the test event after all', async () => {
    proxy.refusals = 1;
    await put(queues({}));
    expect((await stored()).QueueConfigurations).toHaveLength(1);
  });

  it('with destinations is not taken by a proxy that has no way to reach them', async () => {
    const folder = await mkdtemp(join(tmpdir(), 's3-proxy-test-'));
    const options = { upstream: proxy.server.url, stateFile: join(folder, 'state.json'), credentials: rootCredentials };
    const mute = await startS3Proxy(options);
    try {
      const client = proxy.clientOf(rootCredentials, mute.url);
      const message = 'Unable to validate the following destination configurations';
      await expect(put(queues({}), client)).rejects.toMatchObject({ name: 'InvalidArgument', message });
      await put({}, client);
    } finally {
      await mute.stop();
      await rm(folder, { recursive: true });
    }
  });
});

describe('entries that might both match one new object are refused', () => {
  const one = 's3:ObjectCreated:Put';
  const ambiguous = 'Configuration is ambiguously defined. Cannot have overlapping suffixes in two rules';
  it.each<[string, Part, Part, string]>([
    ['both without filter', {}, {}, 'Configurations overlap. Configurations on the same bucket cannot share'],
    ['one without filter', {}, { prefix: 'a/' }, ambiguous],
    ['a prefix within another', { prefix: 'a/' }, { prefix: 'a/b/' }, ambiguous],
    ['the same prefix', { prefix: 'a/' }, { prefix: 'a/' }, ambiguous],
    ['a suffix within another', { suffix: '.gz' }, { suffix: '.json.gz' }, ambiguous],
    ['a prefix here, a suffix there', { prefix: 'a/' }, { suffix: '.gz' }, ambiguous],
    ['an event within another', { prefix: 'a' }, { prefix: 'a', events: [one] }, ambiguous],
    ['one event of several', { prefix: 'a', events: [one, 's3:ObjectCreated:Copy'] }, { events: [one] }, ambiguous],
  ])('%s', async (_, first, second, message) => {
    await expect(put(queues(first, second))).rejects.toMatchObject({
      name: 'InvalidArgument',
      message: expect.stringContaining(message) as string,
      $metadata: { httpStatusCode: 400 },
    });
    expect(await stored()).toEqual({});
    expect(proxy.delivered).toEqual([]);
  });

  it('whether they name queues or topics', async () => {
    const TopicConfigurations = [{ TopicArn: arn('sns', 'topic'), Events: ['s3:ObjectCreated:*' as const] }];
    await expect(put({ ...queues({}), TopicConfigurations })).rejects.toMatchObject({ name: 'InvalidArgument' });
  });
});

it.each<[string, Part, Part]>([
  ['other prefixes', { prefix: 'a/' }, { prefix: 'b/' }],
  ['other suffixes', { suffix: '.gz' }, { suffix: '.zst' }],
  ['one prefix and other suffixes', { prefix: 'a/', suffix: '.gz' }, { prefix: 'a/', suffix: '.zst' }],
  ['one suffix and other prefixes', { prefix: 'a/', suffix: '.gz' }, { prefix: 'b/', suffix: '.gz' }],
  ['other events', { events: ['s3:ObjectCreated:Put'] }, { events: ['s3:ObjectCreated:Copy'] }],
])('entries with %s go together', async (_, first, second) => {
  await put(queues(first, second));
  expect((await stored()).QueueConfigurations).toHaveLength(2);
});

describe('what S3 refuses, or nothing here would emit, is refused:', () => {
  const entry = queues({}).QueueConfigurations![0]!;
  const lambda = { LambdaFunctionArn: arn('lambda', 'function:f'), Events: entry.Events };
  const rule = (Name: string) => ({ Name: Name as 'prefix', Value: 'a' });
  const filtered = (...names: string[]): NotificationConfiguration => ({
    QueueConfigurations: [{ ...entry, Filter: { Key: { FilterRules: names.map(rule) } } }],
  });
  it.each<[string, NotificationConfiguration, string]>([
    ['a function', { LambdaFunctionConfigurations: [lambda] }, 'NotImplemented'],
    ['EventBridge', { EventBridgeConfiguration: {} }, 'NotImplemented'],
    ['deletions', queues({ events: ['s3:ObjectRemoved:*'] }), 'InvalidArgument'],
    ['an event that is none', queues({ events: ['s3:ObjectCreated:Put', 'put'] }), 'InvalidArgument'],
    ['no event', queues({ events: [] }), 'MalformedXML'],
    ['a topic as queue', { QueueConfigurations: [{ ...entry, QueueArn: arn('sns', 'topic') }] }, 'InvalidArgument'],
    ['no ARN', { QueueConfigurations: [{ ...entry, QueueArn: 'queue' }] }, 'InvalidArgument'],
    ['two prefixes in one filter', filtered('prefix', 'prefix'), 'InvalidArgument'],
    ['a filter by something else', filtered('size'), 'InvalidArgument'],
    [
      'one id twice',
      { QueueConfigurations: queues({ prefix: 'a' }, { prefix: 'b' }).QueueConfigurations!.map(sameId) },
      'InvalidArgument',
    ],
  ])('%s', async (_, configuration, name) => {
    await expect(put(configuration)).rejects.toMatchObject({ name });
    expect(await stored()).toEqual({});
    expect(proxy.delivered).toEqual([]);
  });
});

function sameId<T extends object>(entry: T): T & { Id: string } {
  return { ...entry, Id: 'id' };
}
