/** What every implementation of the cluster port must do about many snapshots in one repository. */
import { createCipheriv } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { beforeAll, describe, expect, test } from 'vitest';
import type { Cluster, Document, RepositorySettings, SnapshotFacts } from '../../ports/cluster.ts';
import type { ObjectStore } from '../../ports/object-store.ts';
import { numbered, settled } from './cluster.contract.ts';
import { restored } from './cluster-restore.contract.ts';

export interface SnapshotsUnderTest {
  readonly cluster: Cluster;
  putIndex(name: string, options: { shards: number; documents: readonly Document[] }): Promise<void>;
  addDocuments(index: string, documents: readonly Document[]): Promise<void>;
  /** An index none of whose primary shards is there. */
  putRedIndex(name: string): Promise<void>;
  repositorySettings(basePath: string): RepositorySettings;
  /** Settings that name a bucket that does not exist. */
  readonly wrongSettings: RepositorySettings;
  /** The bucket of the repositories. */
  readonly store: ObjectStore;
  /** So many snapshots and removals at once, in all repositories; undefined: as it was. */
  limitOperations(limit: number | undefined): Promise<void>;
}

const named = (name: string): unknown => expect.objectContaining({ name });
const index = 'many-index';
const red = 'many-red';
const large = 'many-large';

/** Documents of 100 kB that cannot be compressed. */
function largeDocuments(count: number): Document[] {
  const stream = createCipheriv('aes-128-ctr', Buffer.alloc(16), Buffer.alloc(16));
  return Array.from({ length: count }, (_, at) => ({
    id: `large-${at}`,
    source: { noise: stream.update(Buffer.alloc(75_000)).toString('base64') },
  }));
}

