/**
 * The indexers as they are deployed, on a local stack of their own whose cluster refuses and breaks off: S3 tells their queues of new
 * objects, of some twice, and every line is indexed exactly once.
 */
import { fileURLToPath } from 'node:url';
import { S3Client } from '@aws-sdk/client-s3';
import { GetQueueAttributesCommand, ReceiveMessageCommand, SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, expect, inject, test, vi } from 'vitest';
import { formatNames, type FormatName } from '../../functions/ingest/formats/index.ts';
import { idOf } from '../../infra/ingest/indexers/names.ts';
import { templatesFor } from '../../infra/ingest/indexers/index-templates.ts';
import { indexerNameOf, indexPatternOf } from '../../infra/local/ingest-settings.ts';
import { startStack, type Stack } from '../../infra/local/stack.ts';
import { localDomain } from '../../infra/local/synth.ts';
import { readAssemblies } from '../../infra/local/template/assembly.ts';
import { s3ObjectStore } from '../../ports/s3-object-store.ts';
import { seeded } from '../functions/ingest/in-process-indexer.ts';
import { notificationsOf } from '../support/notifications.ts';
import { messagesIn } from '../support/queue-depth.ts';
import { startUnsteadyCluster, troubles, unsteady, type UnsteadyCluster } from '../support/unsteady-cluster.ts';
import { type DroppedLog, dropLog, expectDocuments, indicesOf, noDocuments } from './dropped-logs.ts';
import { ask, openSearchUrl } from './stack.ts';

const dataDir = fileURLToPath(new URL('../../.local/test-ingest', import.meta.url));
/** That of what brings logs in: it needs no workflow. */
const assemblies = inject('assemblies').slice(1);
const objectCount = 200;
const malformed = '{"hello":"world"}';
const templates = templatesFor({
  prefix: 'exactly-once',
  indexers: formatNames.map((format) => ({ format, indexPattern: indexPatternOf(format) })),
});

// One for what is sent and one for the cluster, whose requests come in an order of their own.
const [random, clusterRandom] = [seeded(20_240_228), seeded(20_240_301)];

let cluster: UnsteadyCluster;
let stack: Stack;
let s3: S3Client;
let sqs: SQSClient;

beforeAll(async () => {
  cluster = await startUnsteadyCluster(openSearchUrl, unsteady(clusterRandom));
  for (const { name, body } of templates) await ask('PUT', `/_index_template/${name}`, body);
  stack = await startStack({
    assemblies,
    dataDir,
    fresh: true,
    domain: localDomain,
    external: { openSearch: cluster.url },
  });
  const { region, credentials, aws } = stack.endpoints;
  s3 = new S3Client({ region, credentials, endpoint: stack.endpoints.s3, forcePathStyle: true });
  sqs = new SQSClient({ region, credentials, endpoint: aws });
});
afterAll(async () => {
  await stack.stop();
  await cluster.close();
  for (const format of formatNames) await ask('DELETE', `/${indicesOfFormat(format)}?ignore_unavailable=true`);
  for (const { name } of templates) await ask('DELETE', `/_index_template/${name}`);
});

const indicesOfFormat = (format: FormatName): string => indicesOf(indexPatternOf(format));
const queueOf = (format: FormatName): string => stack.outputs.get(`${idOf(indexerNameOf(format))}QueueUrl`)!;
const deadLettersOf = (format: FormatName): string =>
  stack.outputs.get(`${idOf(indexerNameOf(format))}DeadLetterQueueUrl`)!;

const send = (format: FormatName, MessageBody: string): Promise<unknown> =>
  sqs.send(new SendMessageCommand({ QueueUrl: queueOf(format), MessageBody }));

async function sendAgain(logs: readonly DroppedLog[]): Promise<void> {
  for (const [format, some] of Map.groupBy(logs, (log) => log.format))
    for (const body of notificationsOf(some, random)) await send(format, body);
}

test('200 objects, of some notified twice and out of order, to a cluster that refuses and breaks off', async () => {
  const bucket = stack.endpoints.buckets.logs!;
  const expected = noDocuments();
  const numbers = Array.from({ length: objectCount }, (_, number) => ({ number, at: random() }));
  const shuffled = numbers.sort((one, other) => one.at - other.at).map(({ number }) => number);
  const again: DroppedLog[] = [];
  for (let first = 0; first < objectCount; first += 20) {
    const some = shuffled.slice(first, first + 20);
    const dropped = await Promise.all(some.map((number) => dropLog(s3, bucket, number, random, expected)));
    // Of a fifth of the ones before once more, in whichever shape, several in one message.
    await sendAgain(again.splice(0));
    again.push(...dropped.filter((_, place) => place % 5 === 0));
  }
  await sendAgain(again);
  await send('text', malformed);

  await vi.waitFor(
    async () => {
      for (const format of formatNames) expect(await messagesIn(sqs, queueOf(format)), format).toBe(0);
    },
    { timeout: 150_000, interval: 500 },
  );

  await expectDocuments(expected, indicesOfFormat);
  const rejects = s3ObjectStore(s3, stack.outputs.get('RejectsBucket')!);
  expect(await Array.fromAsync(rejects.list(''))).toEqual([]);
  for (const fate of troubles) expect(cluster.fates.get(fate), fate).toBeGreaterThan(0);

  // Of all messages only that which says nothing is dead, and its alarm goes off.
  for (const format of formatNames)
    expect(await messagesIn(sqs, deadLettersOf(format)), format).toBe(format === 'text' ? 1 : 0);
  expect(await isAlarming('permafrost-index-text-dead-letter', deadLettersOf('text'))).toBe(true);
  expect(await isAlarming('permafrost-index-syslog-dead-letter', deadLettersOf('syslog'))).toBe(false);
  const { Messages } = await sqs.send(new ReceiveMessageCommand({ QueueUrl: deadLettersOf('text') }));
  expect(Messages?.[0]?.Body).toBe(malformed);
});

/** Whether the deployed alarm's condition is met by what SQS tells of the queue that it watches. */
async function isAlarming(alarmName: string, queueUrl: string): Promise<boolean> {
  const resources = readAssemblies(assemblies).stacks.flatMap(({ template }) => Object.entries(template.Resources));
  const [, alarm] = resources.find(([, { Properties }]) => Properties?.AlarmName === alarmName)!;
  expect(alarm.Properties).toMatchObject({
    Namespace: 'AWS/SQS',
    MetricName: 'ApproximateNumberOfMessagesVisible',
    Statistic: 'Maximum',
    ComparisonOperator: 'GreaterThanOrEqualToThreshold',
    EvaluationPeriods: 1,
  });
  const { Dimensions, Threshold } = alarm.Properties as {
    Dimensions: { Name: string; Value: { 'Fn::GetAtt': [string, string] } }[];
    Threshold: number;
  };
  expect(Dimensions.map(({ Name }) => Name)).toEqual(['QueueName']);
  const [, queue] = resources.find(([id]) => id === Dimensions[0]!.Value['Fn::GetAtt'][0])!;
  expect(queueUrl.split('/').pop()).toBe(queue.Properties?.QueueName);
  const name = 'ApproximateNumberOfMessages';
  const { Attributes } = await sqs.send(new GetQueueAttributesCommand({ QueueUrl: queueUrl, AttributeNames: [name] }));
  return Number(Attributes![name]) >= Threshold;
}
