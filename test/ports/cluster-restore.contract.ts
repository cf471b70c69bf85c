/** What every implementation of the cluster port must do about restores. */
import { setTimeout as sleep } from 'node:timers/promises';
import { beforeAll, describe, expect, test } from 'vitest';
import type { Cluster, Document, RepositorySettings, RestoreProgress } from '../../ports/cluster.ts';
import type { ObjectStore } from '../../ports/object-store.ts';
import { numbered, settled } from './cluster.contract.ts';

export interface RestoreUnderTest {
  readonly cluster: Cluster;
  putIndex(name: string, options: { shards: number; documents: readonly Document[] }): Promise<void>;
  repositorySettings(basePath: string): RepositorySettings;
  /** The bucket of the repositories, unversioned. */
  readonly store: ObjectStore;
}

/** Asks until every shard is done or has failed. */
export async function restored(cluster: Cluster, index: string): Promise<RestoreProgress> {
  for (let poll = 0; poll < 300; poll++) {
    const progress = await cluster.restoreProgress(index);
    if (progress === undefined) throw new RangeError(`no index ${index}`);
    if (progress.shards.done + progress.failures.length >= progress.shards.total) return progress;
    await sleep(100);
  }
  throw new RangeError(`the restore of ${index} did not end`);
}

/** Key of the largest blob with data of a shard. */
export async function dataBlob(store: ObjectStore, basePath: string, index: string, shard: number): Promise<string> {
  const root = JSON.parse(Buffer.from(await store.read(`${basePath}/index-0`)).toString()) as {
    indices: Record<string, { id: string }>;
  };
  const folder = `${basePath}/indices/${root.indices[index]?.id ?? ''}/${shard}/__`;
  const blobs = await Array.fromAsync(store.list(folder));
  const [largest] = blobs.sort((one, other) => other.bytes - one.bytes);
  if (largest === undefined) throw new RangeError(`no blobs under ${folder}`);
  return largest.key;
}

export async function copyPrefix(store: ObjectStore, from: string, to: string): Promise<void> {
  for await (const { key } of store.list(`${from}/`))
    await store.put(`${to}/${key.slice(from.length + 1)}`, await store.read(key));
}

const named = (name: string): unknown => expect.objectContaining({ name });
const origin = 'restorable-origin';
const oddName = 'restorable-odd.$1+(x)';
const documents = numbered(60);

