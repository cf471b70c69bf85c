/** What Permafrost asks of a cluster about one snapshot, index by index. */

export interface SnapshotContents {
  /** Of the cluster that wrote the snapshot, `3.8.0`. */
  readonly version: string;
  /** Sorted by name. */
  readonly indices: readonly {
    readonly name: string;
    /** Primary shards; those that failed are not in the snapshot. */
    readonly shards: { readonly total: number; readonly failed: number };
    /** Size of the primary shards that are in it. */
    readonly bytes: number;
  }[];
}

/**
 * Contract: an absent snapshot is `undefined`; every other failure is a named error, as ports/cluster.ts has them, above all
 * `RepositoryMissing` and `NotAllowed`. Of a snapshot that still runs the contents are not final.
 */
export interface SnapshotReader {
  contents(repository: string, snapshot: string): Promise<SnapshotContents | undefined>;
}
