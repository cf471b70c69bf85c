import { z } from 'zod';
import type { Cluster } from '../../ports/cluster.ts';
import type { ObjectStore } from '../../ports/object-store.ts';
import { restoreContracts } from '../../workflow/restore-contracts.ts';
import { clusterVariables, connectCluster, connectRestore, restoreVariables } from '../connect.ts';
import { defineStep, lambdaHandler } from '../step.ts';
import { plannedIndices, readRestorePlan } from './targets.ts';
import { verifyIndices } from './verify-planned.ts';

export const environment = z.object({ ...clusterVariables, ...restoreVariables });

export interface Ports {
  readonly cluster: Cluster;
  readonly restore: ObjectStore;
}

/** Holds every restored index against the signed manifest, or against what the snapshot says of it. */
export const verifyRestore = async (
  { restoreId }: z.output<typeof restoreContracts.VerifyRestore.input>,
  { cluster, restore }: Ports,
): Promise<z.output<typeof restoreContracts.VerifyRestore.output>> =>
  verifyIndices(cluster, plannedIndices(await readRestorePlan(restore, restoreId)));

export const step = defineStep('VerifyRestore', restoreContracts.VerifyRestore, {
  environment,
  connect: (variables): Ports => ({ cluster: connectCluster(variables), restore: connectRestore(variables) }),
  run: verifyRestore,
});

export const handler = lambdaHandler(step);