export function clusterRestoreContract(label: string, start: () => Promise<RestoreUnderTest>): void {
  describe(`${label} keeps the contract of restores`, { timeout: 60_000 }, () => {
    let given: RestoreUnderTest;
    let cluster: Cluster;
    const from = { from: origin, replicas: 0 };

    /** A read-only repository over a copy of its own. */
    const repositoryCopy = async (name: string): Promise<string> => {
      const basePath = `restored/${name}`;
      await copyPrefix(given.store, 'restored/restorable', basePath);
      await cluster.registerRepository(name, { ...given.repositorySettings(basePath), readonly: 'true' });
      return basePath;
    };

    beforeAll(async () => {
      given = await start();
      cluster = given.cluster;
      const staged = 'repositories/restorable';
      await given.putIndex(origin, { shards: 2, documents });
      await given.putIndex(oddName, { shards: 1, documents: numbered(5) });
      await cluster.registerRepository('restorable-staged', given.repositorySettings(staged));
      await cluster.startSnapshot('restorable-staged', 'one', [origin, oddName]);
      expect(await settled(cluster, 'restorable-staged', 'one')).toMatchObject({ state: 'SUCCESS' });
      await copyPrefix(given.store, staged, 'restored/restorable');
      // From here on there is but the copy, as after an archive.
      await cluster.deleteSnapshot('restorable-staged', 'one');
      await cluster.removeRepository('restorable-staged');
      const settings = { ...given.repositorySettings('restored/restorable'), readonly: 'true' };
      await cluster.registerRepository('restorable', settings);
    }, 300_000);

    test('an index comes back under another name: documents, numbers, mapping, sample', async () => {
      await cluster.startRestore('restorable', 'one', { ...from, to: 'restored-restorable' });
      const progress = await restored(cluster, 'restored-restorable');
      expect(progress).toMatchObject({ health: 'green', shards: { total: 2, done: 2 }, failures: [] });
      const [index] = await cluster.indices(['restored-restorable']);
      const [original] = await cluster.indices([origin]);
      expect(index?.uuid).toBe(progress.uuid);
      expect(index?.uuid).not.toBe(original?.uuid);
      expect(index).toMatchObject({ createdVersion: '3.8.0', createdAt: original?.createdAt, state: 'open' });
      expect(await cluster.count('restored-restorable')).toBe(60);
      expect(await cluster.maxSeqNos('restored-restorable')).toEqual(await cluster.maxSeqNos(origin));
      expect(await cluster.mapping('restored-restorable')).toEqual(await cluster.mapping(origin));
      const sample = await cluster.sample('restored-restorable', 20, 3);
      expect(sample).toHaveLength(20);
      expect(sample).toEqual(await cluster.sample(origin, 20, 3));
      expect(await cluster.restoredFrom('restored-restorable')).toBe('restorable');
    });

    test('names are taken as they are, whatever they mean to a regular expression', async () => {
      await cluster.startRestore('restorable', 'one', { from: oddName, to: 'restored-odd.$2+(y)', replicas: 0 });
      expect(await restored(cluster, 'restored-odd.$2+(y)')).toMatchObject({ health: 'green' });
      expect(await cluster.count('restored-odd.$2+(y)')).toBe(5);
    });

    test('replicas are those that were asked for', async () => {
      await cluster.startRestore('restorable', 'one', { ...from, to: 'restored-replicas', replicas: 1 });
      // The one node has no place for a second copy.
      expect(await restored(cluster, 'restored-replicas')).toMatchObject({
        health: 'yellow',
        shards: { total: 2, done: 2 },
        failures: [],
      });
    });

    test('an open index is never restored over', async () => {
      await given.putIndex('restored-open', { shards: 2, documents: numbered(3) });
      const start = cluster.startRestore('restorable', 'one', { ...from, to: 'restored-open' });
      await expect(start).rejects.toEqual(named('IndexExists'));
      expect(await cluster.count('restored-open')).toBe(3);
      expect(await cluster.restoredFrom('restored-open')).toBeUndefined();
    });

    test('a closed index is restored over, and keeps its UUID', async () => {
      await given.putIndex('restored-closed', { shards: 2, documents: numbered(3, 100) });
      const [before] = await cluster.indices(['restored-closed']);
      await cluster.closeIndex('restored-closed');
      await cluster.startRestore('restorable', 'one', { ...from, to: 'restored-closed' });
      const progress = await restored(cluster, 'restored-closed');
      expect(progress).toMatchObject({ uuid: before?.uuid, health: 'green', failures: [] });
      expect(await cluster.count('restored-closed')).toBe(60);
      expect(await cluster.restoredFrom('restored-closed')).toBe('restorable');
    });

    test('what is not there is named: repository, snapshot, index of the snapshot', async () => {
      const start = (repository: string, snapshot: string, index: string): Promise<void> =>
        cluster.startRestore(repository, snapshot, { from: index, to: 'restored-nothing', replicas: 0 });
      await expect(start('no-such-repository', 'one', origin)).rejects.toEqual(named('RepositoryMissing'));
      await expect(start('restorable', 'two', origin)).rejects.toEqual(named('SnapshotMissing'));
      await expect(start('restorable', 'one', 'no-such-index')).rejects.toEqual(named('IndexMissing'));
      expect(await cluster.restoreProgress('restored-nothing')).toBeUndefined();
      expect(await cluster.restoredFrom('restored-nothing')).toBeUndefined();
    });

    test('a flipped byte ends red, with shard and cause; the index is removed', async () => {
      const basePath = await repositoryCopy('restorable-flipped');
      const key = await dataBlob(given.store, basePath, origin, 1);
      const blob = Buffer.from(await given.store.read(key));
      blob[blob.length >> 1]! ^= 1;
      await given.store.put(key, blob);
      await cluster.startRestore('restorable-flipped', 'one', { ...from, to: 'restored-flipped' });
      const progress = await restored(cluster, 'restored-flipped');
      expect(progress).toMatchObject({ health: 'red', shards: { total: 2, done: 1 } });
      expect(progress.failures).toEqual([expect.stringMatching(/^1: CorruptIndexException\[checksum failed/)]);
      expect(await cluster.restoredFrom('restored-flipped')).toBe('restorable-flipped');
      await cluster.deleteIndex('restored-flipped');
      expect(await cluster.restoreProgress('restored-flipped')).toBeUndefined();
      await cluster.removeRepository('restorable-flipped');
    });

    test('missing blobs end red, with every shard and the blob', async () => {
      const basePath = await repositoryCopy('restorable-gone');
      const keys = [await dataBlob(given.store, basePath, origin, 0), await dataBlob(given.store, basePath, origin, 1)];
      await given.store.delete(keys);
      await cluster.startRestore('restorable-gone', 'one', { ...from, to: 'restored-gone' });
      const progress = await restored(cluster, 'restored-gone');
      expect(progress).toMatchObject({ health: 'red', shards: { total: 2, done: 0 } });
      expect(progress.failures).toHaveLength(2);
      for (const [shard, key] of keys.entries())
        expect(progress.failures[shard]).toMatch(new RegExp(`^${shard}: NoSuchFileException.*${key.slice(-20)}`));
      // No shard recovered: only the routing table still knows where they were to come from.
      expect(await cluster.restoredFrom('restored-gone')).toBe('restorable-gone');
      await cluster.deleteIndex('restored-gone');
      await cluster.removeRepository('restorable-gone');
    });

    test('an index without its metadata, or a repository without its root, is no snapshot', async () => {
      const basePath = await repositoryCopy('restorable-rootless');
      const start = (): Promise<void> =>
        cluster.startRestore('restorable-rootless', 'one', { ...from, to: 'restored-nothing' });
      const metadata = await Array.fromAsync(given.store.list(`${basePath}/indices/`));
      await given.store.delete(metadata.map(({ key }) => key).filter((key) => key.includes('/meta-')));
      await expect(start()).rejects.toEqual(named('SnapshotMissing'));
      await given.store.delete([`${basePath}/index-0`]);
      await expect(start()).rejects.toEqual(named('SnapshotMissing'));
      expect(await cluster.snapshot('restorable-rootless', 'one')).toBeUndefined();
      await cluster.removeRepository('restorable-rootless');
    });

    test('an index that was never restored is done, and from nowhere', async () => {
      expect(await cluster.restoreProgress(origin)).toMatchObject({ shards: { total: 2, done: 2 }, failures: [] });
      expect(await cluster.restoredFrom(origin)).toBeUndefined();
    });

    test('a read-only repository takes no snapshot', async () => {
      const snapshot = cluster.startSnapshot('restorable', 'two', [origin]);
      await expect(snapshot).rejects.toEqual(named('RepositoryReadonly'));
    });

    test('an index is deleted by its exact name only; one that is gone is no failure', async () => {
      await given.putIndex('restored-deleted', { shards: 1, documents: [] });
      await given.putIndex('restored-deleted-not', { shards: 1, documents: [] });
      for (const name of ['restored-deleted*', '*', '_all', '', 'restored-deleted,x', '-x', '<x>', 'a?', '..']) {
        await expect(cluster.deleteIndex(name), name).rejects.toEqual(named('InvalidRequest'));
        await expect(cluster.closeIndex(name), name).rejects.toEqual(named('InvalidRequest'));
      }
      await cluster.deleteIndex('restored-deleted');
      await cluster.deleteIndex('restored-deleted');
      const left = await cluster.indices(['restored-deleted*']);
      expect(left.map(({ name }) => name)).toEqual(['restored-deleted-not']);
      await expect(cluster.closeIndex('restored-deleted')).rejects.toEqual(named('IndexMissing'));
    });

    test('free disk is a whole number of bytes', async () => {
      const bytes = await cluster.freeBytes();
      expect(Number.isSafeInteger(bytes)).toBe(true);
      expect(bytes).toBeGreaterThan(1024 ** 2);
    });
  });
}