export function clusterSnapshotsContract(label: string, start: () => Promise<SnapshotsUnderTest>): void {
  describe(`${label} keeps the contract of many snapshots`, { timeout: 120_000 }, () => {
    let given: SnapshotsUnderTest;
    let cluster: Cluster;

    const register = async (name: string, more: RepositorySettings = {}): Promise<void> =>
      cluster.registerRepository(name, { ...given.repositorySettings(`many/${name}`), ...more });
    const take = async (repository: string, name: string, indices = [index]): Promise<SnapshotFacts> => {
      await cluster.startSnapshot(repository, name, indices, { partial: true });
      return settled(cluster, repository, name);
    };
    /** Snapshots of the large index take seconds in it. */
    const registerSlow = (name: string): Promise<void> => register(name, { max_snapshot_bytes_per_sec: '1mb' });
    const gone = async (repository: string, name: string): Promise<void> => {
      for (let poll = 0; (await cluster.snapshot(repository, name)) !== undefined; poll++) {
        if (poll === 300) throw new RangeError(`snapshot ${name} is still there`);
        await sleep(100);
      }
    };

    beforeAll(async () => {
      given = await start();
      cluster = given.cluster;
      await given.putIndex(index, { shards: 2, documents: numbered(40) });
      await given.putIndex(large, { shards: 1, documents: largeDocuments(30) });
      await given.putRedIndex(red);
    }, 300_000);

    test('lists all snapshots, oldest first, with state and start time', async () => {
      await register('listed');
      expect(await cluster.snapshots('listed')).toEqual([]);
      const facts = [await take('listed', 'b-first'), await take('listed', 'a-second', [index, red])];
      expect(facts.map(({ state }) => state)).toEqual(['SUCCESS', 'PARTIAL']);
      expect(await cluster.snapshots('listed')).toEqual(
        facts.map(({ name, uuid, state, startedAt }) => ({ name, uuid, state, startedAt })),
      );
      for (const { startedAt, endedAt } of facts) {
        expect(startedAt).toBeInstanceOf(Date);
        expect(endedAt?.getTime()).toBeGreaterThanOrEqual(startedAt.getTime());
      }
    });

    test('what a snapshot was noted with comes back', async () => {
      await register('noted');
      await cluster.startSnapshot('noted', 'one', [index], { metadata: { takenBy: 'contract', count: '3' } });
      const running = await cluster.snapshot('noted', 'one');
      expect(running?.metadata).toEqual({ takenBy: 'contract', count: '3' });
      expect((await settled(cluster, 'noted', 'one')).metadata).toEqual({ takenBy: 'contract', count: '3' });
      expect((await take('noted', 'two')).metadata).toEqual({});
    });

    test('takes what can be taken, where that is asked for, and names the shards that it lacks', async () => {
      await register('partial');
      expect(await take('partial', 'one', [index, red, 'no-such-index'])).toMatchObject({
        state: 'PARTIAL',
        shards: { total: 3, successful: 2, failed: 1 },
        failures: [`${red}/0: primary shard is not allocated`],
      });
      expect([...(await cluster.snapshot('partial', 'one'))!.indices].sort()).toEqual([index, red]);
    });

    test('adds what is new only, and a removal leaves what others refer to', async () => {
      const growing = 'many-growing';
      await given.putIndex(growing, { shards: 1, documents: numbered(500) });
      await register('incremental');
      for (const name of ['one', 'two']) await take('incremental', name, [growing]);
      await given.addDocuments(growing, numbered(10, 500));
      await take('incremental', 'three', [growing]);
      const [one, two, three] = await Promise.all(
        ['one', 'two', 'three'].map((name) => cluster.snapshotSize('incremental', name)),
      );
      expect(one!.bytes).toBeGreaterThan(0);
      expect(one!.addedBytes).toBe(one!.bytes);
      expect(two).toEqual({ bytes: one!.bytes, addedBytes: 0, addedFiles: 0 });
      expect(three!.addedFiles).toBeGreaterThan(0);
      expect(three!.addedBytes).toBeGreaterThan(0);
      expect(three!.addedBytes).toBeLessThan(three!.bytes);

      expect(await cluster.deleteSnapshot('incremental', 'one')).toBe(true);
      expect(await cluster.deleteSnapshot('incremental', 'three')).toBe(true);
      const to = 'restored-many-growing';
      await cluster.startRestore('incremental', 'two', { from: growing, to, replicas: 0 });
      expect(await restored(cluster, to)).toMatchObject({ shards: { total: 1, done: 1 }, failures: [] });
      expect(await cluster.count(to)).toBe(500);
      await cluster.deleteIndex(to);
    });

    test('a name that is taken stays with its snapshot', async () => {
      await register('named');
      const first = await take('named', 'taken');
      await expect(cluster.startSnapshot('named', 'taken', [index])).rejects.toEqual(named('SnapshotNameTaken'));
      expect(await cluster.snapshot('named', 'taken')).toEqual(first);
    });

    test('a repository that is read-only here lists what is there, and takes, deletes and cleans up nothing', async () => {
      await register('written');
      const { uuid } = await take('written', 'one');
      const settings = { ...given.repositorySettings('many/written'), readonly: 'true' };
      await cluster.registerRepository('readonly-copy', settings);
      expect(await cluster.snapshots('readonly-copy')).toMatchObject([{ name: 'one', uuid, state: 'SUCCESS' }]);
      const refused = named('RepositoryReadonly');
      await expect(cluster.startSnapshot('readonly-copy', 'two', [index])).rejects.toEqual(refused);
      await expect(cluster.deleteSnapshot('readonly-copy', 'one')).rejects.toEqual(refused);
      await expect(cluster.cleanUpRepository('readonly-copy')).rejects.toEqual(refused);
      expect(await cluster.snapshots('written')).toHaveLength(1);
    });

    test('a missing repository, a missing bucket and a missing snapshot are named', async () => {
      const calls = (repository: string): (() => Promise<unknown>)[] => [
        () => cluster.snapshots(repository),
        () => cluster.snapshot(repository, 'one'),
        () => cluster.snapshotSize(repository, 'one'),
        () => cluster.startSnapshot(repository, 'one', [index]),
        () => cluster.deleteSnapshot(repository, 'one'),
        () => cluster.cleanUpRepository(repository),
      ];
      for (const call of calls('no-such-repository')) await expect(call()).rejects.toEqual(named('RepositoryMissing'));
      // Its name does not make a repository read-only.
      const wrong = 'readonly-of-a-missing-bucket';
      for (const readonly of ['true', 'false']) {
        const registered = cluster.registerRepository(wrong, { ...given.wrongSettings, readonly });
        await expect(registered).rejects.toEqual(named('RepositoryUnusable'));
      }
      for (const call of calls(wrong)) await expect(call()).rejects.toEqual(named('RepositoryUnusable'));
      await cluster.removeRepository(wrong);
      await register('empty');
      await expect(cluster.snapshotSize('empty', 'one')).rejects.toEqual(named('SnapshotMissing'));
    });

    test('a cleanup removes what no snapshot refers to, and says how much', async () => {
      await register('littered');
      await take('littered', 'one');
      expect(await cluster.cleanUpRepository('littered')).toEqual({ deletedBytes: 0, deletedBlobs: 0 });
      const before = await Array.fromAsync(given.store.list('many/littered/'));
      await given.store.put('many/littered/indices/AAAAAAAAAAAAAAAAAAAAAA/0/__litter', new Uint8Array(1000));
      await given.store.put('many/littered/snap-AAAAAAAAAAAAAAAAAAAAAA.dat', new Uint8Array(24));
      expect(await cluster.cleanUpRepository('littered')).toEqual({ deletedBytes: 1024, deletedBlobs: 2 });
      const keys = (objects: readonly { key: string }[]): string[] =>
        objects.map(({ key }) => key).filter((key) => !/\/index-\d+$/.test(key));
      expect(keys(await Array.fromAsync(given.store.list('many/littered/')))).toEqual(keys(before));
      expect(await cluster.snapshot('littered', 'one')).toMatchObject({ state: 'SUCCESS' });
    });

    test('what a snapshot that runs refuses', async () => {
      const inProgress = named('SnapshotInProgress');
      await register('idle');
      await take('idle', 'old');
      await registerSlow('busy');
      await take('busy', 'old');
      expect(await cluster.runningSnapshots()).toEqual([]);
      await cluster.startSnapshot('busy', 'slow', [large]);
      expect(await cluster.runningSnapshots()).toEqual([{ repository: 'busy', name: 'slow' }]);
      expect(await cluster.snapshots('busy')).toMatchObject([
        { name: 'old', state: 'SUCCESS' },
        { name: 'slow', state: 'IN_PROGRESS' },
      ]);
      await expect(cluster.startSnapshot('busy', 'slow', [index])).rejects.toEqual(inProgress);
      for (const repository of ['busy', 'idle'])
        await expect(cluster.cleanUpRepository(repository)).rejects.toEqual(inProgress);
      await expect(cluster.removeRepository('busy')).rejects.toEqual(inProgress);
      await expect(register('busy', { compress: 'true' })).rejects.toEqual(inProgress);
      await given.limitOperations(1);
      try {
        await expect(cluster.startSnapshot('busy', 'another', [index])).rejects.toEqual(inProgress);
        await expect(cluster.startSnapshot('idle', 'another', [index])).rejects.toEqual(inProgress);
        await expect(cluster.deleteSnapshot('busy', 'old')).rejects.toEqual(inProgress);
      } finally {
        await given.limitOperations(undefined);
      }
      // Side by side, where the limit allows it.
      await cluster.startSnapshot('busy', 'another', [index]);
      expect((await cluster.runningSnapshots()).map(({ name }) => name)).toContain('slow');
      await registerSlow('busy');
      // A removal waits for them, for as long as it takes.
      await cluster.deleteSnapshot('busy', 'old');
      await gone('busy', 'old');
      expect(await settled(cluster, 'busy', 'slow')).toMatchObject({ state: 'SUCCESS' });
      expect(await settled(cluster, 'busy', 'another')).toMatchObject({ state: 'SUCCESS' });
      expect(await cluster.runningSnapshots()).toEqual([]);
    });

    test('a snapshot that is deleted while it runs is aborted', async () => {
      await registerSlow('aborted');
      await cluster.startSnapshot('aborted', 'slow', [large]);
      await cluster.deleteSnapshot('aborted', 'slow');
      await gone('aborted', 'slow');
      expect(await cluster.snapshots('aborted')).toEqual([]);
      expect(await cluster.runningSnapshots()).toEqual([]);
    });

    test('a snapshot is not deleted while it is restored; another one may be', async () => {
      await register('read', { max_restore_bytes_per_sec: '1mb' });
      await take('read', 'one', [large]);
      await take('read', 'two', [large]);
      const to = 'restored-many-large';
      await cluster.startRestore('read', 'one', { from: large, to, replicas: 0 });
      await expect(cluster.deleteSnapshot('read', 'one')).rejects.toEqual(named('SnapshotInProgress'));
      expect(await cluster.deleteSnapshot('read', 'two')).toBe(true);
      expect(await restored(cluster, to)).toMatchObject({ shards: { done: 1 }, failures: [] });
      expect(await cluster.deleteSnapshot('read', 'one')).toBe(true);
      await cluster.deleteIndex(to);
    });
  });
}
