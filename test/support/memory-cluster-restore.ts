/** Restores in a cluster in memory: from the blobs that its own snapshots wrote, wherever they lie by then. */
import type { RestoreProgress } from '../../ports/cluster.ts';
import { exactName } from '../../ports/opensearch-indices.ts';
import { ClusterAnswerUnknown, IndexExists, IndexMissing, SnapshotMissing } from '../../workflow/errors.ts';
import type { IndexCopy, MemoryIndices } from './memory-cluster-indices.ts';
import type { WrittenIndex } from './memory-cluster-blobs.ts';
import type { MemoryRepository } from './memory-cluster-repository.ts';

/** How restores go that are started from now on. */
export interface RestoreBehaviour {
  /** How often `restoreProgress` finds the restore under way before its end. Default 1. */
  readonly polls: number;
  /** So many shards fail, besides those whose blobs are missing, changed or cold. Default 0. */
  readonly failedShards: number;
}

/** What a snapshot holds of one index. */
export interface SnapshottedIndex {
  readonly copy: IndexCopy;
  readonly written: WrittenIndex;
}

const mostFailures = 20;

export class MemoryRestores {
  readonly #indices: MemoryIndices;
  #behaviour: RestoreBehaviour = { polls: 1, failedShards: 0 };
  constructor(indices: MemoryIndices) {
    this.#indices = indices;
  }

  go(changed: Partial<RestoreBehaviour>): void {
    this.#behaviour = { ...this.#behaviour, ...changed };
  }

  /** As OpenSearch: blobs of shards are read after the answer, so that their faults show in the progress only. */
  async start(
    repository: { readonly name: string; readonly snapshot: string; readonly blobs: MemoryRepository },
    snapshotted: SnapshottedIndex | undefined,
    { from, to, replicas }: { readonly from: string; readonly to: string; readonly replicas: number },
  ): Promise<void> {
    exactName(to);
    if (snapshotted === undefined) throw new IndexMissing(`no such index ${from} in the snapshot`);
    const { copy, written } = snapshotted;
    if (written.shards.some(({ generation }) => generation === null))
      throw new ClusterAnswerUnknown(`500 snapshot_restore_exception: index ${from} wasn't fully snapshotted`);
    if (!(await repository.blobs.hasMetadata(written)))
      throw new SnapshotMissing(`the metadata of ${from} is missing from repository ${repository.name}`);
    const existing = this.#indices.names().includes(to) ? this.#indices.get(to).facts : undefined;
    if (existing?.state === 'open') throw new IndexExists(`an open index has the name ${to}`);
    if (existing !== undefined && existing.shards !== copy.facts.shards)
      throw new ClusterAnswerUnknown(`500 snapshot_restore_exception: ${to} has ${existing.shards} shards`);
    const faults = await repository.blobs.faults(written);
    const failures = faults.flatMap((fault, shard) => {
      const ordered = shard < this.#behaviour.failedShards ? 'CorruptIndexException[checksum failed]' : undefined;
      return (fault ?? ordered) === undefined ? [] : [`${shard}: ${fault ?? ordered}`];
    });
    const { name, snapshot } = repository;
    const pollsLeft = this.#behaviour.polls;
    const restore = { repository: name, snapshot, replicas, pollsLeft, ended: false, failures };
    this.#indices.restore(to, copy, restore, existing?.uuid);
  }

  /** A restore goes on by itself, a step each time somebody looks. */
  progress(index: string): RestoreProgress | undefined {
    if (!this.#indices.names().includes(exactName(index))) return undefined;
    this.#step(index);
    const { facts, restore } = this.#indices.get(index);
    const failures = restore?.ended ? restore.failures : [];
    const done = restore && !restore.ended ? 0 : facts.shards - failures.length;
    const shards = { total: facts.shards, done };
    return { uuid: facts.uuid, health: facts.health, shards, failures: failures.slice(0, mostFailures) };
  }

  from(index: string): string | undefined {
    return this.#indices.names().includes(exactName(index)) ? this.#indices.get(index).restore?.repository : undefined;
  }

  /** Of any snapshot, or of this one: whoever asks for that wants to remove it, and has looked. */
  isRunningFrom(repository: string, snapshot?: string): boolean {
    const running = this.#indices.names().filter((name) => {
      const { restore } = this.#indices.get(name);
      const fits = restore?.repository === repository && (snapshot === undefined || restore.snapshot === snapshot);
      return fits && !restore.ended;
    });
    for (const name of running) if (snapshot !== undefined) this.#step(name);
    return running.length > 0;
  }

  #step(index: string): void {
    const { restore } = this.#indices.get(index);
    if (!restore || restore.ended || restore.pollsLeft-- > 0) return;
    restore.ended = true;
    const started = restore.replicas > 0 ? 'yellow' : 'green';
    this.#indices.change(index, { health: restore.failures.length > 0 ? 'red' : started });
  }
}
