/** The indexers of all formats on real servers, under all that queues and clusters do to them: every line is indexed exactly once. */
import { randomUUID } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { CreateBucketCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { CreateQueueCommand, GetQueueAttributesCommand, SendMessageBatchCommand, SQSClient } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { documentId } from '../../functions/ingest/documents/document-id.ts';
import { formatNames, type FormatName } from '../../functions/ingest/formats/index.ts';
import { connect, environment, indexS3Objects, type Ports } from '../../functions/ingest/index-s3-objects.ts';
import { templatesFor } from '../../infra/ingest/indexers/index-templates.ts';
import { s3ObjectStore } from '../../ports/s3-object-store.ts';
import { seeded } from '../functions/ingest/in-process-indexer.ts';
import { makeLog, shownOf } from '../support/made-logs.ts';
import { notificationsOf, type StoredObject } from '../support/notifications.ts';
import { drainQueues, messagesIn, type QueueMapping } from '../support/queue-poller.ts';
import { type BulkFate, startUnsteadyCluster, type UnsteadyCluster } from '../support/unsteady-cluster.ts';
import { ask, endpoints, openSearchUrl, operator, s3 } from './stack.ts';

const own = randomUUID().slice(0, 8);
const bucket = `ingest-once-${own}`;
const rejects = `ingest-once-rejects-${own}`;
const sqs = new SQSClient({ ...operator, endpoint: endpoints.aws });
const functionArn = `arn:aws:lambda:${operator.region}:123456789012:function:indexer`;
const patternOf = (format: FormatName): string => `once-${own}-${format}-YYYY.MM.DD`;
const templates = templatesFor({
  prefix: `once-${own}`,
  indexers: formatNames.map((format) => ({ format, indexPattern: patternOf(format) })),
});
const objectCount = 200;
const malformed = '{"hello":"world"}';

// One for what is sent and one for the cluster, whose requests come in an order of their own.
const [random, clusterRandom] = [seeded(20_240_228), seeded(20_240_301)];
const chance = (share: number): boolean => random() < share;
const shuffled = <T>(some: readonly T[]): T[] =>
  some
    .map((each) => ({ each, at: random() }))
    .sort((one, other) => one.at - other.at)
    .map(({ each }) => each);

let cluster: UnsteadyCluster;
beforeAll(async () => {
  cluster = await startUnsteadyCluster(openSearchUrl, () => {
    const draw = clusterRandom();
    const upTo: [number, BulkFate][] = [
      [0.08, 'busy'],
      [0.14, 'unavailable'],
      [0.2, 'half'],
      [0.27, 'cut-before'],
      [0.34, 'cut-after'],
    ];
    return upTo.find(([limit]) => draw < limit)?.[1] ?? 'answer';
  });
  for (const Bucket of [bucket, rejects]) await s3.send(new CreateBucketCommand({ Bucket }));
  for (const { name, body } of templates) await ask('PUT', `/_index_template/${name}`, body);
  // As a function finds them in its environment.
  const { accessKeyId, secretAccessKey } = operator.credentials;
  vi.stubEnv('AWS_REGION', operator.region);
  vi.stubEnv('AWS_ACCESS_KEY_ID', accessKeyId);
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', secretAccessKey);
  vi.stubEnv('AWS_ENDPOINT_URL', endpoints.aws);
  vi.stubEnv('AWS_ENDPOINT_URL_S3', endpoints.s3);
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await cluster.close();
  for (const format of formatNames) await ask('DELETE', `/${writtenBy(format)}?allow_no_indices=true`);
  for (const { name } of templates) await ask('DELETE', `/_index_template/${name}`);
});
/** Named one by one: a cluster may refuse to delete by wildcard. */
const writtenBy = (format: FormatName): string =>
  ['2024.02.28', '2024.02.29', '2024.03.01'].map((day) => `once-${own}-${format}-${day}`).join(',');

interface Queue {
  readonly url: string;
  readonly arn: string;
}
async function makeQueue(name: string, attributes: Record<string, string> = {}): Promise<Queue> {
  const { QueueUrl: told } = await sqs.send(
    new CreateQueueCommand({ QueueName: `once-${name}-${own}`, Attributes: attributes }),
  );
  // The server tells an address of its own, past that of the stack.
  const url = new URL(new URL(told!).pathname, endpoints.aws).href;
  const { Attributes: { QueueArn: arn } = {} } = await sqs.send(
    new GetQueueAttributesCommand({ QueueUrl: url, AttributeNames: ['QueueArn'] }),
  );
  return { url, arn: arn! };
}

/** By format, the documents that must be there: what each shows by its id. */
type Documents = Map<FormatName, Map<string, string>>;

/** Puts the objects into the bucket. */
async function putObjects(expected: Documents): Promise<(StoredObject & { format: FormatName })[]> {
  return Promise.all(
    Array.from({ length: objectCount }, async (_, number) => {
      const format = formatNames[number % formatNames.length]!;
      const log = makeLog(format, `log ${number}`, 5 + Math.floor(random() * 75));
      const key = `${format}/2024 ä+b/${number}.log.gz`;
      const Body = gzipSync(log.content);
      const { ETag } = await s3.send(new PutObjectCommand({ Bucket: bucket, Key: key, Body }));
      const eTag = ETag!.replaceAll('"', '');
      for (const { shows, ...record } of log.records)
        expected.get(format)!.set(documentId(record, { bucket, key, eTag }), shows);
      return { bucket, key, bytes: Body.length, eTag, format };
    }),
  );
}

async function send(queue: Queue, bodies: readonly string[]): Promise<void> {
  for (let first = 0; first < bodies.length; first += 10) {
    const Entries = bodies.slice(first, first + 10).map((MessageBody, place) => ({ Id: `${place}`, MessageBody }));
    const { Failed = [] } = await sqs.send(new SendMessageBatchCommand({ QueueUrl: queue.url, Entries }));
    expect(Failed).toEqual([]);
  }
}

/** What the runs said, over all of them. */
const said = { firstRuns: 0, broken: 0, lostAnswers: 0, continued: 0, warnings: new Map<string, number>() };

function indexer(format: FormatName, queue: Queue): QueueMapping {
  const connected = connect(
    environment.parse({
      ...process.env,
      DOMAIN_ENDPOINT: cluster.url,
      INDEXER: format,
      FORMAT: format,
      INDEX_PATTERN: patternOf(format),
      QUEUE_URL: queue.url,
      REJECTS_BUCKET: rejects,
      BULK_BYTES: '65536',
      BULK_DOCUMENTS: '60',
    }),
  );
  // A rest that the cluster was not ready for waits a second here, not a minute.
  const ports: Ports = {
    ...connected,
    queue: {
      send: (body, { delaySeconds = 0 } = {}) =>
        connected.queue.send(body, { delaySeconds: Math.min(1, delaySeconds) }),
    },
  };
  return {
    queueUrl: queue.url,
    queueArn: queue.arn,
    async invoke(event) {
      // Only messages that come for the first time meet with trouble here, so that none of them does five times.
      const isFirst = event.Records.every(({ attributes }) => attributes.ApproximateReceiveCount === '1');
      const number = isFirst ? said.firstRuns++ : NaN;
      const looks = number % 4 === 0 ? 40 + 37 * (number % 7) : Infinity;
      const isBroken = number % 6 === 5;
      const answer = await indexS3Objects(event, contextOf(looks, ports), isBroken ? breaking(ports) : ports, {
        info: () => undefined,
        warn: (_message, { error } = {}) => {
          said.warnings.set(String(error), (said.warnings.get(String(error)) ?? 0) + 1);
        },
        measure: (name, value) => {
          if (name === 'ObjectsContinued') said.continued += value;
        },
      });
      if (number % 6 !== 3) return answer;
      said.lostAnswers += 1;
      throw new RangeError('The function was stopped before its answer was heard');
    },
  };
}

/** Ends the run in the midst of its work, with what it has read but not yet written. */
function breaking(ports: Ports): Ports {
  let opened = 0;
  return {
    ...ports,
    objects: {
      open(...of) {
        opened += 1;
        if (opened <= 3) return ports.objects.open(...of);
        said.broken += 1;
        throw new RangeError('The function was stopped');
      },
    },
  };
}

/** @param looks at the clock after which no time is left for reading, wherever in an object that is */
function contextOf(looks: number, { marginMs }: Ports): Parameters<typeof indexS3Objects>[1] {
  let seen = 0;
  return { getRemainingTimeInMillis: () => (++seen > looks ? marginMs : 60_000), invokedFunctionArn: functionArn };
}

async function documentsOf(format: FormatName): Promise<[id: string, shows: string][]> {
  const indices = writtenBy(format);
  await ask('POST', `/${indices}/_refresh`);
  const { hits } = await ask<{ hits: { hits: { _id: string; _source: Record<string, unknown> }[] } }>(
    'POST',
    `/${indices}/_search`,
    { size: 10_000 },
  );
  return hits.hits.map(({ _id, _source }) => [_id, shownOf(format, _source)]);
}

const byId = ([one]: [string, string], [other]: [string, string]): number => (one < other ? -1 : one > other ? 1 : 0);

test('200 objects, notified twice and out of order, to a cluster that refuses and breaks off', async () => {
  const expected: Documents = new Map(formatNames.map((format) => [format, new Map<string, string>()]));
  const stored = await putObjects(expected);
  const dead = await makeQueue('dead');
  const RedrivePolicy = JSON.stringify({ deadLetterTargetArn: dead.arn, maxReceiveCount: 5 });
  const mappings: QueueMapping[] = [];
  for (const format of formatNames) {
    const queue = await makeQueue(format, { RedrivePolicy, VisibilityTimeout: '360' });
    const objects = shuffled(stored.filter((object) => object.format === format));
    const again = objects.filter(() => chance(0.2));
    const bodies = [...notificationsOf(objects, random), ...notificationsOf(again, random)];
    await send(queue, shuffled(format === 'text' ? [...bodies, malformed] : bodies));
    mappings.push(indexer(format, queue));
  }

  await drainQueues(sqs, mappings, { atOnce: 2, againSeconds: 1 });

  const found = new Map<FormatName, [string, string][]>();
  for (const format of formatNames) found.set(format, await documentsOf(format));
  const counts = (of: ReadonlyMap<FormatName, { readonly size: number } | { readonly length: number }>): object =>
    Object.fromEntries([...of].map(([format, some]) => [format, 'size' in some ? some.size : some.length]));
  expect(counts(found)).toEqual(counts(expected));
  for (const format of formatNames) {
    expect(found.get(format)!.sort(byId), format).toEqual([...expected.get(format)!].sort(byId));
  }
  expect(await Array.fromAsync(s3ObjectStore(s3, rejects).list(''))).toEqual([]);

  // Of all messages only that which says nothing, and it in one piece.
  expect(await messagesIn(sqs, dead.url)).toBe(1);
  const letters: string[] = [];
  const keep: QueueMapping = {
    queueUrl: dead.url,
    queueArn: dead.arn,
    invoke({ Records }) {
      letters.push(...Records.map(({ body }) => body));
      return Promise.resolve({ batchItemFailures: [] });
    },
  };
  await drainQueues(sqs, [keep], { atOnce: 1, againSeconds: 1 });
  expect(letters).toEqual([malformed]);
  expect(said.warnings.get('MessageNotUnderstood')).toBe(5);

  // All of it did happen.
  for (const fate of ['busy', 'unavailable', 'half', 'cut-before', 'cut-after'] as const)
    expect(cluster.fates.get(fate), fate).toBeGreaterThan(0);
  expect(said.broken).toBeGreaterThan(0);
  expect(said.lostAnswers).toBeGreaterThan(0);
  expect(said.continued).toBeGreaterThan(0);
});
