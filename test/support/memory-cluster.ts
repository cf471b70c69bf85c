/** A cluster in memory, as faithful to OpenSearch 3.8 as workflow tests need: same states, same refusals, same blobs in staging. */
import type { Cluster } from '../../ports/cluster.ts';
import type { ObjectStore } from '../../ports/object-store.ts';
import { exactName } from '../../ports/opensearch-indices.ts';
import { SnapshotMissing } from '../../workflow/errors.ts';
import type { MemoryCluster } from './memory-cluster-controls.ts';
import { MemoryIndices } from './memory-cluster-indices.ts';
import { MemoryRestores } from './memory-cluster-restore.ts';
import { MemorySnapshots } from './memory-cluster-snapshots.ts';
import { SeededSource } from './memory-cluster-source.ts';

export type { MemoryCluster } from './memory-cluster-controls.ts';

const version = '3.8.0';

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
  const snapshots = new MemorySnapshots({ indices, restores, staging, version, now, source });
  const { repositories } = snapshots;
  let free = 1024 ** 4;
  const failures: { readonly method: keyof Cluster; readonly error: Error }[] = [];
  const calls: (keyof Cluster)[] = [];

  const called = (method: keyof Cluster): Promise<void> => {
    calls.push(method);
    const at = failures.findIndex((failure) => failure.method === method);
    const [failure] = at < 0 ? [] : failures.splice(at, 1);
    return failure === undefined ? Promise.resolve() : Promise.reject(failure.error);
  };

  return {
    calls,
    putIndex: (name, options = {}) => indices.put(name, options),
    changeIndex: (name, change) => indices.change(name, change),
    removeIndex: (name) => indices.remove(name),
    addDocuments: (name, documents) => indices.add(name, documents),
    indexNames: () => indices.names(),
    snapshotsGo: (changed) => snapshots.go(changed),
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
      await repositories.register(name, settings);
    },
    async repository(name) {
      await called('repository');
      return repositories.get(name);
    },
    async repositories() {
      await called('repositories');
      return repositories.names();
    },
    async removeRepository(name) {
      await called('removeRepository');
      repositories.unregister(name);
    },

    async startSnapshot(repository, name, names, options) {
      await called('startSnapshot');
      await snapshots.start(repository, name, names, options);
    },
    async snapshot(repository, name) {
      await called('snapshot');
      return snapshots.look(repository, name);
    },
    async deleteSnapshot(repository, name) {
      await called('deleteSnapshot');
      return snapshots.remove(repository, name);
    },
    async snapshots(repository) {
      await called('snapshots');
      const listed = await snapshots.list(repository);
      return listed.map(({ name, uuid, state, startedAt }) => ({ name, uuid, state, startedAt }));
    },
    async runningSnapshots() {
      await called('runningSnapshots');
      return snapshots.running();
    },
    async snapshotSize(repository, name) {
      await called('snapshotSize');
      return snapshots.size(repository, name);
    },
    async cleanUpRepository(repository) {
      await called('cleanUpRepository');
      return snapshots.cleanUp(repository);
    },

    async freeBytes() {
      await called('freeBytes');
      return free;
    },
    async startRestore(repository, name, index) {
      await called('startRestore');
      const blobs = repositories.blobs(repository);
      const snapshot = await snapshots.find(repository, name);
      if (snapshot === undefined || snapshot.running) throw new SnapshotMissing(`${repository}:${name} does not exist`);
      const copy = snapshot.copies.get(index.from);
      const written = snapshot.written.find((one) => one.name === index.from);
      await restores.start({ name: repository, snapshot: name, blobs }, copy && written && { copy, written }, index);
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
      snapshots.refuseWhileSnapshotted(index);
      indices.change(index, { state: 'close' });
    },
    async blockWrites(index) {
      await called('blockWrites');
      return indices.blockWrites(exactName(index), true);
    },
    async allowWrites(index) {
      await called('allowWrites');
      indices.blockWrites(exactName(index), false);
    },
    async deleteIndex(index) {
      await called('deleteIndex');
      exactName(index);
      snapshots.refuseWhileSnapshotted(index);
      indices.remove(index);
    },
  };
}
