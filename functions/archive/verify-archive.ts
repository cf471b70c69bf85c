import { z } from 'zod';
import type { VolumeReceipt } from '../../archive/volume-records.ts';
import type { ObjectStore } from '../../ports/object-store.ts';
import { archiveContracts } from '../../workflow/contracts.ts';
import { LockInsufficient, VolumeAltered } from '../../workflow/errors.ts';
import { archiveVariables, connectArchive, connectStaging, stagingVariables } from '../connect.ts';
import { defineStep, lambdaHandler } from '../step.ts';
import { readPlanAndReceipts } from './receipts.ts';

export const environment = z.object({ ...stagingVariables, ...archiveVariables });

export interface Ports {
  readonly staging: ObjectStore;
  readonly archive: ObjectStore;
}

/** Compares what the object store itself says of every volume with its receipt: size, version, checksum, lock. */
export async function verifyArchive(
  { archiveId }: z.output<typeof archiveContracts.VerifyArchive.input>,
  { staging, archive }: Ports,
): Promise<z.output<typeof archiveContracts.VerifyArchive.output>> {
  const { receipts } = await readPlanAndReceipts(staging, archiveId);
  for (const receipt of receipts) await verifyVolume(archive, receipt);
  return { volumes: receipts.length };
}

async function verifyVolume(archive: ObjectStore, receipt: VolumeReceipt): Promise<void> {
  const stored = await archive.head(receipt.key);
  if (!stored) throw new VolumeAltered(`${receipt.key} has a receipt, but is not in the archive bucket`);
  const expected = { bytes: receipt.bytes, versionId: receipt.versionId, checksumSha256: receipt.compositeSha256 };
  for (const [fact, value] of Object.entries(expected)) {
    const found = stored[fact as keyof typeof expected];
    if (found === value) continue;
    throw new VolumeAltered(`${receipt.key}: ${fact} is ${String(found)}, its receipt says ${value}`);
  }
  const lock = stored.retention;
  if (lock?.mode !== 'COMPLIANCE' || lock.until < new Date(receipt.lockedUntil)) {
    const is = lock ? `${lock.mode} until ${lock.until.toISOString()}` : 'no lock';
    throw new LockInsufficient(`${receipt.key}: ${is}, its receipt says COMPLIANCE until ${receipt.lockedUntil}`);
  }
}

export const step = defineStep('VerifyArchive', archiveContracts.VerifyArchive, {
  environment,
  connect: (variables): Ports => ({ staging: connectStaging(variables), archive: connectArchive(variables) }),
  run: verifyArchive,
});

export const handler = lambdaHandler(step);
