import { z } from 'zod';
import type { Cluster } from '../../ports/cluster.ts';
import type { ObjectStore } from '../../ports/object-store.ts';
import { restoreContracts } from '../../workflow/restore-contracts.ts';
import { clusterVariables, connectCluster, connectRestore, restoreVariables } from '../connect.ts';
import { defineStep, lambdaHandler } from '../step.ts';
import { pollRestore } from './restore-progress.ts';
import { plannedIndices, readRestorePlan } from './targets.ts';

export const environment = z.object({ ...clusterVariables, ...restoreVariables });

export interface Ports {
  readonly cluster: Cluster;
  readonly restore: ObjectStore;
  readonly now: () => Date;
}

/** Looks how far the cluster is. */
export const checkRestore = async (
  { restoreId, restore: polled }: z.output<typeof restoreContracts.CheckRestore.input>,
  { cluster, restore, now }: Ports,
): Promise<z.output<typeof restoreContracts.CheckRestore.output>> =>
  pollRestore(cluster, plannedIndices(await readRestorePlan(restore, restoreId)), polled, now());

export const step = defineStep('CheckRestore', restoreContracts.CheckRestore, {
  environment,
  connect: (variables): Ports => ({
    cluster: connectCluster(variables),
    restore: connectRestore(variables),
    now: () => new Date(),
  }),
  run: checkRestore,
});

export const handler = lambdaHandler(step);
