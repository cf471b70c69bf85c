import { z } from 'zod';
import type { ManifestIndex } from '../../archive/manifest.ts';
import type { Cluster } from '../../ports/cluster.ts';
import { optionalArchiveContracts } from '../../workflow/contracts.ts';
import { IndexChanged } from '../../workflow/errors.ts';
import { defineStep, lambdaHandler } from '../step.ts';
import type { Telemetry } from '../telemetry.ts';
import { connect, environment, type Ports } from './removal.ts';
import { requireSealed } from './require-sealed.ts';

export { environment, type Ports };

/**
 * Deletes the archived indices from the cluster: each only while nothing can be written to it, and only when it is the very
 * index that the signed manifest names, with the same operations in every shard.
 * @throws IndexChanged naming those that hold something else; they stay, and can be written to as before
 */
export async function deleteSourceIndices(
  { archiveId }: z.output<typeof optionalArchiveContracts.DeleteSourceIndices.input>,
  { cluster, archive, signer }: Ports,
  telemetry: Telemetry,
): Promise<z.output<typeof optionalArchiveContracts.DeleteSourceIndices.output>> {
  const manifest = await requireSealed(archive, signer, archiveId);
  const changed: string[] = [];
  const total = { deleted: 0, gone: 0 };
  for (const archived of manifest.indices) {
    const outcome = await deleteArchived(cluster, archived);
    if (outcome === 'changed') changed.push(archived.name);
    else total[outcome] += 1;
  }
  telemetry.measure('SourceIndicesDeleted', total.deleted, 'Count');
  if (changed.length === 0) return total;
  throw new IndexChanged(
    `${changed.join(', ')}: written to since the snapshot of ${archiveId}, and not deleted. ` +
      `The next execution archives what is new. Deleted: ${total.deleted}`,
  );
}

async function deleteArchived(cluster: Cluster, archived: ManifestIndex): Promise<'deleted' | 'gone' | 'changed'> {
  if (!(await isThere(cluster, archived))) return 'gone';
  // What was written to needs no block, and so is not left with one by a run that is cut off.
  if (!(await isUnchanged(cluster, archived))) return 'changed';
  const isNew = await cluster.blockWrites(archived.name);
  const allowAgain = async (): Promise<void> => (isNew ? cluster.allowWrites(archived.name) : undefined);
  let isStillTheSame: boolean;
  try {
    // Looked at again under the block: between the two looks another index can have taken the name, or documents have come.
    isStillTheSame = (await isThere(cluster, archived)) && (await isUnchanged(cluster, archived));
  } catch (error) {
    await allowAgain().catch(() => undefined);
    throw error;
  }
  if (!isStillTheSame) {
    await allowAgain();
    return 'changed';
  }
  // When this fails the block stays: a deletion of which only the answer is lost may be still to come.
  await cluster.deleteIndex(archived.name);
  return 'deleted';
}

const isThere = async (cluster: Cluster, { name, uuid }: ManifestIndex): Promise<boolean> =>
  (await cluster.indices([name])).some((index) => index.name === name && index.uuid === uuid);

/** Where documents came in while the snapshot was taken (`exact: false`), nobody knows which of them are in it. */
async function isUnchanged(cluster: Cluster, { name, documents, shards }: ManifestIndex): Promise<boolean> {
  if (!documents.exact) return false;
  const now = await cluster.maxSeqNos(name);
  return now.length === shards.length && shards.every(({ maxSeqNo }, number) => now[number] === maxSeqNo);
}

export const step = defineStep('DeleteSourceIndices', optionalArchiveContracts.DeleteSourceIndices, {
  environment,
  connect,
  run: deleteSourceIndices,
});

export const handler = lambdaHandler(step);
