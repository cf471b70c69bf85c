import { z } from 'zod';
import { archiveContracts } from '../../workflow/contracts.ts';
import { defineStep, lambdaHandler } from '../step.ts';
import { connect, environment, type Ports } from './removal.ts';
import { requireSealed } from './require-sealed.ts';

export { environment, type Ports };

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
  connect,
  run: releaseRepository,
});

export const handler = lambdaHandler(step);
