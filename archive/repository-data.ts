import { z } from 'zod';
import { StagingIncomplete } from '../workflow/errors.ts';
import { parseRecord } from './parse-record.ts';

/**
 * The root metadata of a snapshot repository (`index-N`), as OpenSearch 1.x to 3.x write it. Only what an archive needs is
 * read; members that other versions add are passed over.
 * Written by `RepositoryData.snapshotsToXContent` of OpenSearch; keys as `BlobStoreRepository` describes them:
 * https://github.com/opensearch-project/OpenSearch/blob/3.8.0/server/src/main/java/org/opensearch/repositories/blobstore/package-info.java
 */
const rootMetadata = z.object({
  snapshots: z.array(
    z.object({
      name: z.string(),
      uuid: z.string(),
      index_metadata_lookup: z.record(z.string(), z.string()).optional(),
    }),
  ),
  indices: z.record(
    z.string(),
    z.object({
      id: z.string(),
      snapshots: z.array(z.string()),
      shard_generations: z.array(z.string().nullable()).optional(),
      shard_path_type: z.number().optional(),
    }),
  ),
  index_metadata_identifiers: z.record(z.string(), z.string()).optional(),
});

export interface RepositorySnapshot {
  readonly name: string;
  readonly uuid: string;
  /** Where the snapshot's copy of an index's metadata is: `meta-<value>.dat`, by the index's repository id. */
  readonly metadataBlobs: ReadonlyMap<string, string>;
}

export interface RepositoryIndex {
  readonly name: string;
  /** The index's folder in the repository: `indices/<repositoryId>/`. */
  readonly repositoryId: string;
  /** Number of primary shards; undefined where the repository is too old to say. */
  readonly shards: number | undefined;
  /** UUIDs of the snapshots that hold the index. */
  readonly snapshots: readonly string[];
  /** False when the cluster wrote shard data under a hashed prefix (`shard_path_type` other than FIXED). */
  readonly fixedPaths: boolean;
}

export interface RepositoryData {
  readonly snapshots: readonly RepositorySnapshot[];
  readonly indices: readonly RepositoryIndex[];
}

/**
 * The key of the newest root metadata among a repository's keys (relative to its prefix).
 * @throws StagingIncomplete when there is none: the repository then shows as empty, without any error from the cluster.
 */
export function rootMetadataKey(keys: Iterable<string>): string {
  let newest = -1;
  for (const key of keys) {
    const match = /^index-(\d+)$/.exec(key);
    if (match) newest = Math.max(newest, Number(match[1]));
  }
  if (newest < 0) throw new StagingIncomplete('The staged repository has no root metadata (index-N)');
  return `index-${newest}`;
}

/** `index.latest`: the generation of the newest `index-N`, 8 bytes, big-endian. */
export function parseIndexLatest(bytes: Uint8Array): number {
  if (bytes.length !== 8) throw new StagingIncomplete(`index.latest has ${bytes.length} bytes instead of 8`);
  return Number(Buffer.from(bytes.buffer, bytes.byteOffset, 8).readBigInt64BE());
}

/** @throws StagingIncomplete when the bytes are not a repository's root metadata. */
export function parseRepositoryData(bytes: Uint8Array): RepositoryData {
  const root = parseRecord(bytes, rootMetadata, "The repository's root metadata (index-N)", StagingIncomplete);
  const identifiers = new Map(Object.entries(root.index_metadata_identifiers ?? {}));
  return {
    snapshots: root.snapshots.map(({ name, uuid, index_metadata_lookup: lookup = {} }) => ({
      name,
      uuid,
      metadataBlobs: new Map(
        Object.entries(lookup).flatMap(([repositoryId, identifier]) => {
          const blob = identifiers.get(identifier);
          return blob === undefined ? [] : [[repositoryId, blob] as const];
        }),
      ),
    })),
    indices: Object.entries(root.indices).map(([name, index]) => ({
      name,
      repositoryId: index.id,
      shards: index.shard_generations?.length,
      snapshots: index.snapshots,
      fixedPaths: (index.shard_path_type ?? 0) === 0,
    })),
  };
}

/**
 * Checks that every metadata file of the snapshot is among `keys` (relative to the repository's prefix), for every index and
 * shard that the snapshot must hold, and that the snapshot holds nothing else. Returns the snapshot's UUID and the indices'
 * folders, in the order of `indices`.
 * @throws StagingIncomplete naming up to ten of what is missing, and saying so when the cluster wrote shard data under
 * hashed prefixes, which are not below this one.
 */
export function checkRepositoryComplete(
  data: RepositoryData,
  snapshotName: string,
  indices: ReadonlyMap<string, number>,
  keys: Iterable<string>,
): { readonly snapshotUuid: string; readonly indices: readonly { name: string; repositoryId: string }[] } {
  const snapshot = data.snapshots.find(({ name }) => name === snapshotName);
  if (!snapshot) throw new StagingIncomplete(`Snapshot ${snapshotName} is not in the staged repository`);
  const present = new Set(keys);
  const missing: string[] = [];
  const need = (key: string, what: string): void => {
    if (!present.has(key)) missing.push(`${key} (${what})`);
  };
  rootMetadataKey(present);
  need('index.latest', 'pointer to the root metadata');
  need(`snap-${snapshot.uuid}.dat`, 'the snapshot');
  need(`meta-${snapshot.uuid}.dat`, "the snapshot's global metadata");

  const held = new Map(data.indices.filter((i) => i.snapshots.includes(snapshot.uuid)).map((i) => [i.name, i]));
  const folders: { name: string; repositoryId: string }[] = [];
  for (const [name, shards] of indices) {
    const index = held.get(name);
    if (!index) {
      missing.push(`index ${name} (not in the snapshot)`);
      continue;
    }
    const { repositoryId } = index;
    folders.push({ name, repositoryId });
    if (!index.fixedPaths) {
      missing.push(`index ${name} (its shards are outside the prefix: the repository is not of shard_path_type FIXED)`);
      continue;
    }
    if (index.shards !== undefined && index.shards !== shards) {
      missing.push(`index ${name} (${index.shards} of ${shards} shards in the snapshot)`);
    }
    const folder = `indices/${repositoryId}/`;
    // Repositories of before 7.9 keep one metadata file a snapshot, named by the snapshot.
    need(`${folder}meta-${snapshot.metadataBlobs.get(repositoryId) ?? snapshot.uuid}.dat`, `metadata of index ${name}`);
    for (let shard = 0; shard < shards; shard++) {
      need(`${folder}${shard}/snap-${snapshot.uuid}.dat`, `index ${name}, shard ${shard}`);
    }
  }
  for (const name of held.keys()) if (!indices.has(name)) missing.push(`index ${name} (in the snapshot, not selected)`);
  if (missing.length > 0) {
    const rest = missing.length > 10 ? ` and ${missing.length - 10} more` : '';
    throw new StagingIncomplete(`The staged repository lacks: ${missing.slice(0, 10).join(', ')}${rest}`);
  }
  return { snapshotUuid: snapshot.uuid, indices: folders };
}
