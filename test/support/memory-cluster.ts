/** A cluster in memory, as faithful to OpenSearch 3.8 as workflow tests need: same states, same refusals, same blobs in staging. */
import type { Cluster, ClusterIndex, Document, RepositorySettings, SnapshotFacts } from '../../ports/cluster.ts';
import type { ObjectStore } from '../../ports/object-store.ts';
import {
  BucketMissing,
  ClusterAnswerUnknown,
  IndexMissing,
  IndexUnhealthy,
  NoIndicesSelected,
  RepositoryMissing,
  RepositoryUnusable,
  SnapshotInProgress,
} from '../../workflow/errors.ts';
import { MemoryIndices, type MemoryIndexOptions } from './memory-cluster-indices.ts';
import { MemoryRepository, SeededSource, type WrittenIndex } from './memory-cluster-repository.ts';

/** How snapshots go that are started from now on. */
export interface SnapshotBehaviour {
  /** How often `snapshot` answers IN_PROGRESS before the end. Default 1. */
  readonly polls: number;
  /** PARTIAL: the last shard of the last index is missing. FAILED: every shard is. Default SUCCESS. */
  readonly outcome: 'SUCCESS' | 'PARTIAL' | 'FAILED';
  /** How often the cluster is found still removing a snapshot, by `deleteSnapshot` and by `snapshot`. Default 0. */
  readonly deletePolls: number;
}

export interface MemoryCluster extends Cluster {
  putIndex(name: string, options?: MemoryIndexOptions): void;
  changeIndex(name: string, change: Partial<Pick<ClusterIndex, 'state' | 'health' | 'tier'>>): void;
  removeIndex(name: string): void;
  /** Writes documents; one with a known id replaces it and takes a new sequence number, as an update does. */
  addDocuments(index: string, documents: readonly Document[]): void;
  indexNames(): string[];
  snapshotsGo(behaviour: Partial<SnapshotBehaviour>): void;
  /** The next calls of this method fail with this error, before they change anything. */
  failNext(method: keyof Cluster, error: Error, times?: number): void;
  /** The methods that were called, in order, failed calls included. */
  readonly calls: readonly (keyof Cluster)[];
}

interface StoredSnapshot {
  readonly place: string;
  readonly facts: SnapshotFacts;
  readonly written: readonly WrittenIndex[];
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
    if (inUse) throw new SnapshotInProgress(`repository ${repository} is in use by a snapshot`);
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
    snapshots.delete(snapshot.facts.uuid);
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
    failNext: (method, error, times = 1) => {
      for (let count = 0; count < times; count++) failures.push({ method, error });
    },

    async facts() {
      await called('facts');
      return { uuid: clusterUuid, name: 'memory', version };
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

    async startSnapshot(repository, name, names) {
      await called('startSnapshot');
      if (names.length === 0) throw new NoIndicesSelected('a snapshot of no indices was asked for');
      const settings = settingsOf(repository);
      if (settings['readonly'] === 'true') throw new RepositoryUnusable(`repository ${repository} is read-only`);
      const existing = await find(repository, name);
      if (existing?.running === true) throw new SnapshotInProgress(`snapshot ${name} is already in progress`);
      if (existing !== undefined)
        throw new ClusterAnswerUnknown(`400 invalid_snapshot_name_exception: ${name} already exists`);
      for (const index of names)
        if (indices.matching([index]).length === 0) throw new IndexMissing(`there is no index ${index}`);
      const red = names.filter((index) => indices.get(index).facts.health === 'red');
      if (red.length > 0) throw new IndexUnhealthy(`indices without all primary shards: ${red.join(', ')}`);

      const uuid = source.id();
      const sorted = [...names].sort();
      const parts = sorted.map((index, at) => ({
        name: index,
        uuid: indices.get(index).facts.uuid,
        shards: shardsFor(index, at === sorted.length - 1),
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
          state: behaviour.outcome,
          startedAt: now(),
          indices: sorted,
          shards: { total: shards.length, successful: shards.length - failed.length, failed: failed.length },
          failures: failed.slice(0, 20).map((shard) => `${shard.name}: node shutdown`),
        },
        written: await blobsOf(settings).writeIndices(parts, uuid),
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
  };
}
