/**
 * Runs of the indexers that are killed in their midst, whose answers are lost, or that have no time left, on real servers: every line is indexed
 * exactly once. Their code runs here, as what is deployed cannot be broken off at will.
 */
import { randomUUID } from 'node:crypto';
import { CreateBucketCommand } from '@aws-sdk/client-s3';
import { SendMessageBatchCommand, SQSClient } from '@aws-sdk/client-sqs';
import type { SQSBatchResponse, SQSEvent } from 'aws-lambda';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { formatNames, type FormatName } from '../../functions/ingest/formats/index.ts';
import { connect, environment, indexS3Objects, type Ports } from '../../functions/ingest/index-s3-objects.ts';
import { EventSourceMappings } from '../../infra/local/runtime/event-source-mappings.ts';
import { templatesFor } from '../../infra/ingest/indexers/index-templates.ts';
import { s3ObjectStore } from '../../ports/s3-object-store.ts';
import { seeded } from '../functions/ingest/in-process-indexer.ts';
import { notificationsOf } from '../support/notifications.ts';
import { messagesIn } from '../support/queue-depth.ts';
import { startUnsteadyCluster, troubles, unsteady, type UnsteadyCluster } from '../support/unsteady-cluster.ts';
import { dropLog, expectDocuments, indicesOf, noDocuments } from './dropped-logs.ts';
import { makeQueue, type Queue, sqs } from './queues.ts';
import { ask, endpoints, openSearchUrl, operator, s3 } from './stack.ts';

const own = randomUUID().slice(0, 8);
const bucket = `ingest-broken-${own}`;
const rejects = `ingest-broken-rejects-${own}`;
const functionArn = `arn:aws:lambda:${operator.region}:123456789012:function:indexer`;
const patternOf = (format: FormatName): string => `broken-${own}-${format}-YYYY.MM.DD`;
const templates = templatesFor({
  prefix: `broken-${own}`,
  indexers: formatNames.map((format) => ({ format, indexPattern: patternOf(format) })),
});
const objectCount = 60;

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
  cluster = await startUnsteadyCluster(openSearchUrl, unsteady(clusterRandom));
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
  for (const format of formatNames) await ask('DELETE', `/${writtenBy(format)}?ignore_unavailable=true`);
  for (const { name } of templates) await ask('DELETE', `/_index_template/${name}`);
});
const writtenBy = (format: FormatName): string => indicesOf(patternOf(format));

async function send(queue: Queue, bodies: readonly string[]): Promise<void> {
  for (let first = 0; first < bodies.length; first += 10) {
    const Entries = bodies.slice(first, first + 10).map((MessageBody, place) => ({ Id: `${place}`, MessageBody }));
    const { Failed = [] } = await sqs.send(new SendMessageBatchCommand({ QueueUrl: queue.url, Entries }));
    expect(Failed).toEqual([]);
  }
}

/** What the runs said, over all of them. */
const said = { firstRuns: 0, killed: 0, lostAnswers: 0, continued: 0 };

