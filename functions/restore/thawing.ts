import type { z } from 'zod';
import { restoredRepositoryPrefix, unpackReceiptKey } from '../../archive/keys.ts';
import {
  parseUnpackReceipt,
  type PlannedArchive,
  type RestorePlan,
  type UnpackReceipt,
} from '../../archive/restore-records.ts';
import type { ObjectStore, ThawTier } from '../../ports/object-store.ts';
import type { restoreContracts } from '../../workflow/restore-contracts.ts';
import { readIfPresent } from '../records.ts';

export type Thawing = z.output<typeof restoreContracts.CheckThaw.output>;

/** Looking more often than this tells nothing: Expedited takes minutes, the others hours. */
const waitSeconds: Record<ThawTier, number> = { Expedited: 60, Standard: 600, Bulk: 1800 };

export interface ThawPorts {
  readonly archive: ObjectStore;
  readonly restore: ObjectStore;
}

/**
 * Brings every volume that is not unpacked yet within reach: asks for a thaw of each that is frozen, be it for the first time or
 * because an earlier thaw has expired. Objects that were never frozen, or are being thawed, are left as they are.
 */
export async function thawPending(plan: RestorePlan, ports: ThawPorts, startedAt: string): Promise<Thawing> {
  // Snapshots are never in a cold class: their repository is in use.
  if (plan.source === 'snapshots') return { complete: true, startedAt, waitSeconds: 1, volumes: [] };
  const { tier, days } = plan.thaw;
  const volumes: Thawing['volumes'] = [];
  let ready = true;
  for (const archive of plan.archives) {
    const unpacked = await unpackedVolumes(plan, archive, ports.restore);
    for (const { number: volume, key, versionId } of archive.volumes) {
      if (unpacked.has(volume)) continue;
      volumes.push({ archiveId: archive.archiveId, volume });
      const facts = await ports.archive.head(key, versionId);
      if (facts?.access === 'frozen') await ports.archive.thaw(key, versionId, tier, days);
      // What is gone is for the unpacking to say: it names volume and version.
      if (facts && facts.access !== 'ready') ready = false;
    }
  }
  return { complete: ready, startedAt, waitSeconds: waitSeconds[tier], volumes: ready ? volumes : [] };
}

/**
 * The volumes of an archive whose plaintext is there. Plaintext lapses after 48 hours: where the receipts do not fit what is
 * under the prefix any more, both go, and the archive is unpacked anew.
 */
async function unpackedVolumes(plan: RestorePlan, archive: PlannedArchive, restore: ObjectStore): Promise<Set<number>> {
  const receipts = await readReceipts(plan.restoreId, archive, restore);
  const held = await measure(restore, restoredRepositoryPrefix(plan.restoreId, archive.archiveId));
  const sum = (of: (receipt: UnpackReceipt) => number): number => receipts.reduce((total, each) => total + of(each), 0);
  const complete = receipts.length === archive.volumes.length;
  const fits = complete
    ? held.objects === sum(({ objects }) => objects) && held.bytes === sum(({ bytes }) => bytes)
    : held.objects >= sum(({ objects }) => objects);
  if (fits) return new Set(receipts.map(({ volume }) => volume));
  await restore.delete(receipts.map(({ volume }) => unpackReceiptKey(plan.restoreId, archive.archiveId, volume)));
  await restore.delete(held.keys);
  return new Set();
}

export async function readReceipts(
  restoreId: string,
  { archiveId, volumes }: PlannedArchive,
  restore: ObjectStore,
): Promise<UnpackReceipt[]> {
  const receipts: UnpackReceipt[] = [];
  for (const { number } of volumes) {
    const receipt = await readIfPresent(restore, unpackReceiptKey(restoreId, archiveId, number), parseUnpackReceipt);
    if (receipt) receipts.push(receipt);
  }
  return receipts;
}

export async function measure(
  store: ObjectStore,
  prefix: string,
): Promise<{ readonly keys: string[]; readonly objects: number; readonly bytes: number }> {
  const keys: string[] = [];
  let bytes = 0;
  for await (const object of store.list(prefix)) {
    keys.push(object.key);
    bytes += object.bytes;
  }
  return { keys, objects: keys.length, bytes };
}
