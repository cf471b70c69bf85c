import { expect, test } from 'vitest';
import type { Cluster } from '../../ports/cluster.ts';
import { BucketMissing, ClusterBusy } from '../../workflow/errors.ts';
import { type MemoryCluster, memoryCluster } from '../support/memory-cluster.ts';
import { memoryObjectStore } from '../support/memory-object-store.ts';
import { clusterContract, numbered, settled } from './cluster.contract.ts';
import { clusterRestoreContract, restored } from './cluster-restore.contract.ts';
import { clusterSnapshotsContract } from './cluster-snapshots.contract.ts';

const store = memoryObjectStore({ bucket: 'staging' });
const make = (): MemoryCluster =>
  memoryCluster({
    staging: (bucket) => {
      if (bucket !== 'staging') throw new BucketMissing(`no bucket ${bucket}`);
      return store;
    },
    now: () => new Date('2026-01-02T02:00:00Z'),
  });

/** A throw becomes a rejection. */
const settledCall =
  <Arguments extends unknown[]>(call: (...given: Arguments) => void) =>
  (...given: Arguments): Promise<void> =>
    new Promise((resolve) => {
      call(...given);
      resolve();
    });

async function keysBelow(prefix: string): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key } of store.list(prefix)) keys.push(key);
  return keys;
}

clusterContract('A cluster in memory', async () => {
  const cluster = make();
  return Promise.resolve({
    cluster,
    putIndex: settledCall((name, options) => cluster.putIndex(name, options)),
    addDocuments: settledCall((index, documents) => cluster.addDocuments(index, documents)),
    closeIndex: settledCall((name) => cluster.changeIndex(name, { state: 'close' })),
    putRedIndex: settledCall((name) => cluster.putIndex(name, { health: 'red' })),
    repositorySettings: (base_path) => ({ bucket: 'staging', base_path, shard_path_type: 'FIXED' }),
    wrongSettings: { bucket: 'no-such-bucket', base_path: 'x' },
    staged: async (prefix) => {
      const objects = new Map<string, Uint8Array>();
      for (const key of await keysBelow(prefix)) objects.set(key, await store.read(key));
      return objects;
    },
  });
});

clusterRestoreContract('A cluster in memory', async () => {
  const cluster = make();
  return Promise.resolve({
    cluster,
    putIndex: settledCall((name, options) => cluster.putIndex(name, options)),
    repositorySettings: (base_path) => ({ bucket: 'staging', base_path, shard_path_type: 'FIXED' }),
    store,
  });
});

clusterSnapshotsContract('A cluster in memory', async () => {
  const cluster = make();
  cluster.snapshotsGo({ polls: 3 });
  cluster.restoresGo({ polls: 3 });
  return Promise.resolve({
    cluster,
    putIndex: settledCall((name, options) => cluster.putIndex(name, options)),
    addDocuments: settledCall((index, documents) => cluster.addDocuments(index, documents)),
    putRedIndex: settledCall((name) => cluster.putIndex(name, { health: 'red' })),
    repositorySettings: (base_path) => ({ bucket: 'staging', base_path, shard_path_type: 'FIXED' }),
    wrongSettings: { bucket: 'no-such-bucket', base_path: 'x' },
    store,
    limitOperations: settledCall((limit = 1000) => cluster.snapshotsGo({ atOnce: limit })),
  });
});

async function withSnapshot(name: string, change: Parameters<MemoryCluster['snapshotsGo']>[0]): Promise<MemoryCluster> {
  const cluster = make();
  cluster.putIndex('one', { shards: 2, documents: numbered(10) });
  cluster.snapshotsGo(change);
  await cluster.registerRepository(name, { bucket: 'staging', base_path: `repositories/${name}` });
  await cluster.startSnapshot(name, name, ['one']);
  return cluster;
}

test('a snapshot is in progress for as many polls as asked, and has no root until it ends', async () => {
  const cluster = await withSnapshot('slow', { polls: 2 });
  const seen = [];
  for (let poll = 0; poll < 3; poll++) {
    seen.push((await cluster.snapshot('slow', 'slow'))?.state);
    expect((await keysBelow('repositories/slow/index-')).length).toBe(poll < 2 ? 0 : 1);
  }
  expect(seen).toEqual(['IN_PROGRESS', 'IN_PROGRESS', 'SUCCESS']);
});

test('a snapshot that runs keeps its repository and its name', async () => {
  const cluster = await withSnapshot('running', { polls: 1 });
  await expect(cluster.removeRepository('running')).rejects.toMatchObject({ name: 'SnapshotInProgress' });
  await expect(cluster.startSnapshot('running', 'running', ['one'])).rejects.toMatchObject({
    name: 'SnapshotInProgress',
  });
});

