import { z } from 'zod';
import { failureKey, planKey, receiptKey } from '../../archive/keys.ts';
import { parsePlan } from '../../archive/plan.ts';
import { parseVolumeFailure, parseVolumeReceipt, type VolumeReceipt } from '../../archive/volume-records.ts';
import type { ObjectStore } from '../../ports/object-store.ts';
import { archiveContracts } from '../../workflow/contracts.ts';
import { connectStaging, stagingVariables } from '../connect.ts';
import { whyMissing, type MissingVolume } from '../missing-volumes.ts';
import { defineStep, lambdaHandler } from '../step.ts';
import { readIfPresent, readRecord } from '../records.ts';

export const environment = z.object({ ...stagingVariables });

export interface Ports {
  readonly staging: ObjectStore;
}

/** Holds the receipts against the plan. What is missing is failed for, under the name of the first task's error. */
export async function checkVolumes(
  { archiveId }: z.output<typeof archiveContracts.CheckVolumes.input>,
  { staging }: Ports,
): Promise<z.output<typeof archiveContracts.CheckVolumes.output>> {
  const { volumes } = await readRecord(staging, planKey(archiveId), parsePlan);
  const receipts: VolumeReceipt[] = [];
  const missing: MissingVolume[] = [];
  for (const { number: volume } of volumes) {
    const receipt = await readIfPresent(staging, receiptKey(archiveId, volume), parseVolumeReceipt);
    if (receipt) receipts.push(receipt);
    else
      missing.push({
        volume,
        failure: await readIfPresent(staging, failureKey(archiveId, volume), parseVolumeFailure),
      });
  }
  if (missing.length > 0) throw whyMissing(archiveId, volumes.length, missing);
  const sum = (of: (receipt: VolumeReceipt) => number): number => receipts.reduce((total, each) => total + of(each), 0);
  return {
    volumes: receipts.length,
    objects: sum(({ objects }) => objects),
    objectBytes: sum(({ objectBytes }) => objectBytes),
    bytes: sum(({ bytes }) => bytes),
  };
}

export const step = defineStep('CheckVolumes', archiveContracts.CheckVolumes, {
  environment,
  connect: (variables): Ports => ({ staging: connectStaging(variables) }),
  run: checkVolumes,
});

export const handler = lambdaHandler(step);
