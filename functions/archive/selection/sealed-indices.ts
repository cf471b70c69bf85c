import { readSealedManifest, walkSealed } from '../../../archive/catalogue.ts';
import type { ObjectStore } from '../../../ports/object-store.ts';

/** An index as the newest sealed archive that holds it knows it. */
export interface SealedIndex {
  readonly archiveId: string;
  readonly maxSeqNos: readonly number[];
}

/** The cluster's clock dates indices, Step Functions' clock dates archives: they may differ. */
const clockToleranceMs = 3_600_000;

/**
 * Indices in sealed archives, by UUID: the newest archive counts. Only archives as young as the oldest index in question are
 * read: an index cannot be in an archive that is older than itself.
 */
export async function sealedIndices(archive: ObjectStore, oldestIndex: Date): Promise<Map<string, SealedIndex>> {
  const notBefore = new Date(oldestIndex.getTime() - clockToleranceMs);
  const sealed = new Map<string, SealedIndex>();
  for await (const found of walkSealed(archive, { notBefore })) {
    const { archiveId } = found;
    const manifest = await readSealedManifest(archive, found);
    for (const { uuid, shards } of manifest.indices) {
      if (!sealed.has(uuid)) sealed.set(uuid, { archiveId, maxSeqNos: shards.map((shard) => shard.maxSeqNo) });
    }
  }
  return sealed;
}
