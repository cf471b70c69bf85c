/** A cluster in memory, as faithful to OpenSearch 3.8 as workflow tests need: same states, same refusals, same blobs in staging. */
import type { Cluster, RepositorySettings, SnapshotFacts } from '../../ports/cluster.ts';
import type { ObjectStore } from '../../ports/object-store.ts';
import { exactName } from '../../ports/opensearch-indices.ts';
import {
  BucketMissing,
  IndexMissing,
  IndexUnhealthy,
  NoIndicesSelected,
  RepositoryMissing,
  RepositoryReadonly,
  RepositoryUnusable,
  SnapshotInProgress,
  SnapshotMissing,
  SnapshotNameTaken,
} from '../../workflow/errors.ts';
import type { MemoryCluster, SnapshotBehaviour } from './memory-cluster-controls.ts';
import { type IndexCopy, MemoryIndices } from './memory-cluster-indices.ts';
import { MemoryRepository, SeededSource, type WrittenIndex } from './memory-cluster-repository.ts';
import { MemoryRestores } from './memory-cluster-restore.ts';

export type { MemoryCluster } from './memory-cluster-controls.ts';

interface StoredSnapshot {
  readonly place: string;
  readonly facts: SnapshotFacts;
  readonly written: readonly WrittenIndex[];
  readonly copies: ReadonlyMap<string, IndexCopy>;
  readonly bytes: number;
  pollsLeft: number;
  deletePollsLeft: number;
  deleting: boolean;
  running: boolean;
}

const version = '3.8.0';
const stateNumbers = { SUCCESS: 1, FAILED: 2, PARTIAL: 3, IN_PROGRESS: 0 } as const;
const noShards = { total: 0, successful: 0, failed: 0 };

