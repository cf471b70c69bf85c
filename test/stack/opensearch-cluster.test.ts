/** The OpenSearch adapter against a real node with a real S3 repository. */
import { CreateBucketCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Document } from '../../ports/cluster.ts';
import { openSearchCluster } from '../../ports/opensearch-cluster.ts';
import { s3ObjectStore } from '../../ports/s3-object-store.ts';
import { clusterContract, numbered, settled } from '../ports/cluster.contract.ts';
import { clusterSnapshotsContract } from '../ports/cluster-snapshots.contract.ts';
import { openSearchUrl, operator, s3 } from './stack.ts';

const bucket = 'cluster-contract';
const cluster = openSearchCluster({
  endpoint: openSearchUrl,
  region: operator.region,
  credentials: () => Promise.resolve(operator.credentials),
});

/** As stack.ts has it, but for a DELETE of what is not there. */
async function ask(method: string, path: string, body?: object | string): Promise<unknown> {
  const response = await fetch(new URL(path, openSearchUrl), {
    method,
    headers: { 'content-type': 'application/json' },
    ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  const answer = await response.text();
  expect(response.ok || (method === 'DELETE' && response.status === 404), `${method} ${path}: ${answer}`).toBe(true);
  return JSON.parse(answer);
}

const addDocuments = async (index: string, documents: readonly Document[]): Promise<void> => {
  if (documents.length === 0) return;
  const lines = documents.map(({ id, source }) => `{"index":{"_id":"${id}"}}\n${JSON.stringify(source)}\n`);
  expect(await ask('POST', `/${index}/_bulk`, lines.join(''))).toMatchObject({ errors: false });
};
const putIndex = async (
  name: string,
  { shards, documents, settings = {} }: { shards: number; documents: readonly Document[]; settings?: object },
): Promise<void> => {
  await ask('DELETE', `/${name}`);
  await ask('PUT', `/${name}?wait_for_active_shards=0`, {
    settings: { number_of_shards: shards, number_of_replicas: 0, ...settings },
  });
  await addDocuments(name, documents);
  // Statistics count documents once they are visible.
  if (documents.length > 0) await ask('POST', `/${name}/_refresh`);
};
const repositorySettings = (base_path: string): Record<string, string> => ({
  bucket,
  base_path,
  region: 'us-east-1',
  shard_path_type: 'FIXED',
});

beforeAll(async () => {
  await s3.send(new CreateBucketCommand({ Bucket: bucket }));
});

afterAll(async () => {
  const left = await cluster.indices(['contract-*', '.contract-*', 'restored-contract-*', 'many-*']);
  for (const { name } of left) await ask('DELETE', `/${name}`);
  for (const name of await cluster.repositories())
    if ((await cluster.repository(name))?.['bucket'] === bucket) await cluster.removeRepository(name);
  await ask('DELETE', '/_data_stream/contract-stream');
  await ask('DELETE', '/_index_template/contract-stream');
}, 60_000);

const store = s3ObjectStore(s3, bucket);
const putRedIndex = (name: string): Promise<void> =>
  putIndex(name, { shards: 1, documents: [], settings: { 'routing.allocation.require.box_type': 'nowhere' } });
const wrongSettings = { ...repositorySettings('x'), bucket: 'no-such-bucket-at-all' };

clusterContract('OpenSearch', async () => {
  return Promise.resolve({
    cluster,
    putIndex,
    addDocuments,
    closeIndex: async (name) => {
      await ask('POST', `/${name}/_close`);
    },
    putRedIndex,
    repositorySettings,
    wrongSettings,
    staged: async (prefix) => {
      const objects = new Map<string, Uint8Array>();
      for await (const { key } of store.list(prefix)) objects.set(key, await store.read(key));
      return objects;
    },
  });
});

clusterSnapshotsContract('OpenSearch', async () =>
  Promise.resolve({
    cluster,
    putIndex,
    addDocuments,
    putRedIndex,
    repositorySettings,
    wrongSettings,
    store,
    limitOperations: async (limit) => {
      await ask('PUT', '/_cluster/settings', { transient: { 'snapshot.max_concurrent_operations': limit ?? null } });
    },
  }),
);

test('a restored index keeps its sequence numbers and gives the same sample under another name', async () => {
  await putIndex('contract-origin', { shards: 3, documents: numbered(500) });
  // Gaps: replaced documents leave their old numbers behind.
  await addDocuments('contract-origin', numbered(250));
  await cluster.refresh('contract-origin');
  const sample = await cluster.sample('contract-origin', 50, 7);
  await cluster.registerRepository('contract-restore', repositorySettings('repositories/contract-restore'));
  await cluster.startSnapshot('contract-restore', 'one', ['contract-origin']);
  expect(await settled(cluster, 'contract-restore', 'one')).toMatchObject({ state: 'SUCCESS' });
  await ask('DELETE', '/restored-contract-origin');
  await ask('POST', '/_snapshot/contract-restore/one/_restore?wait_for_completion=true', {
    indices: 'contract-origin',
    include_global_state: false,
    include_aliases: false,
    rename_pattern: '(.+)',
    rename_replacement: 'restored-$1',
  });
  expect(sample).toHaveLength(50);
  expect(await cluster.maxSeqNos('restored-contract-origin')).toEqual(await cluster.maxSeqNos('contract-origin'));
  expect(await cluster.sample('restored-contract-origin', 50, 7)).toEqual(sample);
  expect(
    await cluster.documents(
      'restored-contract-origin',
      sample.map(({ id }) => id),
    ),
  ).toEqual(sample);
  await cluster.deleteSnapshot('contract-restore', 'one');
  await cluster.removeRepository('contract-restore');
});

test('tells the data stream of a backing index, and an index that UltraWarm holds', async () => {
  await ask('PUT', '/_index_template/contract-stream', {
    index_patterns: ['contract-stream'],
    data_stream: {},
    priority: 1000,
    template: { settings: { number_of_replicas: 0 } },
  });
  await ask('PUT', '/_data_stream/contract-stream');
  await putIndex('contract-warm', {
    shards: 1,
    documents: [],
    settings: { 'routing.allocation.require.box_type': 'warm' },
  });
  expect(await cluster.indices(['contract-stream'])).toEqual([]);
  expect(await cluster.indices(['.ds-contract-stream-*'])).toMatchObject([
    { name: '.ds-contract-stream-000001', dataStream: 'contract-stream', tier: 'hot' },
  ]);
  expect(await cluster.indices(['contract-warm'])).toMatchObject([{ tier: 'warm' }]);
});

test('a document keeps any key and its exact text', async () => {
  const source = {
    '@timestamp': '2026-01-01T00:00:00Z',
    constructor: { prototype: 1 },
    'a.b': 'ä\u0000"',
    amount: 0.1,
  };
  await putIndex('contract-keys', { shards: 1, documents: [], settings: { 'mapping.total_fields.limit': 100 } });
  await addDocuments('contract-keys', [{ id: 'one', source }]);
  await cluster.refresh('contract-keys');
  expect(await cluster.documents('contract-keys', ['one'])).toEqual([{ id: 'one', source }]);
});
