import { z } from 'zod';
import type { ObjectStore } from '../../ports/object-store.ts';
import { archiveContracts } from '../../workflow/contracts.ts';
import { LockInsufficient } from '../../workflow/errors.ts';
import { archiveVariables, connectArchive, connectStaging, stagingVariables } from '../connect.ts';
import { defineStep, lambdaHandler } from '../step.ts';
import { readPlanAndReceipts } from './receipts.ts';

export const environment = z.object({ ...stagingVariables, ...archiveVariables });

export interface Ports {
  readonly staging: ObjectStore;
  readonly archive: ObjectStore;
}

/**
 * Extends the lock of every volume to the full term. Until here it was a provisional one, so that the volumes of a run that is
 * given up lapse instead of being billed for years.
 */
export async function lockArchive(
  { archiveId }: z.output<typeof archiveContracts.LockArchive.input>,
  { staging, archive }: Ports,
): Promise<z.output<typeof archiveContracts.LockArchive.output>> {
  const { plan, receipts } = await readPlanAndReceipts(staging, archiveId);
  const until = new Date(plan.retainUntil);
  let extended = 0;
  for (const { key, versionId } of receipts) {
    if (await isLocked(archive, key, versionId, until)) continue;
    await archive.retain(key, versionId, until);
    extended += 1;
    if (!(await isLocked(archive, key, versionId, until))) {
      throw new LockInsufficient(`${key}: not locked until ${plan.retainUntil}, although the store took the retention`);
    }
  }
  return { until: plan.retainUntil, extended };
}

async function isLocked(archive: ObjectStore, key: string, versionId: string, until: Date): Promise<boolean> {
  const lock = (await archive.head(key, versionId))?.retention;
  return lock?.mode === 'COMPLIANCE' && lock.until >= until;
}

export const step = defineStep('LockArchive', archiveContracts.LockArchive, {
  environment,
  connect: (variables): Ports => ({ staging: connectStaging(variables), archive: connectArchive(variables) }),
  run: lockArchive,
});

export const handler = lambdaHandler(step);
