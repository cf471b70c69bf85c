import { z } from 'zod';
import { archiveContracts } from '../../workflow/contracts.ts';
import { RepositoryMissing } from '../../workflow/errors.ts';
import { defineStep, lambdaHandler } from '../step.ts';
import { complete, started } from '../polling.ts';
import { connect, environment, type Ports as RemovalPorts } from './removal.ts';
import { requireSealed } from './require-sealed.ts';

export { environment };

export interface Ports extends RemovalPorts {
  readonly now: () => Date;
}

/** Asks the cluster to remove the snapshot of a sealed archive. */
export async function deleteSnapshot(
  { archiveId }: z.output<typeof archiveContracts.DeleteSnapshot.input>,
  { cluster, archive, signer, now }: Ports,
): Promise<z.output<typeof archiveContracts.DeleteSnapshot.output>> {
  await requireSealed(archive, signer, archiveId);
  const deletion = started(now());
  try {
    return (await cluster.deleteSnapshot(archiveId, archiveId)) ? complete(deletion) : deletion;
  } catch (error) {
    // Released by an earlier attempt: no repository, no snapshot.
    if (error instanceof RepositoryMissing) return complete(deletion);
    throw error;
  }
}

export const step = defineStep('DeleteSnapshot', archiveContracts.DeleteSnapshot, {
  environment,
  connect: (variables): Ports => ({ ...connect(variables), now: () => new Date() }),
  run: deleteSnapshot,
});

export const handler = lambdaHandler(step);
