import { z } from 'zod';
import type { Cluster } from '../../ports/cluster.ts';
import type { ObjectStore } from '../../ports/object-store.ts';
import type { Signer } from '../../ports/signer.ts';
import { archiveContracts } from '../../workflow/contracts.ts';
import {
  archiveVariables,
  clusterVariables,
  connectArchive,
  connectCluster,
  connectSigner,
  signerVariables,
} from '../connect.ts';
import { defineStep, lambdaHandler } from '../step.ts';
import { requireSealed } from './require-sealed.ts';

export const environment = z.object({ ...clusterVariables, ...archiveVariables, ...signerVariables });

export interface Ports {
  readonly cluster: Cluster;
  readonly archive: ObjectStore;
  readonly signer: Signer;
}

/** Unregisters the archive's repository from the cluster. */
export async function releaseRepository(
  { archiveId }: z.output<typeof archiveContracts.ReleaseRepository.input>,
  { cluster, archive, signer }: Ports,
): Promise<z.output<typeof archiveContracts.ReleaseRepository.output>> {
  await requireSealed(archive, signer, archiveId);
  await cluster.removeRepository(archiveId);
  return { released: true };
}

export const step = defineStep('ReleaseRepository', archiveContracts.ReleaseRepository, {
  environment,
  connect: (variables): Ports => ({
    cluster: connectCluster(variables),
    archive: connectArchive(variables),
    signer: connectSigner(variables),
  }),
  run: releaseRepository,
});

export const handler = lambdaHandler(step);
