/** Restores by the OpenSearch adapter on a real node, from a real S3 repository. */
import { CreateBucketCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Cluster, Document } from '../../ports/cluster.ts';
import { openSearchCluster } from '../../ports/opensearch-cluster.ts';
import { s3ObjectStore } from '../../ports/s3-object-store.ts';
import { numbered, settled } from '../ports/cluster.contract.ts';
import { clusterRestoreContract, copyPrefix, dataBlob, restored } from '../ports/cluster-restore.contract.ts';
import { freezeNow } from './freeze.ts';
import { ask, openSearchUrl, operator, s3 } from './stack.ts';

const bucket = 'cluster-restore';
const store = s3ObjectStore(s3, bucket);
const connect = (endpoint: string): Cluster =>
  openSearchCluster({ endpoint, region: operator.region, credentials: () => Promise.resolve(operator.credentials) });
const cluster = connect(openSearchUrl);

async function addDocuments(index: string, documents: readonly Document[], url = openSearchUrl): Promise<void> {
  const lines = documents.map(({ id, source }) => `{"index":{"_id":"${id}"}}\n${JSON.stringify(source)}\n`);
  if (lines.length === 0) return;
  expect(await ask('POST', `/${index}/_bulk?refresh=true`, lines.join(''), url)).toMatchObject({ errors: false });
}
const putIndex = async (
  name: string,
  { shards, documents }: { shards: number; documents: readonly Document[] },
): Promise<void> => {
  const settings = { number_of_shards: shards, number_of_replicas: 0 };
  await ask('PUT', `/${encodeURIComponent(name)}`, { settings });
  await addDocuments(encodeURIComponent(name), documents);
};
const repositorySettings = (base_path: string): Record<string, string> => ({
  bucket,
  base_path,
  region: 'us-east-1',
  shard_path_type: 'FIXED',
});
const readOnly = (base_path: string): Record<string, string> => ({
  ...repositorySettings(base_path),
  readonly: 'true',
});

async function snapshotOf(repository: string, index: string): Promise<void> {
  await cluster.registerRepository(repository, repositorySettings(`repositories/${repository}`));
  await cluster.startSnapshot(repository, 'one', [index]);
  expect(await settled(cluster, repository, 'one')).toMatchObject({ state: 'SUCCESS' });
}

beforeAll(async () => {
  await s3.send(new CreateBucketCommand({ Bucket: bucket }));
});

afterAll(async () => {
  for (const { name } of await cluster.indices(['restor*'])) await cluster.deleteIndex(name);
  for (const name of await cluster.repositories())
    if (name.startsWith('restorable')) await cluster.removeRepository(name);
}, 60_000);

clusterRestoreContract('OpenSearch', async () => Promise.resolve({ cluster, putIndex, repositorySettings, store }));

test('an index with a write alias comes back without it, and the alias stays where it is', async () => {
  await ask('PUT', '/restorable-000001', {
    settings: { number_of_replicas: 0 },
    aliases: { 'restorable-logs': { is_write_index: true } },
  });
  await addDocuments('restorable-logs', numbered(7));
  await snapshotOf('restorable-alias', 'restorable-000001');
  await cluster.startRestore('restorable-alias', 'one', {
    from: 'restorable-000001',
    to: 'restored-000001',
    replicas: 0,
  });
  await restored(cluster, 'restored-000001');
  expect(await cluster.count('restored-000001')).toBe(7);
  expect(await ask('GET', '/restored-000001/_alias')).toEqual({ 'restored-000001': { aliases: {} } });
  expect(Object.keys(await ask<object>('GET', '/_alias/restorable-logs'))).toEqual(['restorable-000001']);

  const overAlias = { from: 'restorable-000001', to: 'restorable-logs', replicas: 0 };
  await expect(cluster.startRestore('restorable-alias', 'one', overAlias)).rejects.toMatchObject({
    name: 'IndexExists',
    message: expect.stringContaining('already exists as alias') as string,
  });
  await expect(cluster.closeIndex('restorable-logs')).rejects.toMatchObject({ name: 'IndexMissing' });
  await expect(cluster.deleteIndex('restorable-logs')).rejects.toMatchObject({ name: 'ClusterAnswerUnknown' });
  expect(await cluster.count('restorable-000001')).toBe(7);
  expect(await cluster.restoreProgress('restorable-logs')).toBeUndefined();
  expect(await cluster.restoredFrom('restorable-logs')).toBeUndefined();
});

