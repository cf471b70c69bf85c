import { z } from 'zod';
import type { Cluster } from '../../ports/cluster.ts';
import type { ObjectStore } from '../../ports/object-store.ts';
import { restoreContracts } from '../../workflow/restore-contracts.ts';
import { clusterVariables, connectCluster, connectRestore, restoreVariables } from '../connect.ts';
import { defineStep, lambdaHandler } from '../step.ts';
import { replacements, readRestorePlan } from './targets.ts';
import { verifyIndices } from './verify-planned.ts';

export const environment = z.object({ ...clusterVariables, ...restoreVariables });

export interface Ports {
  readonly cluster: Cluster;
  readonly restore: ObjectStore;
}

/** Holds every index that took the place of another against the signed manifest, or against what the snapshot says of it. */
export const verifyReplacement = async (
  { restoreId }: z.output<typeof restoreContracts.VerifyReplacement.input>,
  { cluster, restore }: Ports,
): Promise<z.output<typeof restoreContracts.VerifyReplacement.output>> =>
  verifyIndices(cluster, replacements(await readRestorePlan(restore, restoreId)));

export const step = defineStep('VerifyReplacement', restoreContracts.VerifyReplacement, {
  environment,
  connect: (variables): Ports => ({ cluster: connectCluster(variables), restore: connectRestore(variables) }),
  run: verifyReplacement,
});

export const handler = lambdaHandler(step);
