/** The deployed indexers on the local stack, and what their operator does: rejects, dead letters, backfill, the stop switch. */
import { randomUUID } from 'node:crypto';
import { gunzipSync, gzipSync } from 'node:zlib';
import { LambdaClient, ListEventSourceMappingsCommand } from '@aws-sdk/client-lambda';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { GetQueueUrlCommand, SQSClient } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import type { Enabled } from '../../functions/ingest/enable-indexers.ts';
import { s3ObjectStore } from '../../ports/s3-object-store.ts';
import { messagesIn } from '../support/queue-depth.ts';
import { command } from './command.ts';
import { ask, endpoints, operator, recordedCalls, s3 } from './stack.ts';

const own = randomUUID().slice(0, 8);
const sqs = new SQSClient({ ...operator, endpoint: endpoints.aws });
const lambda = new LambdaClient({ ...operator, endpoint: endpoints.aws });
const bucket = endpoints.buckets.logs!;
const rejects = s3ObjectStore(s3, `permafrost-rejects-000000000000-${operator.region}`);
const waiting = { timeout: 60_000, interval: 200 };

/** Of a day that no other test writes to. */
const indexOf = (format: string): string => `${format}-2021.05.06`;

const queueOf = async (name: string): Promise<string> => {
  const { QueueUrl } = await sqs.send(new GetQueueUrlCommand({ QueueName: `permafrost-index-${name}` }));
  return new URL(new URL(QueueUrl!).pathname, endpoints.aws).href;
};
const settled = async (indexer: string): Promise<void> => {
  const queue = await queueOf(indexer);
  await vi.waitFor(async () => expect(await messagesIn(sqs, queue)).toBe(0), waiting);
};
async function drop(format: string, name: string, content: string): Promise<string> {
  const Key = `${format}/${own}/${name}.gz`;
  await s3.send(new PutObjectCommand({ Bucket: bucket, Key, Body: gzipSync(content) }));
  return Key;
}
/** 0 while the index is not there. */
async function count(format: string): Promise<number> {
  const missing = 'ignore_unavailable=true';
  await ask('POST', `/${indexOf(format)}/_refresh?${missing}`);
  return (await ask<{ count: number }>('GET', `/${indexOf(format)}/_count?${missing}`)).count;
}
const lines = (name: string, many: number): string =>
  Array.from({ length: many }, (_, number) => `<165>1 2021-05-06T07:08:09Z ${name} app 17 - - line ${number}\n`).join(
    '',
  );

/** Which indices documents may create. */
const mayCreate = (patterns: string | null): Promise<unknown> =>
  ask('PUT', '/_cluster/settings', { transient: { 'action.auto_create_index': patterns } });

beforeAll(async () => {
  const mappings = { properties: { message: { type: 'long' }, json: { type: 'object', enabled: false } } };
  await ask('PUT', `/${indexOf('json-array')}`, { settings: { number_of_replicas: 0 }, mappings });
});
afterAll(async () => {
  await mayCreate(null);
  for (const format of ['json-array', 'syslog']) await ask('DELETE', `/${indexOf(format)}?ignore_unavailable=true`);
  sqs.destroy();
  lambda.destroy();
});

test('a document that the cluster refuses for good lies among the rejects, with its place, and the others are indexed', async () => {
  const events = ['1', 'no number', '3'].map((message) =>
    JSON.stringify({ timestamp: '2021-05-06T07:08:09Z', message }),
  );
  const key = await drop('json-array', 'poison', `[${events.join(',')}]`);
  await settled('json-array');
  expect(await count('json-array')).toBe(2);
  const [reject, ...others] = await Array.fromAsync(rejects.list('rejects/json-array/'));
  expect(others).toEqual([]);
  const kept = JSON.parse(gunzipSync(await rejects.read(reject!.key)).toString()) as Record<string, unknown>;
  expect(kept).toMatchObject({
    reason: expect.stringContaining('message') as string,
    source: { bucket, key, offset: `[${events[0]!},`.length },
    document: { message: 'no number' },
  });
});

test('what failed until it was dead is indexed once after its redrive, and a backfill adds nothing', async () => {
  const [queue, dead] = [await queueOf('syslog'), await queueOf('syslog-dead-letters')];
  await mayCreate(`-${indexOf('syslog')},+*`);
  await drop('syslog', 'dead', lines('web-1', 40));
  await vi.waitFor(async () => expect(await messagesIn(sqs, dead)).toBe(1), { ...waiting, timeout: 120_000 });
  await mayCreate(null);

  const redriven = await command('redrive-dead-letters', ['--from', dead, '--to', queue]);
  expect(redriven.code, redriven.said).toBe(0);
  await vi.waitFor(async () => expect(await count('syslog')).toBe(40), waiting);
  await settled('syslog');
  expect(await messagesIn(sqs, dead)).toBe(0);

  const options = ['--bucket', bucket, '--prefix', `syslog/${own}/`, '--queue', queue];
  expect(await command('backfill', options)).toMatchObject({ code: 0 });
  await settled('syslog');
  expect(await count('syslog')).toBe(40);
});

describe('a cluster without disk', () => {
  const isEnabled = async (): Promise<boolean> => {
    const FunctionName = 'permafrost-index-syslog';
    const { EventSourceMappings: found = [] } = await lambda.send(new ListEventSourceMappingsCommand({ FunctionName }));
    return found.every(({ State }) => State === 'Enabled');
  };
  const enable = async (): Promise<Enabled> => {
    const url = new URL('/_local/schedules/permafrost-enable-indexers', endpoints.states);
    return (await (await fetch(url, { method: 'POST' })).json()) as Enabled;
  };
  /** What OpenSearch does to indices of a node whose disk is full. */
  const block = (isFull: boolean): Promise<unknown> =>
    ask('PUT', `/${indexOf('syslog')}/_settings`, { 'index.blocks.read_only_allow_delete': isFull ? true : null });
  const notes = async (): Promise<string[]> => (await Array.fromAsync(rejects.list('stopped/'))).map(({ key }) => key);

  test('stops its indexer, which starts again once there is disk, and nothing is lost', async () => {
    expect(await enable()).toEqual({ enabled: [], stopped: [] });
    await block(true);
    await drop('syslog', 'full', lines('web-2', 10));
    await vi.waitFor(async () => expect(await isEnabled()).toBe(false), waiting);
    // What comes now waits in the queue, and runs out of no deliveries.
    await drop('syslog', 'later', lines('web-3', 10));
    expect(await enable()).toEqual({ enabled: [], stopped: ['syslog'] });

    await block(false);
    for (const key of await notes()) {
      // As though some minutes had passed.
      const note = JSON.parse(Buffer.from(await rejects.read(key)).toString()) as Record<string, unknown>;
      const at = new Date(Date.now() - 300_000).toISOString();
      await rejects.put(key, Buffer.from(JSON.stringify({ ...note, at })), { contentType: 'application/json' });
    }
    expect(await enable()).toEqual({ enabled: ['syslog'], stopped: [] });
    expect(await isEnabled()).toBe(true);
    expect(await notes()).toEqual([]);
    await vi.waitFor(async () => expect(await count('syslog')).toBe(60), waiting);
    await settled('syslog');
  });

  test('is told to Lambda by the role of the indexer, and by that of who starts it again', async () => {
    const updates = (await recordedCalls()).filter(({ action }) => action === 'lambda:UpdateEventSourceMapping');
    expect(new Set(updates.map(({ caller }) => caller))).toEqual(
      new Set(['permafrost-index-syslog', 'permafrost-enable-indexers']),
    );
  });
});
