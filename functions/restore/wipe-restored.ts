import { z } from 'zod';
import { restoredRunPrefix } from '../../archive/keys.ts';
import type { ObjectStore } from '../../ports/object-store.ts';
import { restoreContracts } from '../../workflow/restore-contracts.ts';
import { connectRestore, restoreVariables } from '../connect.ts';
import { defineStep, lambdaHandler } from '../step.ts';
import { wipePrefix } from '../wipe.ts';

export const environment = z.object({ ...restoreVariables });

export interface Ports {
  readonly restore: ObjectStore;
}

/** Removes the plaintext of this restore: the cluster has its own copy now. */
export const wipeRestored = async (
  { restoreId }: z.output<typeof restoreContracts.WipeRestored.input>,
  { restore }: Ports,
): Promise<z.output<typeof restoreContracts.WipeRestored.output>> => wipePrefix(restore, restoredRunPrefix(restoreId));

export const step = defineStep('WipeRestored', restoreContracts.WipeRestored, {
  environment,
  connect: (variables): Ports => ({ restore: connectRestore(variables) }),
  run: wipeRestored,
});

export const handler = lambdaHandler(step);
