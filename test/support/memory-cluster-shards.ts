/** Which shards a snapshot of a cluster in memory takes, and which of them fail. */
import type { SnapshotFacts } from '../../ports/cluster.ts';
import { IndexMissing, IndexUnhealthy } from '../../workflow/errors.ts';
import type { RepositoryIndex } from './memory-cluster-blobs.ts';
import type { SnapshotBehaviour } from './memory-cluster-controls.ts';
import type { MemoryIndices } from './memory-cluster-indices.ts';

export interface SelectedShards {
  readonly indices: readonly RepositoryIndex[];
  readonly facts: Pick<SnapshotFacts, 'state' | 'indices' | 'shards' | 'failures'>;
}

/** Without `partial` all of the indices must be there, with all of their primary shards. */
export function selectShards(
  indices: MemoryIndices,
  names: readonly string[],
  { partial, outcome }: { readonly partial: boolean } & Pick<SnapshotBehaviour, 'outcome'>,
): SelectedShards {
  const there = names.filter((index) => indices.names().includes(index)).sort();
  const gone = names.filter((index) => !there.includes(index));
  if (gone.length > 0 && !partial) throw new IndexMissing(`no such index [${gone.join(', ')}]`);
  const red = there.filter((index) => indices.get(index).facts.health === 'red');
  if (red.length > 0 && !partial) throw new IndexUnhealthy(`indices don't have primary shards [${red.join(', ')}]`);

  const failures: string[] = [];
  const selected = there.map((name, at): RepositoryIndex => {
    const { facts, maxSeqNos } = indices.get(name);
    const shards = indices.shardBytes(name).map((bytes, number, { length }) => {
      const isLast = at === there.length - 1 && number === length - 1;
      const isLost = outcome === 'FAILED' || (outcome === 'PARTIAL' && isLast);
      const reason = red.includes(name) ? 'primary shard is not allocated' : isLost ? 'node shutdown' : undefined;
      if (reason !== undefined) failures.push(`${name}/${number}: ${reason}`);
      return { bytes, maxSeqNo: maxSeqNos[number] ?? -1, failed: reason !== undefined };
    });
    return { name, uuid: facts.uuid, shards };
  });
  const total = selected.reduce((sum, { shards }) => sum + shards.length, 0);
  const failed = failures.length;
  return {
    indices: selected,
    facts: {
      state: failed > 0 && outcome === 'SUCCESS' ? 'PARTIAL' : outcome,
      indices: there,
      shards: { total, successful: total - failed, failed },
      failures: failures.slice(0, 20),
    },
  };
}
