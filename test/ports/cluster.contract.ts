/** What every implementation of the cluster port must do. */
import { setTimeout as sleep } from 'node:timers/promises';
import { beforeAll, describe, expect, test } from 'vitest';
import type { Cluster, Document, RepositorySettings, SnapshotFacts } from '../../ports/cluster.ts';
import { repositoryShape } from './cluster-repository-shape.ts';

/** A cluster with the means to put into it what the tests need. */
export interface ClusterUnderTest {
  readonly cluster: Cluster;
  putIndex(name: string, options: { shards: number; documents: readonly Document[] }): Promise<void>;
  /** Replaces a document that has the same id. */
  addDocuments(index: string, documents: readonly Document[]): Promise<void>;
  closeIndex(name: string): Promise<void>;
  /** An index none of whose primary shards is there. */
  putRedIndex(name: string): Promise<void>;
  repositorySettings(basePath: string): RepositorySettings;
  /** Settings that name a bucket that does not exist. */
  readonly wrongSettings: RepositorySettings;
  /** Every object of the staging bucket, with the content of small ones. */
  staged(prefix: string): Promise<ReadonlyMap<string, Uint8Array>>;
}

export const numbered = (count: number, from = 0): Document[] =>
  Array.from({ length: count }, (_, at) => ({
    id: `doc-${from + at}`,
    source: { number: from + at, line: `line ${from + at}` },
  }));

/** Asks until the snapshot is no longer in progress. */
export async function settled(cluster: Cluster, repository: string, name: string): Promise<SnapshotFacts> {
  for (let poll = 0; poll < 300; poll++) {
    const facts = await cluster.snapshot(repository, name);
    if (facts === undefined) throw new RangeError(`no snapshot ${name}`);
    if (facts.state !== 'IN_PROGRESS') return facts;
    await sleep(100);
  }
  throw new RangeError(`snapshot ${name} did not end`);
}

const named = (name: string): unknown => expect.objectContaining({ name });

