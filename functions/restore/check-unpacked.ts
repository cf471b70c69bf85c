import { z } from 'zod';
import { restoredRepositoryPrefix, unpackFailureKey } from '../../archive/keys.ts';
import { parseVolumeFailure } from '../../archive/volume-records.ts';
import type { PlannedArchive } from '../../archive/restore-records.ts';
import type { ObjectStore } from '../../ports/object-store.ts';
import { UnpackedIncomplete } from '../../workflow/errors.ts';
import { restoreContracts } from '../../workflow/restore-contracts.ts';
import { connectRestore, restoreVariables } from '../connect.ts';
import { whyMissing, type MissingVolume } from '../missing-volumes.ts';
import { readIfPresent } from '../records.ts';
import { defineStep, lambdaHandler } from '../step.ts';
import { readRestorePlan } from './targets.ts';
import { measure, readReceipts } from './thawing.ts';

export const environment = z.object({ ...restoreVariables });

export interface Ports {
  readonly restore: ObjectStore;
}

type Unpacked = z.output<typeof restoreContracts.CheckUnpacked.output>;

/** Only what passed every check has a receipt; and only where every volume has one may a repository be registered. */
export async function checkUnpacked(
  { restoreId }: z.output<typeof restoreContracts.CheckUnpacked.input>,
  { restore }: Ports,
): Promise<Unpacked> {
  const plan = await readRestorePlan(restore, restoreId);
  const total = { volumes: 0, objects: 0, bytes: 0 };
  for (const archive of plan.archives) {
    const unpacked = await checkArchive(restoreId, archive, restore);
    total.volumes += unpacked.volumes;
    total.objects += unpacked.objects;
    total.bytes += unpacked.bytes;
  }
  return total;
}

async function checkArchive(restoreId: string, archive: PlannedArchive, restore: ObjectStore): Promise<Unpacked> {
  const { archiveId, volumes } = archive;
  const receipts = await readReceipts(restoreId, archive, restore);
  const missing: MissingVolume[] = [];
  for (const { number: volume } of volumes) {
    if (receipts.some((receipt) => receipt.volume === volume)) continue;
    const failure = await readIfPresent(restore, unpackFailureKey(restoreId, archiveId, volume), parseVolumeFailure);
    missing.push({ volume, failure });
  }
  if (missing.length > 0) throw whyMissing(archiveId, volumes.length, missing);
  const written = receipts.reduce(
    (sum, { objects, bytes }) => ({ objects: sum.objects + objects, bytes: sum.bytes + bytes }),
    { objects: 0, bytes: 0 },
  );
  const held = await measure(restore, restoredRepositoryPrefix(restoreId, archiveId));
  if (held.objects !== written.objects || held.bytes !== written.bytes) {
    throw new UnpackedIncomplete(
      `${archiveId}: ${held.objects} objects of ${held.bytes} bytes are unpacked, ` +
        `the receipts say ${written.objects} of ${written.bytes}`,
    );
  }
  return { volumes: volumes.length, ...written };
}

export const step = defineStep('CheckUnpacked', restoreContracts.CheckUnpacked, {
  environment,
  connect: (variables): Ports => ({ restore: connectRestore(variables) }),
  run: checkUnpacked,
});

export const handler = lambdaHandler(step);
