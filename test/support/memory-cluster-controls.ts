/** What a test can do to a cluster in memory, besides what the port allows. */
import type { Cluster, ClusterIndex, Document } from '../../ports/cluster.ts';
import type { MemoryIndexOptions } from './memory-cluster-indices.ts';
import type { RestoreBehaviour } from './memory-cluster-restore.ts';

/** How snapshots go that are started from now on. */
export interface SnapshotBehaviour {
  /** How often `snapshot` and `runningSnapshots` find it running before the end. Default 1. */
  readonly polls: number;
  /** PARTIAL: the last shard of the last index is missing. FAILED: every shard is. Default SUCCESS. */
  readonly outcome: 'SUCCESS' | 'PARTIAL' | 'FAILED';
  /** How often the cluster is found still removing a snapshot, by `deleteSnapshot` and by `snapshot`. Default 0. */
  readonly deletePolls: number;
  /** `snapshot.max_concurrent_operations`: snapshots and removals at once, in all repositories. Holds for all. Default 1000. */
  readonly atOnce: number;
}

export interface MemoryCluster extends Cluster {
  putIndex(name: string, options?: MemoryIndexOptions): void;
  changeIndex(name: string, change: Partial<Pick<ClusterIndex, 'state' | 'health' | 'tier'>>): void;
  removeIndex(name: string): void;
  /** Writes documents; one with a known id replaces it and takes a new sequence number, as an update does. */
  addDocuments(index: string, documents: readonly Document[]): void;
  indexNames(): string[];
  snapshotsGo(behaviour: Partial<SnapshotBehaviour>): void;
  restoresGo(behaviour: Partial<RestoreBehaviour>): void;
  /** What `freeBytes` answers from now on. At first 1 TiB. */
  setFreeBytes(bytes: number): void;
  /** The next calls of this method fail with this error, before they change anything. */
  failNext(method: keyof Cluster, error: Error, times?: number): void;
  /** The methods that were called, in order, failed calls included. */
  readonly calls: readonly (keyof Cluster)[];
}
