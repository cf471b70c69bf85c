import { z } from 'zod';
import { buildManifest } from '../../archive/build-manifest.ts';
import { sealArchive as seal } from '../../archive/catalogue.ts';
import { selectionKey, snapshotRecordKey } from '../../archive/keys.ts';
import { parseSelection, parseSnapshotRecord } from '../../archive/run-records.ts';
import packageFacts from '../../package.json' with { type: 'json' };
import type { ObjectStore } from '../../ports/object-store.ts';
import type { Signer } from '../../ports/signer.ts';
import { archiveContracts } from '../../workflow/contracts.ts';
import {
  archiveVariables,
  connectArchive,
  connectSigner,
  connectStaging,
  signerVariables,
  stagingVariables,
} from '../connect.ts';
import { defineStep, lambdaHandler } from '../step.ts';
import { readPlanAndReceipts } from './receipts.ts';
import { readRecord } from '../records.ts';

export const environment = z.object({ ...stagingVariables, ...archiveVariables, ...signerVariables });

export interface Ports {
  readonly staging: ObjectStore;
  readonly archive: ObjectStore;
  readonly signer: Signer;
}

/** Writes manifest, checksums, signature and chain link. When it returns, the archive is sealed. */
export async function sealArchive(
  { archiveId }: z.output<typeof archiveContracts.SealArchive.input>,
  { staging, archive, signer }: Ports,
): Promise<z.output<typeof archiveContracts.SealArchive.output>> {
  const manifest = buildManifest({
    selection: await readRecord(staging, selectionKey(archiveId), parseSelection),
    snapshot: await readRecord(staging, snapshotRecordKey(archiveId), parseSnapshotRecord),
    ...(await readPlanAndReceipts(staging, archiveId)),
    signing: { keyId: await signer.keyId(), algorithm: signer.algorithm },
    toolVersion: packageFacts.version,
  });
  return seal(archive, signer, manifest, new Date(manifest.retention.until));
}

export const step = defineStep('SealArchive', archiveContracts.SealArchive, {
  environment,
  connect: (variables): Ports => ({
    staging: connectStaging(variables),
    archive: connectArchive(variables),
    signer: connectSigner(variables),
  }),
  run: sealArchive,
});

export const handler = lambdaHandler(step);
