import { parseRepositoryData, rootMetadataKey } from '../../archive/repository-data.ts';
import type { Cluster } from '../../ports/cluster.ts';
import type { ObjectStore } from '../../ports/object-store.ts';
import type { SnapshotReader } from '../../ports/snapshot-contents.ts';

/** Reads what a cluster in memory has written: the root metadata of the repository, and the blobs of the snapshot's indices. */
export const memorySnapshotReader = (cluster: Cluster, storeOf: (bucket: string) => ObjectStore): SnapshotReader => ({
  async contents(repository, name) {
    const facts = await cluster.snapshot(repository, name);
    if (!facts) return undefined;
    const { bucket = '', base_path: basePath = '' } = (await cluster.repository(repository))!;
    const store = storeOf(bucket);
    const prefix = basePath === '' ? '' : `${basePath}/`;
    const sizes = new Map<string, number>();
    for await (const { key, bytes } of store.list(prefix)) sizes.set(key.slice(prefix.length), bytes);
    const { indices } = parseRepositoryData(await store.read(prefix + rootMetadataKey(sizes.keys())));
    return {
      version: (await cluster.facts()).version,
      indices: facts.indices.toSorted().map((index) => {
        const { repositoryId, shards } = indices.find((one) => one.name === index)!;
        const blobs = [...sizes].filter(([key]) => key.startsWith(`indices/${repositoryId}/`) && key.includes('/__'));
        return {
          name: index,
          shards: {
            total: shards!,
            failed: facts.failures.filter((failure) => failure.startsWith(`${index}/`)).length,
          },
          bytes: blobs.reduce((sum, [, bytes]) => sum + bytes, 0),
        };
      }),
    };
  },
});
