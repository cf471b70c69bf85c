import { planKey, receiptKey } from '../../archive/keys.ts';
import { parsePlan, type Plan } from '../../archive/plan.ts';
import { parseVolumeReceipt, type VolumeReceipt } from '../../archive/volume-records.ts';
import type { ObjectStore } from '../../ports/object-store.ts';
import { readRecord } from '../records.ts';

/** The plan of an archive and the receipts of all its volumes, in the order of the plan. */
export async function readPlanAndReceipts(
  staging: ObjectStore,
  archiveId: string,
): Promise<{ readonly plan: Plan; readonly receipts: readonly VolumeReceipt[] }> {
  const plan = await readRecord(staging, planKey(archiveId), parsePlan);
  const receipts: VolumeReceipt[] = [];
  for (const { number } of plan.volumes) {
    receipts.push(await readRecord(staging, receiptKey(archiveId, number), parseVolumeReceipt));
  }
  return { plan, receipts };
}
