import { readFileSync } from 'node:fs';
import { gunzipSync, gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { jsonValues } from '../../../functions/ingest/content/json-values.ts';
import { isObject } from '../../../functions/ingest/content/parse-json.ts';
import { parsers } from '../../../functions/ingest/formats/index.ts';
import { indexCloudwatchLogs, type Indexed, type Ports } from '../../../functions/ingest/index-cloudwatch-logs.ts';
import { documentMaker } from '../../../functions/ingest/make-document.ts';
import { openSearchDocumentWriter } from '../../../ports/opensearch-document-writer.ts';
import { collectAll } from './content/streams.ts';
import { type BulkCluster, startBulkCluster } from '../../support/bulk-cluster.ts';
import { type MemoryObjectStore, memoryObjectStore } from '../../support/memory-object-store.ts';

const golden = new URL('../../golden/ingest/cloudwatch-logs-delivered/messages', import.meta.url);

let cluster: BulkCluster;
let rejects: MemoryObjectStore;
let measured: Map<string, number>;
/** Passes by waiting only. */
let clock: number;
beforeEach(async () => {
  cluster = await startBulkCluster();
  rejects = memoryObjectStore({ bucket: 'rejects' });
  measured = new Map();
  clock = Date.parse('2026-01-02T03:05:00Z');
});
afterEach(() => cluster.close());

const eventOf = (message: unknown): unknown => ({
  awslogs: { data: gzipSync(typeof message === 'string' ? message : JSON.stringify(message)).toString('base64') },
});
const data = (logEvents: readonly unknown[]): Record<string, unknown> => ({
  messageType: 'DATA_MESSAGE',
  owner: '123456789012',
  logGroup: '/app/orders',
  logStream: 'stream',
  subscriptionFilters: ['all'],
  logEvents,
});
const event = (id: number, message: string, time = '2026-01-02T03:04:05Z'): unknown => ({
  id: `${id}`,
  timestamp: Date.parse(time),
  message,
});

function run(
  received: unknown,
  { seconds = 60, limits }: { seconds?: number; limits?: Partial<Ports['limits']> } = {},
): Promise<Indexed> {
  const end = clock + seconds * 1000;
  return indexCloudwatchLogs(
    received,
    { getRemainingTimeInMillis: () => end - clock },
    {
      indexer: 'cwl',
      cluster: openSearchDocumentWriter({
        endpoint: cluster.url,
        region: 'eu-west-1',
        credentials: () => Promise.resolve({ accessKeyId: 'AKIAEXAMPLE', secretAccessKey: 'secret' }),
      }),
      rejects,
      documents: documentMaker('cwl-YYYY.MM.DD'),
      limits: { bytes: 64 * 1024, documents: 1000, inFlight: 2, ...limits },
      now: () => new Date(clock),
      sleep(milliseconds) {
        clock += milliseconds;
        return Promise.resolve();
      },
      random: () => 0.5,
    },
    {
      info: () => undefined,
      warn: () => undefined,
      measure: (name, value) => void measured.set(name, (measured.get(name) ?? 0) + value),
    },
  );
}

const rejected = async (): Promise<unknown[]> => {
  const keys = (await Array.fromAsync(rejects.list('rejects/cwl/'))).map(({ key }) => key);
  const contents = await Promise.all(keys.map(async (key) => gunzipSync(await rejects.read(key)).toString()));
  return contents.flatMap((content) => content.trimEnd().split('\n')).map((line) => JSON.parse(line) as unknown);
};

describe('a message of a subscription', () => {
  test('has each of its events indexed by day, JSON parsed', async () => {
    const answer = await run(
      eventOf(data([event(1, 'plain text'), event(2, '{"level":"INFO"}', '2026-01-03T00:00:01Z')])),
    );
    expect(answer).toEqual({ indexed: 2, duplicates: 0, rejected: 0 });
    expect([...cluster.documents]).toEqual([
      ['cwl-2026.01.02/123456789012//app/orders/stream/1', expect.stringContaining('"message":"plain text"')],
      ['cwl-2026.01.03/123456789012//app/orders/stream/2', expect.stringContaining('"json":{"level":"INFO"}')],
    ]);
    expect(measured.get('RecordsIndexed')).toBe(2);
  });

  test('is measured by the age of its newest event', async () => {
    await run(eventOf(data([event(1, 'old', '2026-01-02T03:00:00Z'), event(2, 'new', '2026-01-02T03:04:00Z')])));
    expect(measured.get('AgeSeconds')).toBe(60);
  });

  test('adds nothing when it comes again', async () => {
    const message = eventOf(data([event(1, 'one'), event(2, 'two')]));
    await run(message);
    expect(await run(message)).toEqual({ indexed: 0, duplicates: 2, rejected: 0 });
    expect(cluster.documents.size).toBe(2);
  });

  test('gives the documents that Firehose would have brought', async () => {
    const bytes = readFileSync(golden);
    const lastModified = new Date('2026-01-02T03:20:00Z');
    const place = { bucket: 'logs', key: 'messages', lastModified, resumeAt: 0 };
    const make = documentMaker('cwl-YYYY.MM.DD');
    const delivered = new Map<string, string>();
    for (const parsed of await collectAll(parsers['cloudwatch-logs-delivered']([bytes] as never, place))) {
      if (!('record' in parsed) || parsed.record.eventId === undefined) continue;
      const { index, id, document } = make(parsed.record, { bucket: 'logs', key: 'messages' }, lastModified);
      delivered.set(`${index}/${id}`, document);
    }
    for (const piece of await collectAll(jsonValues([bytes] as never, 0, 2 ** 20))) {
      if ('value' in piece && isObject(piece.value) && Array.isArray(piece.value.logEvents))
        await run(eventOf(piece.value));
    }
    expect(delivered.size).toBeGreaterThan(3);
    expect(Object.fromEntries(cluster.documents)).toMatchObject(Object.fromEntries(delivered));
  });

  test('of control is counted, and nothing more', async () => {
    const control = { ...data([event(1, 'CWL CONTROL MESSAGE')]), messageType: 'CONTROL_MESSAGE' };
    expect(await run(eventOf(control))).toEqual({ indexed: 0, duplicates: 0, rejected: 0 });
    expect(measured).toEqual(new Map([['ControlMessages', 1]]));
    expect(cluster.requests).toEqual([]);
  });

  test('with equal events that have no id keeps them apart, and adds nothing when it comes again', async () => {
    const timestamp = Date.parse('2026-01-02T03:04:05Z');
    const message = eventOf(
      data([
        { timestamp, message: 'same' },
        { timestamp, message: 'same' },
      ]),
    );
    await run(message);
    expect(await run(message)).toEqual({ indexed: 0, duplicates: 2, rejected: 0 });
  });

  test('has its poison documents rejected and the others indexed', async () => {
    cluster.refuses = ({ document }) =>
      document.includes('poison') ? { status: 400, type: 'mapper_parsing_exception', reason: 'no' } : undefined;
    const answer = await run(eventOf(data([event(1, 'good'), event(2, 'poison'), { id: '3' }, event(4, 'good')])));
    expect(answer).toEqual({ indexed: 2, duplicates: 0, rejected: 2 });
    const source = { owner: '123456789012', logGroup: '/app/orders', logStream: 'stream', offset: 0 };
    expect(await rejected()).toEqual([
      expect.objectContaining({ reason: 'no event of CloudWatch Logs', source: { ...source, part: 0 } }),
      expect.objectContaining({
        reason: '400 mapper_parsing_exception: no',
        source: { ...source, part: 1 },
        id: '123456789012//app/orders/stream/2',
      }),
    ]);
    expect(measured.get('RecordsRejected')).toBe(2);
  });

  test('is sent in several requests where it is large', async () => {
    const events = Array.from({ length: 300 }, (_, id) => event(id, 'x'.repeat(1000)));
    expect(await run(eventOf(data(events)))).toMatchObject({ indexed: 300 });
    expect(cluster.requests.length).toBeGreaterThan(4);
    expect(cluster.documents.size).toBe(300);
  });
});

describe('a run fails, so that the message comes again,', () => {
  test.each([
    ['that the cluster does not take', 'ClusterBusy', () => ({ status: 429 }) as const],
    ['when connections are cut', 'ClusterUnreachable', () => 'drop-before' as const],
    ['that the role may not write', 'NotAllowed', () => ({ status: 403 }) as const],
  ])('%s', async (_case, name, fate) => {
    cluster.fateOf = fate;
    const message = eventOf(data([event(1, 'one')]));
    await expect(run(message)).rejects.toMatchObject({ name });

    cluster.fateOf = () => 'answer';
    expect(await run(message)).toMatchObject({ indexed: 1 });
  });

  test('when the cluster has no disk', async () => {
    const reason = 'index [x] blocked by: [TOO_MANY_REQUESTS/12/disk usage exceeded flood-stage watermark];';
    cluster.refuses = () => ({ status: 429, type: 'cluster_block_exception', reason });
    await expect(run(eventOf(data([event(1, 'one')])))).rejects.toMatchObject({ name: 'ClusterDiskFull' });
  });

  test('after its first requests were taken: only the rest is new the next time', async () => {
    const events = Array.from({ length: 40 }, (_, id) => event(id, 'x'.repeat(1000)));
    cluster.fateOf = () => (cluster.requests.length > 2 ? 'drop-before' : 'answer');
    const small = { limits: { bytes: 5000, inFlight: 1 } };
    await expect(run(eventOf(data(events)), small)).rejects.toMatchObject({ name: 'ClusterUnreachable' });
    const taken = cluster.documents.size;
    expect(taken).toBeGreaterThan(0);
    expect(measured.get('RecordsIndexed')).toBe(taken);

    cluster.fateOf = () => 'answer';
    expect(await run(eventOf(data(events)), small)).toEqual({ indexed: 40 - taken, duplicates: taken, rejected: 0 });
  });

  test('before its time is over', async () => {
    cluster.fateOf = () => ({ status: 429 });
    const started = clock;
    await expect(run(eventOf(data([event(1, 'one')])), { seconds: 12 })).rejects.toMatchObject({ name: 'ClusterBusy' });
    expect(clock - started).toBeLessThan(12_000);
  });

  test('when the store of rejects fails', async () => {
    cluster.refuses = () => ({ status: 400, type: 'mapper_parsing_exception', reason: 'no' });
    rejects.put = () => Promise.reject(new RangeError('a fault of the program'));
    await expect(run(eventOf(data([event(1, 'one')])))).rejects.toThrow('a fault of the program');
  });
});

test.each([
  ['an empty event', {}],
  ['no base64', { awslogs: { data: '%%%' } }],
  ['no gzip', { awslogs: { data: Buffer.from('{}').toString('base64') } }],
  ['damaged gzip', { awslogs: { data: gzipSync('x'.repeat(1000)).subarray(0, 15).toString('base64') } }],
  ['no JSON', eventOf('text')],
  ['another JSON', eventOf({ messageType: 'OTHER' })],
  ['a message without events', eventOf({ ...data([]), logEvents: undefined })],
  ['events without any time', eventOf(data([{ id: '1', message: 'timeless' }]))],
  ['a message that inflates beyond all measure', eventOf(' '.repeat(65 * 1024 * 1024))],
])('%s is not understood, rather than taken for nothing', async (_case, received) => {
  await expect(run(received)).rejects.toMatchObject({ name: 'MessageNotUnderstood' });
  expect(cluster.requests).toEqual([]);
});
