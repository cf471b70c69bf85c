import type { Cluster } from '../../ports/cluster.ts';
import type { PlannedIndex } from './targets.ts';
import { verifyIndex } from './verify-index.ts';
import { verifySnapshotIndex } from './verify-snapshot-index.ts';

/** Holds a restored index against what its source promises. @returns its documents */
export const verifyPlanned = (cluster: Cluster, planned: PlannedIndex): Promise<number> =>
  planned.source === 'snapshot'
    ? verifySnapshotIndex(cluster, planned.name, planned.target.index)
    : verifyIndex(cluster, planned.name, planned.target.index);

/** Verifies each, and counts their documents. */
export async function verifyIndices(
  cluster: Cluster,
  planned: readonly PlannedIndex[],
): Promise<{ indices: number; documents: number }> {
  let documents = 0;
  for (const each of planned) documents += await verifyPlanned(cluster, each);
  return { indices: planned.length, documents };
}
