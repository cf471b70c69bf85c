import { z } from 'zod';
import { repositoryPrefix } from '../../archive/keys.ts';
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
import { wipePrefix } from '../wipe.ts';
import { requireSealed } from './require-sealed.ts';

export const environment = z.object({ ...stagingVariables, ...archiveVariables, ...signerVariables });

export interface Ports {
  readonly staging: ObjectStore;
  readonly archive: ObjectStore;
  readonly signer: Signer;
}

/** Empties the prefix of the archive's repository. The run's records stay: they expire by lifecycle. */
export async function wipeStaging(
  { archiveId }: z.output<typeof archiveContracts.WipeStaging.input>,
  { staging, archive, signer }: Ports,
): Promise<z.output<typeof archiveContracts.WipeStaging.output>> {
  await requireSealed(archive, signer, archiveId);
  return wipePrefix(staging, repositoryPrefix(archiveId));
}

export const step = defineStep('WipeStaging', archiveContracts.WipeStaging, {
  environment,
  connect: (variables): Ports => ({
    staging: connectStaging(variables),
    archive: connectArchive(variables),
    signer: connectSigner(variables),
  }),
  run: wipeStaging,
});

export const handler = lambdaHandler(step);
