import { gunzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { enableIndexers } from '../../../functions/ingest/enable-indexers.ts';
import type { StopNote } from '../../../functions/ingest/stop-switch.ts';
import { NotAllowed, StoreUnavailable } from '../../../workflow/errors.ts';
import { type BulkCluster, startBulkCluster } from '../../support/bulk-cluster.ts';
import { created, functionArn, inProcessIndexer, type InProcessIndexer, queueArn } from './in-process-indexer.ts';

let cluster: BulkCluster;
beforeEach(async () => {
  cluster = await startBulkCluster();
});
afterEach(() => cluster.close());

const rejectsOf = async ({ rejects }: InProcessIndexer): Promise<Record<string, unknown>[]> => {
  const keys = await Array.fromAsync(rejects.list('rejects/'));
  const texts = await Promise.all(keys.map(async ({ key }) => gunzipSync(await rejects.read(key)).toString()));
  return texts.flatMap((text) => text.trim().split('\n')).map((line) => JSON.parse(line) as Record<string, unknown>);
};
const json = (...values: unknown[]): Buffer =>
  Buffer.from(values.map((value) => `${typeof value === 'string' ? value : JSON.stringify(value)}\n`).join(''));

describe('what cannot be indexed', () => {
  test('is kept with its reason and place, and does not stop the rest', async () => {
    const indexer = inProcessIndexer({ cluster, format: 'json-lines' });
    cluster.refuses = ({ document }) =>
      document.includes('poison')
        ? { status: 400, type: 'mapper_parsing_exception', reason: 'failed to parse field [size]' }
        : undefined;
    indexer.put('object', json({ size: 1 }, '{"size": 2', { size: 'poison' }, { size: 4 }));
    indexer.send(created('object'));
    indexer.send(created('object'));

    expect((await indexer.run()).batchItemFailures).toEqual([]);
    expect(cluster.documents.size).toBe(2);
    const source = { bucket: 'logs-bucket', key: 'object', etag: expect.any(String) as string, part: 0 };
    expect(await rejectsOf(indexer)).toEqual(
      [
        { reason: expect.any(String) as string, source: { ...source, offset: 11 }, text: '{"size": 2' },
        {
          reason: '400 mapper_parsing_exception: failed to parse field [size]',
          source: { ...source, offset: 22 },
          index: 'logdata-2026.01.02',
          id: expect.any(String) as string,
          document: expect.objectContaining({ '@timestamp': '2026-01-02T12:00:00.000Z' }) as unknown,
        },
      ].map((reject) => expect.objectContaining(reject) as unknown),
    );
    expect(indexer.measured.get('RecordsRejected')).toBeGreaterThanOrEqual(2);
  });

  test('is kept once, however often it is delivered', async () => {
    const indexer = inProcessIndexer({ cluster, format: 'json-lines' });
    indexer.put('object', json({ size: 1 }, 'no json'));
    for (let delivery = 0; delivery < 3; delivery += 1) {
      indexer.send(created('object'));
      await indexer.run();
    }
    const keys = (await Array.fromAsync(indexer.rejects.list(''))).map(({ key }) => key);
    expect(keys).toEqual([expect.stringMatching(/^rejects\/test\/2026-01-02\/[0-9a-f]{64}\.json\.gz$/)]);
  });

  test('of different objects never shares a key', async () => {
    const indexer = inProcessIndexer({ cluster, format: 'json-lines' });
    for (const key of ['one', 'two', 'three']) {
      indexer.put(key, json('no json'));
      indexer.send(created(key));
    }
    await indexer.drain();
    expect((await rejectsOf(indexer)).map(({ source }) => (source as { key: string }).key).sort()).toEqual(
      ['one', 'two', 'three'].sort(),
    );
  });

  test('is a document that alone is too large', async () => {
    const indexer = inProcessIndexer({ cluster });
    cluster.fateOf = ({ bytes }) => (bytes > 5000 ? { status: 413 } : 'answer');
    indexer.put('object', json('first', 'x'.repeat(6000), 'last'));
    indexer.send(created('object'));
    expect((await indexer.run()).batchItemFailures).toEqual([]);
    expect(cluster.documents.size).toBe(2);
    expect(await rejectsOf(indexer)).toMatchObject([
      { reason: expect.stringMatching(/^too large/) as string, document: { message: 'x'.repeat(6000) } },
    ]);
  });

  test('is a document over which the cluster fails each time, while it takes others', async () => {
    const indexer = inProcessIndexer({ cluster, timeoutSeconds: 900 });
    cluster.refuses = ({ document }) =>
      document.includes('poison') ? { status: 500, type: 'null_pointer_exception', reason: 'oops' } : undefined;
    indexer.put('object', json('good', 'poison', 'good too'));
    indexer.send(created('object'));
    expect((await indexer.run()).batchItemFailures).toEqual([]);
    expect(await rejectsOf(indexer)).toMatchObject([{ reason: '500 null_pointer_exception: oops' }]);
  });

  test('is not what the whole cluster fails over: the message is not done', async () => {
    const indexer = inProcessIndexer({ cluster, timeoutSeconds: 900 });
    cluster.refuses = () => ({ status: 500, type: 'already_closed_exception', reason: 'translog is closed' });
    indexer.put('object', json('good', 'good too'));
    indexer.send(created('object'));
    expect((await indexer.run()).batchItemFailures).toHaveLength(1);
    expect(await rejectsOf(indexer)).toEqual([]);
  });

  test.each([
    [
      'a refusal for lack of rights',
      { status: 403, type: 'security_exception', reason: 'no permissions for [x]' },
      'NotAllowed',
    ],
    [
      'an index that is not created',
      { status: 404, type: 'index_not_found_exception', reason: 'no such index' },
      'IndexMissing',
    ],
    ['a closed index', { status: 400, type: 'index_closed_exception', reason: 'closed' }, 'ClusterBusy'],
    [
      'a cluster with all the shards that it may have',
      {
        status: 400,
        type: 'validation_exception',
        reason: 'this cluster currently has [1000]/[1000] maximum shards open;',
      },
      'ClusterBusy',
    ],
  ])('is not what meets %s: the message is not done', async (_case, refusal, error) => {
    const indexer = inProcessIndexer({ cluster });
    cluster.refuses = () => refusal;
    indexer.put('object', json('good'));
    indexer.send(created('object'));
    expect((await indexer.run()).batchItemFailures).toHaveLength(1);
    expect(indexer.warnings).toEqual([error]);
    expect(await rejectsOf(indexer)).toEqual([]);
    expect(indexer.switched).toEqual([]);
  });
});

describe('a cluster without disk', () => {
  const full = (type: string): { status: number; type: string; reason: string } => ({
    status: type === 'TOO_MANY_REQUESTS' ? 429 : 403,
    type: 'cluster_block_exception',
    reason: `index [logdata-2026.01.02] blocked by: [${type}/12/disk usage exceeded flood-stage watermark, index has read-only-allow-delete block];`,
  });
  const stopped = async (): Promise<InProcessIndexer> => {
    const indexer = inProcessIndexer({ cluster });
    cluster.refuses = () => full('TOO_MANY_REQUESTS');
    indexer.put('object', json('line'));
    indexer.send(created('object'));
    await indexer.run();
    return indexer;
  };
  const enable = (
    { ports, rejects }: InProcessIndexer,
    { free = 10 ** 12, minutesLater = 10 } = {},
  ): ReturnType<typeof enableIndexers> =>
    enableIndexers(
      {},
      {},
      {
        freeBytes: () => Promise.resolve(free),
        notes: rejects,
        mappings: ports.mappings,
        minimumFreeBytes: 10 ** 9,
        now: () => new Date(ports.now().getTime() + minutesLater * 60_000),
      },
      { info: () => undefined, warn: () => undefined, measure: () => undefined },
    );

  test.each(['TOO_MANY_REQUESTS', 'FORBIDDEN'])('stops the indexer and loses nothing (%s)', async (type) => {
    const indexer = inProcessIndexer({ cluster });
    cluster.refuses = ({ document }) => (document.includes('second') ? full(type) : undefined);
    indexer.put('object', json('first', 'second'));
    indexer.send(created('object'));
    expect((await indexer.run()).batchItemFailures).toHaveLength(1);
    expect(indexer.switched).toEqual([['mapping-1', false]]);
    expect(await rejectsOf(indexer)).toEqual([]);

    cluster.refuses = () => undefined;
    await indexer.drain();
    expect(cluster.documents.size).toBe(2);
  });

  const writeBlock = {
    status: 403,
    type: 'cluster_block_exception',
    reason: 'index [x] blocked by: [FORBIDDEN/8/index write (api)];',
  };

  test('stops the indexer by a block on the index of today, as OpenSearch Service sets it', async () => {
    const indexer = inProcessIndexer({ cluster });
    cluster.refuses = () => writeBlock;
    indexer.put('object', json('line'));
    indexer.send(created('object'));
    expect((await indexer.run()).batchItemFailures).toHaveLength(1);
    expect(indexer.warnings).toContain('ClusterBusy');
    expect(indexer.switched).toEqual([['mapping-1', false]]);
    expect(await rejectsOf(indexer)).toEqual([]);
  });

  test('is not what a block on an older index says: its lines come again, the others go on', async () => {
    const indexer = inProcessIndexer({ cluster, format: 'json-lines' });
    cluster.refuses = ({ index }) => (index === 'logdata-2025.12.31' ? writeBlock : undefined);
    indexer.put('late', json({ time: '2025-12-31T10:00:00Z' }));
    indexer.put('object', json({ time: '2026-01-02T10:00:00Z' }));
    indexer.send(created('object'));
    indexer.send(created('late'));
    expect((await indexer.run(1)).batchItemFailures).toEqual([]);
    expect((await indexer.run(1)).batchItemFailures).toHaveLength(1);
    expect(indexer.switched).toEqual([]);
    expect(await rejectsOf(indexer)).toEqual([]);
  });

  test('that lets no new index be made stops the indexer', async () => {
    const indexer = inProcessIndexer({ cluster });
    const reason = 'blocked by: [FORBIDDEN/10/cluster create-index blocked (api)];';
    cluster.refuses = () => ({ status: 403, type: 'index_create_block_exception', reason });
    indexer.put('object', json('line'));
    indexer.send(created('object'));
    await indexer.run();
    expect(indexer.warnings).toContain('ClusterDiskFull');
    expect(indexer.switched).toEqual([['mapping-1', false]]);
  });

  test('that says so of the whole request stops the indexer, too', async () => {
    const indexer = inProcessIndexer({ cluster });
    const { status, ...error } = full('TOO_MANY_REQUESTS');
    cluster.fateOf = () => ({ status, body: { error, status } });
    indexer.put('object', json('line'));
    indexer.send(created('object'));
    await indexer.run();
    expect(indexer.warnings).toContain('ClusterDiskFull');
    expect(indexer.switched).toEqual([['mapping-1', false]]);
  });

  test('has its indexer started again when there is disk', async () => {
    const indexer = await stopped();
    expect(await enable(indexer, { free: 10 ** 8 })).toEqual({ enabled: [], stopped: ['test'] });
    expect(await enable(indexer, { minutesLater: 1 })).toEqual({ enabled: [], stopped: ['test'] });
    expect(await enable(indexer)).toEqual({ enabled: ['test'], stopped: [] });
    expect(indexer.switched).toEqual([
      ['mapping-1', false],
      ['mapping-1', true],
    ]);
    expect(await enable(indexer)).toEqual({ enabled: [], stopped: [] });
  });

  test('does not keep an indexer stopped over the notes of others that cannot be acted upon', async () => {
    const indexer = await stopped();
    await indexer.rejects.put('stopped/broken/2026-01-02T00:00:00.000Z-00000000.json', Buffer.from('no note'));
    const all = indexer.ports.mappings;
    const setEnabled = (id: string, enabled: boolean): Promise<void> =>
      id === 'removed'
        ? Promise.reject(new NotAllowed('lambda:UpdateEventSourceMapping'))
        : all.setEnabled(id, enabled);
    Object.assign(indexer.ports, { mappings: { ...all, setEnabled } });
    const ofRemoved: StopNote = { indexer: 'a', mappings: ['removed'], at: '2026-01-02T00:00:00.000Z', reason: 'disk' };
    await indexer.rejects.put(
      'stopped/a/2026-01-02T00:00:00.000Z-00000000.json',
      Buffer.from(JSON.stringify(ofRemoved)),
    );

    expect(await enable(indexer)).toEqual({ enabled: ['test'], stopped: ['a', 'broken'] });
    expect(indexer.switched.at(-1)).toEqual(['mapping-1', true]);
    // Looked at again, and said again, by each run: until somebody removes them.
    expect(await enable(indexer)).toEqual({ enabled: [], stopped: ['a', 'broken'] });
  });

  test('leaves an indexer alone that an operator stopped', async () => {
    const indexer = inProcessIndexer({ cluster });
    expect(await enable(indexer)).toEqual({ enabled: [], stopped: [] });
    expect(indexer.switched).toEqual([]);
  });

  test('is told to the operator when the switch does not work', async () => {
    const indexer = inProcessIndexer({ cluster });
    expect(await indexer.ports.mappings.find(functionArn, queueArn)).toEqual(['mapping-1']);
    indexer.rejects.put = () => Promise.reject(new StoreUnavailable('down'));
    cluster.refuses = () => full('FORBIDDEN');
    indexer.put('object', json('line'));
    indexer.send(created('object'));
    expect((await indexer.run()).batchItemFailures).toHaveLength(1);
    expect(indexer.warnings).toEqual(['ClusterDiskFull', 'StoreUnavailable']);
  });
});
