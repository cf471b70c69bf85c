/** What the OpenSearch adapter asks for a restore, and what it makes of the answers: a small server gives each. */
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import type { Cluster } from '../../ports/cluster.ts';
import { openSearchCluster } from '../../ports/opensearch-cluster.ts';

interface Asked {
  readonly method: string;
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  readonly body: unknown;
}
type Answer = readonly [status: number, body: unknown];
let server: Server | undefined;

async function bodyOf(request: IncomingMessage): Promise<unknown> {
  const text = Buffer.concat(await Array.fromAsync(request as AsyncIterable<Uint8Array>)).toString();
  return text === '' ? undefined : JSON.parse(text);
}

async function answering(answer: (asked: Asked) => Answer): Promise<Cluster> {
  server = createServer((request, response) => {
    void bodyOf(request).then((body) => {
      const { pathname, searchParams } = new URL(request.url ?? '', 'http://cluster');
      const method = request.method ?? '';
      const [status, text] = answer({ method, path: pathname, query: Object.fromEntries(searchParams), body });
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(text));
    });
  });
  await new Promise<void>((listening) => server?.listen(0, '127.0.0.1', listening));
  return openSearchCluster({
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    region: 'eu-central-1',
    credentials: () => Promise.resolve({ accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret' }),
  });
}
const refusal = (type: string, reason: string): object => ({ error: { type, reason }, status: 500 });

afterEach(() => {
  server?.closeAllConnections();
  server?.close();
  server = undefined;
});

test('a restore brings back neither aliases, global state nor index management', async () => {
  const asked: Asked[] = [];
  const cluster = await answering((question) => {
    asked.push(question);
    return [200, { accepted: true }];
  });
  await cluster.startRestore('repository', 'snapshot', { from: 'logs-1.a$', to: 'restored-$1', replicas: 2 });
  expect(asked).toEqual([
    {
      method: 'POST',
      path: '/_snapshot/repository/snapshot/_restore',
      query: { wait_for_completion: 'false' },
      body: {
        indices: ['logs-1.a$'],
        ignore_unavailable: false,
        include_global_state: false,
        include_aliases: false,
        partial: false,
        storage_type: 'local',
        rename_pattern: '^logs-1\\.a\\$$',
        rename_replacement: 'restored-\\$1',
        index_settings: { 'index.number_of_replicas': 2, 'index.auto_expand_replicas': 'false' },
        ignore_index_settings: [
          'index.plugins.index_state_management.*',
          'index.opendistro.index_state_management.*',
          'index.routing.allocation.*',
          'index.blocks.*',
        ],
      },
    },
  ]);
});

test('what could mean several indices is not restored, closed or deleted: nothing is asked', async () => {
  let questions = 0;
  const cluster = await answering(() => {
    questions += 1;
    return [200, { accepted: true, acknowledged: true }];
  });
  const refused = expect.objectContaining({ name: 'InvalidRequest' }) as unknown;
  for (const to of ['a*', '', '_all', 'a,b'])
    await expect(cluster.startRestore('r', 's', { from: 'a', to, replicas: 0 })).rejects.toEqual(refused);
  await expect(cluster.startRestore('r', 's', { from: '*', to: 'a', replicas: 0 })).rejects.toEqual(refused);
  await expect(cluster.deleteIndex('logs-*')).rejects.toEqual(refused);
  await expect(cluster.closeIndex('_all')).rejects.toEqual(refused);
  expect(questions).toBe(0);
});

test.each([
  ['[r:s] cannot restore index [a] because an open index with same name already exists', ['open'], 'IndexExists'],
  [
    '[r:s] cannot restore index [a] with [3] shards from a snapshot with [2] shards',
    ['closed'],
    'ClusterAnswerUnknown',
  ],
  ['[r:s] snapshot does not exist', ['open'], 'SnapshotMissing'],
  [
    '[r:s] the snapshot was created with OpenSearch version [3.8.0] which is higher than the version of this node [2.19.6]',
    ['closed'],
    'VersionIncompatible',
  ],
  ['[r:s] cannot restore index [a] because it cannot be upgraded', ['closed'], 'VersionIncompatible'],
])('a refused restore, %s, of a name that is %j: %s', async (reason, attributes, name) => {
  const cluster = await answering(({ method }) =>
    method === 'POST'
      ? [500, refusal('snapshot_restore_exception', reason)]
      : [200, { indices: [{ name: 'a', attributes }] }],
  );
  await expect(cluster.startRestore('r', 's', { from: 'a', to: 'a', replicas: 0 })).rejects.toMatchObject({ name });
});

test.each([
  ['waits for its turn', { current_state: 'unassigned', can_allocate: 'throttled' }],
  ['has not been looked at', { current_state: 'unassigned', can_allocate: 'awaiting_info' }],
  [
    'is tried again',
    {
      current_state: 'unassigned',
      can_allocate: 'yes',
      unassigned_info: { details: 'failed shard on node [n]: failed recovery' },
    },
  ],
  ['came up in between', { current_state: 'started' }],
])('a shard that %s has not failed', async (_, explanation) => {
  const cluster = await answering(({ path }) => {
    if (path === '/a/_settings/index.uuid') return [200, { a: { settings: { index: { uuid: 'u' } } } }];
    if (path === '/_cluster/allocation/explain') return [200, explanation];
    const shards = {
      0: { primary_active: true, initializing_shards: 0 },
      1: { primary_active: false, initializing_shards: 1 },
      2: { primary_active: false, initializing_shards: 0 },
    };
    return [200, { indices: { a: { status: 'red', number_of_shards: 3, shards } } }];
  });
  expect(await cluster.restoreProgress('a')).toEqual({
    uuid: 'u',
    health: 'red',
    shards: { total: 3, done: 1 },
    failures: [],
  });
});

test('a shard that no node takes has failed, for the reasons of the nodes', async () => {
  const deciders = [
    { decider: 'disk_threshold', decision: 'NO', explanation: 'the node is above the low watermark' },
    { decider: 'restore_in_progress', decision: 'NO', explanation: 'shard has failed to be restored' },
    { decider: 'enable', decision: 'YES', explanation: 'all allocations are allowed' },
  ];
  const cluster = await answering(({ path }) => {
    if (path === '/a/_settings/index.uuid') return [200, { a: { settings: { index: { uuid: 'u' } } } }];
    if (path === '/_cluster/allocation/explain')
      return [200, { current_state: 'unassigned', can_allocate: 'no', node_allocation_decisions: [{ deciders }] }];
    const shards = { 0: { primary_active: false, initializing_shards: 0 } };
    return [200, { indices: { a: { status: 'red', number_of_shards: 1, shards } } }];
  });
  const progress = await cluster.restoreProgress('a');
  expect(progress?.failures).toEqual(['0: the node is above the low watermark']);
});

const gib = 1024 ** 3;
const node = (availableGib: number, more: object = {}): object => ({
  roles: ['data', 'ingest'],
  fs: { total: { total_in_bytes: 100 * gib, available_in_bytes: availableGib * gib } },
  ...more,
});
const disk = 'cluster.routing.allocation.disk';
test.each([
  ['a share of each disk stays free', { [`${disk}.watermark.low`]: '85%' }, {}, 45],
  ['a share as a ratio', { [`${disk}.watermark.low`]: '0.85' }, {}, 45],
  ['a size of each disk stays free', { [`${disk}.watermark.low`]: '25.0gb' }, {}, 35],
  ['a setting wins over the default', { [`${disk}.watermark.low`]: '85%' }, { [`${disk}.watermark.low`]: '50%' }, 10],
  ['no threshold', { [`${disk}.threshold_enabled`]: 'false', [`${disk}.watermark.low`]: '85%' }, {}, 70],
])('free disk of all hot data nodes: %s', async (_, defaults, persistent, expected) => {
  const cluster = await answering(({ path }) => {
    if (path === '/_cluster/settings') return [200, { persistent, transient: {}, defaults }];
    const nodes = {
      a: node(60),
      full: node(10),
      manager: node(90, { roles: ['cluster_manager'] }),
      warm: node(90, { attributes: { box_type: 'warm' } }),
    };
    return [200, { nodes }];
  });
  expect(await cluster.freeBytes()).toBe(expected * gib);
});

test('a watermark that is neither share nor size is an unknown answer', async () => {
  const cluster = await answering(({ path }) => [
    200,
    path === '/_cluster/settings'
      ? { persistent: {}, transient: {}, defaults: { [`${disk}.watermark.low`]: 'plenty' } }
      : { nodes: { a: node(60) } },
  ]);
  await expect(cluster.freeBytes()).rejects.toMatchObject({ name: 'ClusterAnswerUnknown' });
});