/** `staging` gives the store of the bucket that a repository's settings name. */
export function memoryCluster({
  staging,
  now = () => new Date(),
  seed = 'memory-cluster',
}: {
  staging: (bucket: string) => ObjectStore;
  now?: () => Date;
  seed?: string;
}): MemoryCluster {
  const source = new SeededSource(seed);
  const clusterUuid = source.id();
  const indices = new MemoryIndices(now, source);
  const restores = new MemoryRestores(indices);
  let free = 1024 ** 4;
  const repositories = new Map<string, RepositorySettings>();
  const snapshots = new Map<string, StoredSnapshot>();
  const failures: { readonly method: keyof Cluster; readonly error: Error }[] = [];
  const calls: (keyof Cluster)[] = [];
  let behaviour: SnapshotBehaviour = { polls: 1, outcome: 'SUCCESS', deletePolls: 0 };

  const called = (method: keyof Cluster): Promise<void> => {
    calls.push(method);
    const at = failures.findIndex((failure) => failure.method === method);
    const [failure] = at < 0 ? [] : failures.splice(at, 1);
    return failure === undefined ? Promise.resolve() : Promise.reject(failure.error);
  };
  const placeOf = ({ bucket = '', base_path = '' }: RepositorySettings): string => `${bucket}/${base_path}`;
  const blobsOf = ({ bucket = '', base_path = '' }: RepositorySettings): MemoryRepository =>
    new MemoryRepository(staging(bucket), base_path, source);
  const settingsOf = (repository: string): RepositorySettings => {
    const settings = repositories.get(repository);
    if (settings === undefined) throw new RepositoryMissing(`repository ${repository} is not registered`);
    return settings;
  };
  const refuseWhileInUse = (repository: string): void => {
    const settings = repositories.get(repository);
    const inUse = [...snapshots.values()].some(
      ({ running, place }) => running && settings && place === placeOf(settings),
    );
    if (inUse || restores.isRunningFrom(repository))
      throw new SnapshotInProgress(`repository ${repository} is in use by a snapshot or a restore`);
  };
  const refuseWhileSnapshotted = (index: string): void => {
    const names = [...snapshots.values()].flatMap(({ running, facts }) => (running ? facts.indices : []));
    if (names.includes(index)) throw new SnapshotInProgress(`index ${index} is being snapshotted`);
  };
  /** A snapshot lives with its blobs: a repository that is registered again finds it, an emptied one does not. */
  const find = async (repository: string, name: string): Promise<StoredSnapshot | undefined> => {
    const settings = settingsOf(repository);
    const place = placeOf(settings);
    const running = [...snapshots.values()].find(
      (one) => one.running && one.place === place && one.facts.name === name,
    );
    if (running !== undefined) return running;
    const { data } = await blobsOf(settings).read();
    const entry = data.snapshots.find((one) => one.name === name);
    return entry && snapshots.get(entry.uuid);
  };

  /** A removal goes on by itself, a step each time somebody looks. */
  const removed = async (repository: string, snapshot: StoredSnapshot): Promise<boolean> => {
    if (snapshot.deletePollsLeft-- > 0) return false;
    await blobsOf(settingsOf(repository)).remove(snapshot.facts.uuid);
    // Still known: copies of its blobs may lie under another prefix.
    snapshot.deleting = false;
    return true;
  };

  const shardsFor = (name: string, isLast: boolean): { bytes: number; failed: boolean }[] => {
    const sizes = indices.shardBytes(name);
    const { outcome } = behaviour;
    return sizes.map((bytes, number) => ({
      bytes,
      failed: outcome === 'FAILED' || (outcome === 'PARTIAL' && isLast && number === sizes.length - 1),
    }));
  };

  return {
    calls,
    putIndex: (name, options = {}) => indices.put(name, options),
    changeIndex: (name, change) => indices.change(name, change),
    removeIndex: (name) => indices.remove(name),
    addDocuments: (name, documents) => indices.add(name, documents),
    indexNames: () => indices.names(),
    snapshotsGo: (changed) => {
      behaviour = { ...behaviour, ...changed };
    },
    restoresGo: (changed) => restores.go(changed),
    setFreeBytes: (bytes) => {
      free = bytes;
    },
    failNext: (method, error, times = 1) => {
      for (let count = 0; count < times; count++) failures.push({ method, error });
    },

    async facts() {
      await called('facts');
      return { uuid: clusterUuid, name: 'memory', version, distribution: 'opensearch' };
    },
    async indices(patterns) {
      await called('indices');
      return indices.matching(patterns);
    },
    async count(index) {
      await called('count');
      return indices.open(index).documents.size;
    },
    async maxSeqNos(index) {
      await called('maxSeqNos');
      return [...indices.open(index).maxSeqNos];
    },
    async mapping(index) {
      await called('mapping');
      return structuredClone(indices.get(index).mapping);
    },
    async refresh(index) {
      await called('refresh');
      indices.open(index);
    },
    async sample(index, size, sampleSeed) {
      await called('sample');
      return indices.sample(index, size, sampleSeed);
    },
    async documents(index, ids) {
      await called('documents');
      const { documents } = indices.open(index);
      return ids.filter((id) => documents.has(id)).map((id) => ({ id, source: structuredClone(documents.get(id)) }));
    },

    async registerRepository(name, settings) {
      await called('registerRepository');
      refuseWhileInUse(name);
      // As OpenSearch does: the repository stays registered even where its verification fails.
      repositories.set(name, { ...settings });
      if (settings['readonly'] === 'true') return;
      try {
        await blobsOf(settings).verify();
      } catch (cause) {
        if (!(cause instanceof BucketMissing)) throw cause;
        throw new RepositoryUnusable(`repository ${name}: no bucket ${settings['bucket'] ?? ''}`, { cause });
      }
    },
    async repository(name) {
      await called('repository');
      const settings = repositories.get(name);
      return settings && { ...settings };
    },
    async repositories() {
      await called('repositories');
      return [...repositories.keys()].sort();
    },
    async removeRepository(name) {
      await called('removeRepository');
      refuseWhileInUse(name);
      repositories.delete(name);
    },

    async startSnapshot(repository, name, names, { partial = false, metadata = {} } = {}) {
      await called('startSnapshot');
      if (names.length === 0) throw new NoIndicesSelected('a snapshot of no indices was asked for');
      const settings = settingsOf(repository);
      if (settings['readonly'] === 'true') throw new RepositoryReadonly(`repository ${repository} is read-only`);
      const existing = await find(repository, name);
      if (existing?.running === true) throw new SnapshotInProgress(`snapshot ${name} is already in progress`);
      if (existing !== undefined)
        throw new SnapshotNameTaken(`400 invalid_snapshot_name_exception: ${name} already exists`);
      const there = names.filter((index) => indices.matching([index]).length > 0);
      const gone = names.filter((index) => !there.includes(index));
      if (gone.length > 0 && !partial) throw new IndexMissing(`there is no index ${gone.join(', ')}`);
      const red = there.filter((index) => indices.get(index).facts.health === 'red');
      if (red.length > 0 && !partial) throw new IndexUnhealthy(`indices without all primary shards: ${red.join(', ')}`);

      const uuid = source.id();
      const sorted = [...there].sort();
      const parts = sorted.map((index, at) => ({
        name: index,
        uuid: indices.get(index).facts.uuid,
        shards: red.includes(index)
          ? indices.shardBytes(index).map((bytes) => ({ bytes, failed: true }))
          : shardsFor(index, at === sorted.length - 1),
      }));
      const shards = parts.flatMap((index) =>
        index.shards.map((shard, at) => ({ ...shard, name: `${index.name}/${at}` })),
      );
      const failed = shards.filter((shard) => shard.failed);
      snapshots.set(uuid, {
        place: placeOf(settings),
        facts: {
          name,
          uuid,
          state: failed.length > 0 && behaviour.outcome === 'SUCCESS' ? 'PARTIAL' : behaviour.outcome,
          startedAt: now(),
          indices: sorted,
          shards: { total: shards.length, successful: shards.length - failed.length, failed: failed.length },
          failures: failed.slice(0, 20).map((shard) => `${shard.name}: node shutdown`),
          metadata,
        },
        bytes: shards.reduce((sum, { bytes }) => sum + bytes, 0),
        written: await blobsOf(settings).writeIndices(parts, uuid),
        copies: new Map(sorted.map((index) => [index, indices.copy(index)])),
        pollsLeft: behaviour.polls,
        deletePollsLeft: behaviour.deletePolls,
        deleting: false,
        running: true,
      });
    },
    async snapshot(repository, name) {
      await called('snapshot');
      const snapshot = await find(repository, name);
      if (snapshot === undefined || (snapshot.deleting && (await removed(repository, snapshot)))) return undefined;
      if (snapshot.running && snapshot.pollsLeft-- > 0)
        return { ...snapshot.facts, state: 'IN_PROGRESS', shards: noShards, failures: [] };
      if (snapshot.running) {
        const { facts, written } = snapshot;
        const state = stateNumbers[facts.state];
        await blobsOf(settingsOf(repository)).finish({ name, uuid: facts.uuid, state, version }, written);
        snapshot.running = false;
      }
      return snapshot.facts;
    },
    async deleteSnapshot(repository, name) {
      await called('deleteSnapshot');
      const snapshot = await find(repository, name);
      if (snapshot === undefined) return true;
      snapshot.deleting = true;
      return removed(repository, snapshot);
    },

    async snapshots(repository) {
      await called('snapshots');
      const settings = settingsOf(repository);
      const { data } = await blobsOf(settings).read();
      const stored = data.snapshots.flatMap(({ uuid }) => snapshots.get(uuid)?.facts ?? []);
      const running = [...snapshots.values()].filter((one) => one.running && one.place === placeOf(settings));
      return [...stored, ...running.map(({ facts }) => ({ ...facts, state: 'IN_PROGRESS' as const }))]
        .map(({ name, uuid, state, startedAt }) => ({ name, uuid, state, startedAt }))
        .sort((one, other) => one.startedAt.getTime() - other.startedAt.getTime());
    },
    async runningSnapshots() {
      await called('runningSnapshots');
      const running = [...snapshots.values()].filter((one) => one.running);
      return running.flatMap(({ place, facts: { name } }) =>
        [...repositories]
          .filter(([, settings]) => settings['readonly'] !== 'true' && placeOf(settings) === place)
          .map(([repository]) => ({ repository, name })),
      );
    },
    async snapshotSize(repository, name) {
      await called('snapshotSize');
      const snapshot = await find(repository, name);
      if (snapshot === undefined) throw new SnapshotMissing(`${repository}:${name} does not exist`);
      // Every snapshot in memory writes all of its blobs anew.
      return { bytes: snapshot.bytes, addedBytes: snapshot.bytes, addedFiles: snapshot.facts.shards.successful };
    },
    async cleanUpRepository(repository) {
      await called('cleanUpRepository');
      settingsOf(repository);
      refuseWhileInUse(repository);
      return { deletedBytes: 0, deletedBlobs: 0 };
    },

    async freeBytes() {
      await called('freeBytes');
      return free;
    },
    async startRestore(repository, name, index) {
      await called('startRestore');
      const blobs = blobsOf(settingsOf(repository));
      const snapshot = await find(repository, name);
      if (snapshot === undefined || snapshot.running) throw new SnapshotMissing(`${repository}:${name} does not exist`);
      const copy = snapshot.copies.get(index.from);
      const written = snapshot.written.find((one) => one.name === index.from);
      await restores.start({ name: repository, blobs }, copy && written && { copy, written }, index);
    },
    async restoreProgress(index) {
      await called('restoreProgress');
      return restores.progress(index);
    },
    async restoredFrom(index) {
      await called('restoredFrom');
      return restores.from(index);
    },
    async closeIndex(index) {
      await called('closeIndex');
      indices.get(exactName(index));
      refuseWhileSnapshotted(index);
      indices.change(index, { state: 'close' });
    },
    async deleteIndex(index) {
      await called('deleteIndex');
      exactName(index);
      refuseWhileSnapshotted(index);
      indices.remove(index);
    },
  };
}
