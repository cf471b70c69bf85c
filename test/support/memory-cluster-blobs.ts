/** What lies in a snapshot repository of a cluster in memory. */

export interface RepositoryIndex {
  readonly name: string;
  readonly uuid: string;
  readonly shards: readonly { readonly bytes: number; readonly maxSeqNo: number; readonly failed: boolean }[];
}

export interface RepositorySnapshot {
  readonly name: string;
  readonly uuid: string;
  readonly state: number;
  readonly index_metadata_lookup: Readonly<Record<string, string>>;
  readonly version: string;
}

/** RepositoryData as `index-N` holds it. */
export interface RepositoryData {
  readonly snapshots: readonly RepositorySnapshot[];
  readonly indices: Readonly<
    Record<
      string,
      {
        readonly id: string;
        readonly shard_path_type: number;
        readonly snapshots: readonly string[];
        readonly shard_generations: readonly (string | null)[];
      }
    >
  >;
  readonly index_metadata_identifiers: Readonly<Record<string, string>>;
}

export interface Blob {
  readonly path: string;
  readonly bytes: number;
  readonly sha256: string;
}

export interface WrittenShard {
  /** Null: the shard failed, and nothing of it is there. */
  readonly generation: string | null;
  readonly bytes: number;
  readonly maxSeqNo: number;
  /** Snapshots share the blobs of what they have in common. */
  readonly data: readonly Blob[];
  /** Those of the data that this snapshot wrote. */
  readonly added: readonly Blob[];
  readonly record?: Blob;
}

/** What a snapshot has written below `indices/` and will be named in `index-N` once it ends. */
export interface WrittenIndex {
  readonly name: string;
  readonly id: string;
  readonly metadataIdentifier: string;
  readonly metadataBlob: string;
  readonly shards: readonly WrittenShard[];
}
