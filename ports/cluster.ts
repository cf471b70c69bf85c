/** What Permafrost asks of an OpenSearch cluster. */

export interface ClusterFacts {
  readonly uuid: string;
  readonly name: string;
  /** `3.8.0` */
  readonly version: string;
  /** As it calls itself: `opensearch`. Elasticsearch, and a domain in compatibility mode, say nothing. */
  readonly distribution: string | undefined;
}

export interface ClusterIndex {
  readonly name: string;
  readonly uuid: string;
  readonly state: 'open' | 'close';
  readonly health: 'green' | 'yellow' | 'red';
  /** UltraWarm and cold indices of the managed service; everything else is hot. */
  readonly tier: 'hot' | 'warm' | 'cold';
  /** The data stream whose backing index it is. */
  readonly dataStream?: string;
  readonly createdAt: Date;
  /** The version that created it, `3.8.0`: decides where it can be restored. */
  readonly createdVersion: string;
  /** Number of primary shards. */
  readonly shards: number;
  readonly documents: number;
  /** Size of the primary shards. */
  readonly bytes: number;
}

export interface SnapshotFacts {
  readonly name: string;
  readonly uuid: string;
  readonly state: 'IN_PROGRESS' | 'SUCCESS' | 'PARTIAL' | 'FAILED';
  readonly startedAt: Date;
  readonly indices: readonly string[];
  readonly endedAt?: Date;
  readonly shards: { readonly total: number; readonly successful: number; readonly failed: number };
  /** `index/shard: reason`, at most 20. */
  readonly failures: readonly string[];
  /** What whoever started it noted. */
  readonly metadata: Readonly<Record<string, string>>;
}

/** A snapshot as a list of all of a repository has it. */
export type ListedSnapshot = Pick<SnapshotFacts, 'name' | 'uuid' | 'state' | 'startedAt'>;

export interface SnapshotOptions {
  /** Take what can be taken: an index that is gone meanwhile is left out, and one without a primary shard makes the snapshot PARTIAL. */
  readonly partial?: boolean;
  /** Kept with the snapshot. */
  readonly metadata?: Readonly<Record<string, string>>;
}

export interface SnapshotSize {
  /** All that the snapshot refers to. */
  readonly bytes: number;
  /** What it added to the repository. */
  readonly addedBytes: number;
  readonly addedFiles: number;
}

/** Settings of an S3 repository, as OpenSearch names them; values as it returns them: strings. */
export type RepositorySettings = Readonly<Record<string, string>>;

export interface Document {
  readonly id: string;
  readonly source: unknown;
}

/**
 * Contract, held by every implementation (test/ports/cluster.contract.ts, test/ports/cluster-restore.contract.ts):
 * - An absent thing is `undefined` where the return type says so; every other failure is a named error:
 *   `ClusterUnreachable`, `ClusterBusy` (both retryable), `NotAllowed`, `RepositoryMissing`, `RepositoryUnusable`,
 *   `RepositoryReadonly`,
 *   `SnapshotMissing`, `SnapshotInProgress`, `SnapshotNameTaken`, `NoIndicesSelected` (an empty list would mean every index), `IndexMissing`,
 *   `IndexClosed`, `IndexUnhealthy`, `IndexExists`, `VersionIncompatible` (a snapshot of a newer version, or an index of one too
 *   old), `InvalidRequest` (what should be the name of one index could mean several), or `ClusterAnswerUnknown`.
 * - Removals of absent things succeed.
 */
export interface Cluster {
  facts(): Promise<ClusterFacts>;
  /** Indices, open and closed, that fit any of the patterns (`*` wildcards), without system indices (`.`) unless a pattern names them; sorted by name. */
  indices(patterns: readonly string[]): Promise<ClusterIndex[]>;
  /** Documents of an open index, as a search would see them after a refresh. */
  count(index: string): Promise<number>;
  /** Highest sequence number of each primary shard, by shard number; -1 for an empty shard. */
  maxSeqNos(index: string): Promise<number[]>;
  mapping(index: string): Promise<unknown>;
  /** Makes writes durable and visible before they are counted. */
  refresh(index: string): Promise<void>;
  /** Up to `size` documents, chosen reproducibly: the same index, content and seed give the same documents, also after a restore. */
  sample(index: string, size: number, seed: number): Promise<Document[]>;
  /** The documents with these ids that exist. */
  documents(index: string, ids: readonly string[]): Promise<Document[]>;

  /** Registers or updates an S3 repository; the cluster verifies that it can write there. */
  registerRepository(name: string, settings: RepositorySettings): Promise<void>;
  repository(name: string): Promise<RepositorySettings | undefined>;
  /** Names of all registered repositories. */
  repositories(): Promise<string[]>;
  removeRepository(name: string): Promise<void>;

  /** Starts a snapshot of exactly these indices, without global state and aliases' targets, and does not wait. */
  startSnapshot(repository: string, name: string, indices: readonly string[], options?: SnapshotOptions): Promise<void>;
  snapshot(repository: string, name: string): Promise<SnapshotFacts | undefined>;
  /** Asks for the removal. True when it is done; false when the cluster is still at it. */
  deleteSnapshot(repository: string, name: string): Promise<boolean>;
  /** All snapshots of a repository, oldest first; also those that run. */
  snapshots(repository: string): Promise<ListedSnapshot[]>;
  /** Snapshots that run just now, in any repository. */
  runningSnapshots(): Promise<{ readonly repository: string; readonly name: string }[]>;
  /** Sizes of a snapshot that has ended. */
  snapshotSize(repository: string, name: string): Promise<SnapshotSize>;
  /** Removes blobs that no snapshot of the repository refers to. `SnapshotInProgress` while it is used, or when no answer came in time. */
  cleanUpRepository(repository: string): Promise<{ readonly deletedBytes: number; readonly deletedBlobs: number }>;

  /** Bytes free for new shards on all data nodes together, under the cluster's own disk watermark. */
  freeBytes(): Promise<number>;
  /**
   * Starts the restore of one index of a snapshot under another (or the same) name and does not wait. Never global state or
   * aliases; never the original's index-management settings, allocation filters and blocks; `replicas` replicas. `IndexExists`
   * when an open index (or an alias) has the name; a closed one is restored over and keeps its UUID and its own aliases.
   */
  startRestore(
    repository: string,
    snapshot: string,
    index: { readonly from: string; readonly to: string; readonly replicas: number },
  ): Promise<void>;
  /**
   * How the restore of an index stands, or undefined when there is no such index. It has ended when each shard is done or has
   * failed; missing replicas show in `health` only.
   */
  restoreProgress(index: string): Promise<RestoreProgress | undefined>;
  /**
   * The repository that the index was restored from, as its shards say, whether their recovery succeeded or not; undefined: not
   * restored. It is forgotten once every primary shard has moved or its node has restarted.
   */
  restoredFrom(index: string): Promise<string | undefined>;
  /** By its exact name: an alias closes nothing. */
  closeIndex(index: string): Promise<void>;
  /**
   * Lets no more documents be written to an index; those on their way are in when this returns. False where it was so before.
   * By its exact name.
   */
  blockWrites(index: string): Promise<boolean>;
  allowWrites(index: string): Promise<void>;
  /** By its exact name, open or closed. */
  deleteIndex(index: string): Promise<void>;
}

export interface RestoreProgress {
  readonly uuid: string;
  readonly health: 'green' | 'yellow' | 'red';
  readonly shards: { readonly total: number; readonly done: number };
  /** Shards whose recovery failed for good: `shard: reason`, from the allocation explanation, at most 20. */
  readonly failures: readonly string[];
}