test.each(['PARTIAL', 'FAILED'] as const)(
  'a snapshot that ends %s names its shards and lacks their data',
  async (outcome) => {
    const name = outcome.toLowerCase();
    const cluster = await withSnapshot(name, { outcome });
    const facts = await settled(cluster, name, name);
    const failed = outcome === 'PARTIAL' ? 1 : 2;
    expect(facts.state).toBe(outcome);
    expect(facts.shards).toEqual({ total: 2, successful: 2 - failed, failed });
    expect(facts.failures).toHaveLength(failed);
    const shardRecords = (await keysBelow(`repositories/${name}/indices/`)).filter((key) =>
      key.includes(`/snap-${facts.uuid}`),
    );
    expect(shardRecords).toHaveLength(2 - failed);
  },
);

test('a removal goes on by itself; the blobs go at its end', async () => {
  const cluster = await withSnapshot('removed', { deletePolls: 2 });
  await settled(cluster, 'removed', 'removed');
  expect(await cluster.deleteSnapshot('removed', 'removed')).toBe(false);
  expect(await cluster.snapshot('removed', 'removed')).toMatchObject({ state: 'SUCCESS' });
  expect(await cluster.snapshot('removed', 'removed')).toBeUndefined();
  expect(await keysBelow('repositories/removed/indices/')).toEqual([]);
  expect(await cluster.deleteSnapshot('removed', 'removed')).toBe(true);
});

test('a snapshot is gone with its blobs', async () => {
  const cluster = await withSnapshot('emptied', {});
  await settled(cluster, 'emptied', 'emptied');
  await store.delete(await keysBelow('repositories/emptied/'));
  expect(await cluster.snapshot('emptied', 'emptied')).toBeUndefined();
});

test('a failure that was ordered happens once, changes nothing and is recorded', async () => {
  const cluster = make();
  cluster.putIndex('one');
  cluster.failNext('count', new ClusterBusy('full'));
  await expect(cluster.count('one')).rejects.toMatchObject({ name: 'ClusterBusy' });
  expect(await cluster.count('one')).toBe(0);
  const twice: (keyof Cluster)[] = ['count', 'count'];
  expect(cluster.calls).toEqual(twice);
});

test('the same seed stages the same bytes', async () => {
  const read = async (): Promise<string[]> => {
    await withSnapshot('same', { polls: 0 }).then((cluster) => settled(cluster, 'same', 'same'));
    const keys = await keysBelow('repositories/same/');
    const objects = await Promise.all(keys.map((key) => store.read(key)));
    await store.delete(keys);
    return keys.map((key, at) => `${key} ${Buffer.from(objects[at] ?? []).toString('hex')}`);
  };
  expect(await read()).toEqual(await read());
});

test('a restore takes as many polls as asked, fails as ordered, and keeps its repository until it ends', async () => {
  const cluster = await withSnapshot('source', {});
  await settled(cluster, 'source', 'source');
  cluster.restoresGo({ polls: 2, failedShards: 1 });
  await cluster.startRestore('source', 'source', { from: 'one', to: 'two', replicas: 0 });
  for (let poll = 0; poll < 2; poll++) {
    expect(await cluster.restoreProgress('two')).toMatchObject({ health: 'red', shards: { done: 0 }, failures: [] });
    await expect(cluster.removeRepository('source')).rejects.toMatchObject({ name: 'SnapshotInProgress' });
  }
  expect(await restored(cluster, 'two')).toMatchObject({
    health: 'red',
    shards: { total: 2, done: 1 },
    failures: ['0: CorruptIndexException[checksum failed]'],
  });
  await cluster.removeRepository('source');
});

test('a restore over a cold blob fails, and names it', async () => {
  const cluster = await withSnapshot('cold', {});
  await settled(cluster, 'cold', 'cold');
  for (const key of await keysBelow('repositories/cold/indices/')) if (key.includes('/__')) store.freeze(key);
  await cluster.startRestore('cold', 'cold', { from: 'one', to: 'two', replicas: 0 });
  const { failures } = await restored(cluster, 'two');
  expect(failures).toHaveLength(2);
  expect(failures[0]).toMatch(/^0: InvalidObjectStateException.*repositories\/cold\/.*403/);
});

test('free disk is what a test says', async () => {
  const cluster = make();
  cluster.setFreeBytes(2 ** 21);
  expect(await cluster.freeBytes()).toBe(2 ** 21);
});
