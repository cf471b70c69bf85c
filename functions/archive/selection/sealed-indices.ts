import { readManifest, walkSealed } from '../../../archive/catalogue.ts';
import type { ObjectStore } from '../../../ports/object-store.ts';

/** An index as the newest sealed archive that holds it knows it. */
export interface SealedIndex {
  readonly archiveId: string;
  readonly maxSeqNos: readonly number[];
}

/**
 * Indices in sealed archives, by UUID: the newest archive counts. Only archives made after `notBefore` are read: an index
 * cannot be in an archive that is older than itself.
 */
export async function sealedIndices(archive: ObjectStore, notBefore: Date): Promise<Map<string, SealedIndex>> {
  const sealed = new Map<string, SealedIndex>();
  for await (const { archiveId } of walkSealed(archive, { notBefore })) {
    const manifest = await readManifest(archive, archiveId);
    for (const { uuid, shards } of manifest.indices) {
      if (!sealed.has(uuid)) sealed.set(uuid, { archiveId, maxSeqNos: shards.map((shard) => shard.maxSeqNo) });
    }
  }
  return sealed;
}