test('an index that replaces another keeps the aliases of the one that was there', async () => {
  await putIndex('restorable-replaced', { shards: 1, documents: numbered(5) });
  await ask('PUT', '/restorable-replaced/_alias/restorable-kept');
  await snapshotOf('restorable-replacing', 'restorable-replaced');
  await addDocuments('restorable-replaced', numbered(5, 100));
  const index = { from: 'restorable-replaced', to: 'restorable-replaced', replicas: 0 };
  await expect(cluster.startRestore('restorable-replacing', 'one', index)).rejects.toMatchObject({
    name: 'IndexExists',
  });
  await cluster.closeIndex('restorable-replaced');
  await cluster.startRestore('restorable-replacing', 'one', index);
  expect(await restored(cluster, 'restorable-replaced')).toMatchObject({ health: 'green', failures: [] });
  expect(await cluster.count('restorable-replaced')).toBe(5);
  expect(await cluster.count('restorable-kept')).toBe(5);
});

test('allocation filters, blocks and automatic replicas of the original stay behind', async () => {
  await putIndex('restorable-bound', { shards: 1, documents: numbered(3) });
  await ask('PUT', '/restorable-bound/_settings', {
    'index.routing.allocation.exclude.zone': 'gone',
    'index.auto_expand_replicas': '0-all',
  });
  await ask('PUT', '/restorable-bound/_settings', { 'index.blocks.read_only': true });
  await snapshotOf('restorable-bound', 'restorable-bound');
  await cluster.startRestore('restorable-bound', 'one', {
    from: 'restorable-bound',
    to: 'restored-bound',
    replicas: 1,
  });
  expect(await restored(cluster, 'restored-bound')).toMatchObject({ health: 'yellow', failures: [] });
  const settings = await ask<{ 'restored-bound': { settings: object } }>(
    'GET',
    '/restored-bound/_settings?flat_settings=true',
  );
  const found = settings['restored-bound'].settings;
  expect(found).toMatchObject({ 'index.number_of_replicas': '1', 'index.auto_expand_replicas': 'false' });
  expect(Object.keys(found).filter((name) => /routing|blocks/.test(name))).toEqual([]);
  await ask('PUT', '/restorable-bound/_settings', { 'index.blocks.read_only': null });
});

test('free disk is what the node has above the low watermark, or all where that is disabled', async () => {
  const disk = 'cluster.routing.allocation.disk';
  const available = await cluster.freeBytes();
  const set = (persistent: object): Promise<unknown> => ask('PUT', '/_cluster/settings', { persistent });
  try {
    await set({
      [`${disk}.threshold_enabled`]: true,
      [`${disk}.watermark.low`]: '99.9%',
      [`${disk}.watermark.high`]: '99.95%',
      [`${disk}.watermark.flood_stage`]: '99.99%',
    });
    expect(await cluster.freeBytes()).toBeLessThan(available);
  } finally {
    await set({ [`${disk}.*`]: null });
  }
});

test('a repository over a cold object fails, and the cause is named', async () => {
  await putIndex('restorable-cold', { shards: 1, documents: numbered(20) });
  await snapshotOf('restorable-cold', 'restorable-cold');
  const copy = 'restored/restorable-cold';
  await copyPrefix(store, 'repositories/restorable-cold', copy);
  const key = await dataBlob(store, copy, 'restorable-cold', 0);
  await freezeNow(bucket, key, 'GLACIER');
  expect(await store.head(key)).toMatchObject({ access: 'frozen' });
  await cluster.registerRepository('restorable-frozen', readOnly(copy));
  await cluster.startRestore('restorable-frozen', 'one', { from: 'restorable-cold', to: 'restored-cold', replicas: 0 });
  const progress = await restored(cluster, 'restored-cold');
  expect(progress).toMatchObject({ health: 'red', shards: { total: 1, done: 0 } });
  expect(progress.failures).toEqual([expect.stringMatching(/^0: .*InvalidObjectState.*403/)]);
  await cluster.deleteIndex('restored-cold');
});