export function clusterContract(label: string, start: () => Promise<ClusterUnderTest>): void {
  describe(`${label} keeps the contract of a cluster`, { timeout: 60_000 }, () => {
    let given: ClusterUnderTest;
    let cluster: Cluster;
    beforeAll(async () => {
      given = await start();
      cluster = given.cluster;
      await given.putIndex('contract-one', { shards: 2, documents: numbered(40) });
      await given.putIndex('contract-two', { shards: 1, documents: [] });
      await given.putIndex('.contract-system', { shards: 1, documents: [] });
    }, 300_000);

    test('facts of the cluster', async () => {
      const facts = await cluster.facts();
      expect(facts.uuid).toMatch(/^[\w-]{22}$/);
      expect(facts.name).not.toBe('');
      expect(facts.version).toMatch(/^\d+\.\d+\.\d+$/);
    });

    test('indices that fit a wildcard or a name, sorted, without system indices', async () => {
      const found = await cluster.indices(['contract-*', 'no-such-index', 'contract-two']);
      expect(found.map(({ name }) => name)).toEqual(['contract-one', 'contract-two']);
      expect(found[0]).toMatchObject({ state: 'open', health: 'green', tier: 'hot', shards: 2, documents: 40 });
      expect(found[0]?.createdVersion).toBe('3.8.0');
      expect(found[0]?.uuid).toMatch(/^[\w-]{22}$/);
      expect(found[0]?.createdAt).toBeInstanceOf(Date);
      expect(found[0]?.bytes).toBeGreaterThan(0);
      expect(found[0]).not.toHaveProperty('dataStream');
    });

    test('a system index only where a pattern names it', async () => {
      expect((await cluster.indices(['*'])).map(({ name }) => name)).not.toContain('.contract-system');
      expect((await cluster.indices(['.contract-*'])).map(({ name }) => name)).toEqual(['.contract-system']);
    });

    test('no pattern, no index', async () => {
      expect(await cluster.indices([])).toEqual([]);
      expect(await cluster.indices([''])).toEqual([]);
      expect(await cluster.indices(['_all', '-contract-one'])).toEqual([]);
    });

    test('more names than one request line holds', async () => {
      const many = Array.from({ length: 300 }, (_, at) => `no-such-index-with-a-long-name-${at}`);
      expect((await cluster.indices([...many, 'contract-one'])).map(({ name }) => name)).toEqual(['contract-one']);
    });

    test('a count is exact at once, and sequence numbers grow with every write', async () => {
      await given.putIndex('contract-growing', { shards: 1, documents: numbered(3) });
      expect(await cluster.count('contract-growing')).toBe(3);
      expect(await cluster.maxSeqNos('contract-growing')).toEqual([2]);
      await given.addDocuments('contract-growing', [
        { id: 'doc-0', source: { number: 0, line: 'changed' } },
        ...numbered(1, 3),
      ]);
      expect(await cluster.count('contract-growing')).toBe(4);
      expect(await cluster.maxSeqNos('contract-growing')).toEqual([4]);
    });

    test('a write block lets no more documents in, until writes are allowed again', async () => {
      const name = 'contract-blocked';
      await given.putIndex(name, { shards: 1, documents: numbered(3) });
      expect(await cluster.blockWrites(name)).toBe(true);
      expect(await cluster.blockWrites(name)).toBe(false);
      await given.addDocuments(name, numbered(1, 5)).catch(() => undefined);
      expect(await cluster.maxSeqNos(name)).toEqual([2]);
      await cluster.allowWrites(name);
      await given.addDocuments(name, numbered(1, 5));
      expect(await cluster.count(name)).toBe(4);
      await expect(cluster.blockWrites('contract-*')).rejects.toMatchObject({ name: 'InvalidRequest' });
      await expect(cluster.allowWrites('_all')).rejects.toMatchObject({ name: 'InvalidRequest' });
      await cluster.deleteIndex(name);
    });

    test('sequence numbers of every shard, -1 for an empty one', async () => {
      const both = await cluster.maxSeqNos('contract-one');
      expect(both).toHaveLength(2);
      expect(both.reduce((sum, highest) => sum + highest + 1, 0)).toBe(40);
      expect(await cluster.maxSeqNos('contract-two')).toEqual([-1]);
    });

    test('a mapping is an object with properties or without', async () => {
      expect(await cluster.mapping('contract-one')).toBeTypeOf('object');
      expect(await cluster.mapping('contract-two')).toBeTypeOf('object');
    });

    test('a sample is reproducible, as large as asked, and another one for another seed', async () => {
      const sample = await cluster.sample('contract-one', 10, 1);
      expect(sample).toHaveLength(10);
      expect(new Set(sample.map(({ id }) => id)).size).toBe(10);
      expect(await cluster.sample('contract-one', 10, 1)).toEqual(sample);
      expect(await cluster.sample('contract-one', 10, 2)).not.toEqual(sample);
      expect(numbered(40)).toEqual(expect.arrayContaining(sample));
    });

    test('a sample of few documents holds them all, one of none holds none', async () => {
      expect(await cluster.sample('contract-one', 100, 1)).toHaveLength(40);
      expect(await cluster.sample('contract-two', 100, 1)).toEqual([]);
    });

    test('documents by id, without those that are not there', async () => {
      expect(await cluster.documents('contract-one', ['doc-7', 'nothing', 'doc-3'])).toEqual([
        { id: 'doc-7', source: { number: 7, line: 'line 7' } },
        { id: 'doc-3', source: { number: 3, line: 'line 3' } },
      ]);
      expect(await cluster.documents('contract-one', [])).toEqual([]);
    });

    test('an index that is not there is named so', async () => {
      const missing = named('IndexMissing');
      await expect(cluster.count('no-such-index')).rejects.toEqual(missing);
      await expect(cluster.maxSeqNos('no-such-index')).rejects.toEqual(missing);
      await expect(cluster.mapping('no-such-index')).rejects.toEqual(missing);
      await expect(cluster.refresh('no-such-index')).rejects.toEqual(missing);
      await expect(cluster.documents('no-such-index', ['1'])).rejects.toEqual(missing);
      await expect(cluster.sample('no-such-index', 1, 1)).rejects.toEqual(missing);
    });

    test('a closed index is listed, and not counted', async () => {
      await given.putIndex('contract-closed', { shards: 1, documents: numbered(1) });
      await given.closeIndex('contract-closed');
      expect(await cluster.indices(['contract-closed'])).toMatchObject([{ name: 'contract-closed', state: 'close' }]);
      await expect(cluster.count('contract-closed')).rejects.toEqual(named('IndexClosed'));
    });

    test('a repository is registered, read back and removed', async () => {
      const settings = given.repositorySettings('repositories/contract-settings');
      await cluster.registerRepository('contract-settings', settings);
      await cluster.registerRepository('contract-settings', settings);
      expect(await cluster.repository('contract-settings')).toEqual(settings);
      expect(await cluster.repositories()).toContain('contract-settings');
      expect(await given.staged('repositories/contract-settings/')).toEqual(new Map());
      await cluster.removeRepository('contract-settings');
      await cluster.removeRepository('contract-settings');
      expect(await cluster.repository('contract-settings')).toBeUndefined();
      expect(await cluster.repositories()).not.toContain('contract-settings');
    });

    test('a repository in a bucket that does not exist is refused', async () => {
      await expect(cluster.registerRepository('contract-wrong', given.wrongSettings)).rejects.toEqual(
        named('RepositoryUnusable'),
      );
      await cluster.removeRepository('contract-wrong');
    });

    test('a repository that is not registered is named so', async () => {
      const missing = named('RepositoryMissing');
      await expect(cluster.startSnapshot('no-such-repository', 'one', ['contract-one'])).rejects.toEqual(missing);
      await expect(cluster.snapshot('no-such-repository', 'one')).rejects.toEqual(missing);
      await expect(cluster.deleteSnapshot('no-such-repository', 'one')).rejects.toEqual(missing);
    });

    test('a snapshot is taken of exactly the indices, staged under its base path, and removed', async () => {
      const prefix = 'repositories/contract-whole/';
      await cluster.registerRepository('contract-whole', given.repositorySettings(prefix.slice(0, -1)));
      await cluster.startSnapshot('contract-whole', 'whole', ['contract-two', 'contract-one']);
      await expect(cluster.startSnapshot('contract-whole', 'whole', ['contract-one'])).rejects.toMatchObject({
        name: expect.stringMatching(/^(SnapshotInProgress|SnapshotNameTaken)$/) as string,
      });
      const facts = await settled(cluster, 'contract-whole', 'whole');
      expect(facts).toMatchObject({ name: 'whole', state: 'SUCCESS', failures: [] });
      expect(facts.shards).toEqual({ total: 3, successful: 3, failed: 0 });
      expect([...facts.indices].sort()).toEqual(['contract-one', 'contract-two']);
      expect(repositoryShape(await given.staged(prefix), prefix, facts.uuid)).toEqual([
        'index-0',
        'index.latest',
        'indices/contract-one/0/__*',
        'indices/contract-one/0/index-GENERATION',
        'indices/contract-one/0/snap-SNAPSHOT.dat',
        'indices/contract-one/1/__*',
        'indices/contract-one/1/index-GENERATION',
        'indices/contract-one/1/snap-SNAPSHOT.dat',
        'indices/contract-one/meta-METADATA.dat',
        'indices/contract-two/0/index-GENERATION',
        'indices/contract-two/0/snap-SNAPSHOT.dat',
        'indices/contract-two/meta-METADATA.dat',
        'meta-SNAPSHOT.dat',
        'snap-SNAPSHOT.dat',
      ]);
      // Registered anew, the repository still holds it.
      await cluster.removeRepository('contract-whole');
      await cluster.registerRepository('contract-whole', given.repositorySettings(prefix.slice(0, -1)));
      expect(await cluster.snapshot('contract-whole', 'whole')).toEqual(facts);

      expect(await cluster.deleteSnapshot('contract-whole', 'whole')).toBe(true);
      expect(await cluster.deleteSnapshot('contract-whole', 'whole')).toBe(true);
      expect(await cluster.snapshot('contract-whole', 'whole')).toBeUndefined();
      expect([...(await given.staged(prefix)).keys()].sort()).toEqual([`${prefix}index-1`, `${prefix}index.latest`]);
      await cluster.removeRepository('contract-whole');
    });

    test('a snapshot of nothing, of a missing or of a red index is refused', async () => {
      await given.putRedIndex('contract-red');
      await cluster.registerRepository('contract-refused', given.repositorySettings('repositories/contract-refused'));
      const start = (indices: string[]): Promise<void> => cluster.startSnapshot('contract-refused', 'refused', indices);
      await expect(start([])).rejects.toEqual(named('NoIndicesSelected'));
      await expect(start(['contract-one', 'no-such-index'])).rejects.toEqual(named('IndexMissing'));
      expect(await cluster.indices(['contract-red'])).toMatchObject([{ health: 'red' }]);
      await expect(start(['contract-one', 'contract-red'])).rejects.toEqual(named('IndexUnhealthy'));
      expect(await cluster.snapshot('contract-refused', 'refused')).toBeUndefined();
      await cluster.removeRepository('contract-refused');
    });
  });
}