/** The function of a format's queue, which does not always come to its end. */
function indexer(format: FormatName, queue: Queue): (event: SQSEvent) => Promise<SQSBatchResponse> {
  const ports = connect(
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
  return async (event) => {
    // Only messages that come for the first time meet with trouble here, so that none of them does five times.
    const isFirst = event.Records.every(({ attributes }) => attributes.ApproximateReceiveCount === '1');
    const number = isFirst ? said.firstRuns++ : NaN;
    const looks = number % 4 === 0 ? 40 + 37 * (number % 7) : Infinity;
    const run = number % 6 === 5 ? killed(ports) : { ports };
    const ended = indexS3Objects(event, contextOf(looks, ports), run.ports, {
      info: () => undefined,
      warn: () => undefined,
      measure: (name, value) => {
        if (name === 'ObjectsContinued') said.continued += value;
      },
    });
    const answer = await ('death' in run ? Promise.race([ended, run.death]) : ended);
    if (number % 6 !== 3) return answer;
    said.lostAnswers += 1;
    throw new RangeError('The function was stopped before its answer was heard');
  };
}

/** Ports of a run that is killed as it opens its fourth object: from then on nothing that it asks for is done, and none comes back. */
function killed(ports: Ports): { readonly ports: Ports; readonly death: Promise<never> } {
  const { promise: death, reject: kill } = Promise.withResolvers<never>();
  const never = new Promise<never>(() => undefined);
  let opened = 0;
  const unlessDead = <Answer>(ask: () => Promise<Answer>): Promise<Answer> => (opened > 3 ? never : ask());
  return {
    death,
    ports: {
      ...ports,
      objects: {
        open(...of) {
          opened += 1;
          if (opened === 4) {
            said.killed += 1;
            kill(new RangeError('The function was killed'));
          }
          return unlessDead(() => ports.objects.open(...of));
        },
      },
      cluster: { create: (...of) => unlessDead(() => ports.cluster.create(...of)) },
      queue: { send: (...of) => unlessDead(() => ports.queue.send(...of)) },
    },
  };
}

/** @param looks at the clock after which no time is left for reading, wherever in an object that is */
function contextOf(looks: number, { marginMs }: Ports): Parameters<typeof indexS3Objects>[1] {
  let seen = 0;
  return { getRemainingTimeInMillis: () => (++seen > looks ? marginMs : 60_000), invokedFunctionArn: functionArn };
}

test('60 objects, of some notified twice and out of order, by runs that break, to a cluster that does too', async () => {
  const expected = noDocuments();
  const numbers = Array.from({ length: objectCount }, (_, number) => number);
  const stored = await Promise.all(numbers.map((number) => dropLog(s3, bucket, number, random, expected)));
  const dead = await makeQueue('broken-dead');
  const RedrivePolicy = JSON.stringify({ deadLetterTargetArn: dead.arn, maxReceiveCount: 5 });
  const queues = new Map<string, Queue>();
  const functions = new Map<string, ReturnType<typeof indexer>>();
  for (const format of formatNames) {
    const queue = await makeQueue(`broken-${format}`, { RedrivePolicy, VisibilityTimeout: '360' });
    const objects = shuffled(stored.filter((object) => object.format === format));
    const again = objects.filter(() => chance(0.2));
    await send(queue, shuffled([...notificationsOf(objects, random), ...notificationsOf(again, random)]));
    queues.set(format, queue);
    functions.set(format, indexer(format, queue));
  }

  const client = (): SQSClient => new SQSClient({ ...operator, endpoint: endpoints.aws });
  const mappings = new EventSourceMappings({
    invoke: (name, event) => functions.get(name)!(event),
    clientFor: client,
    own: sqs,
    timeScale: 1 / 360, // failed messages come again after a second
    report: () => undefined,
  });
  mappings.start();
  try {
    for (const [functionArn, queue] of queues) {
      const settings = { batchSize: 10, maximumConcurrency: 2, reportsFailures: true, enabled: true };
      mappings.add({ functionArn, queueArn: queue.arn, ...settings });
    }
    await vi.waitFor(
      async () => {
        for (const [format, queue] of queues) expect(await messagesIn(sqs, queue.url), format).toBe(0);
      },
      { timeout: 120_000, interval: 200 },
    );
  } finally {
    await mappings.close();
  }

  await expectDocuments(expected, writtenBy);
  expect(await Array.fromAsync(s3ObjectStore(s3, rejects).list(''))).toEqual([]);
  expect(await messagesIn(sqs, dead.url)).toBe(0);

  // All of it did happen.
  for (const fate of troubles) expect(cluster.fates.get(fate), fate).toBeGreaterThan(0);
  expect(said.killed).toBeGreaterThan(0);
  expect(said.lostAnswers).toBeGreaterThan(0);
  expect(said.continued).toBeGreaterThan(0);
});
