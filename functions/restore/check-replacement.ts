import { z } from 'zod';
import type { Cluster } from '../../ports/cluster.ts';
import type { ObjectStore } from '../../ports/object-store.ts';
import { restoreContracts } from '../../workflow/restore-contracts.ts';
import { clusterVariables, connectCluster, connectRestore, restoreVariables } from '../connect.ts';
import { defineStep, lambdaHandler } from '../step.ts';
import { pollRestore } from './restore-progress.ts';
import { readRestorePlan, replacements } from './targets.ts';

export const environment = z.object({ ...clusterVariables, ...restoreVariables });

export interface Ports {
  readonly cluster: Cluster;
  readonly restore: ObjectStore;
  readonly now: () => Date;
}

/** Looks how far the cluster is with the indices that take the place of others. */
export async function checkReplacement(
  { restoreId, replacement: polled }: z.output<typeof restoreContracts.CheckReplacement.input>,
  { cluster, restore, now }: Ports,
): Promise<z.output<typeof restoreContracts.CheckReplacement.output>> {
  const replaced = replacements(await readRestorePlan(restore, restoreId));
  const copies = replaced.map(({ target }) => `${target.via ?? ''} for ${target.to}`).join(', ');
  const advice = ` The verified copies stay under their temporary names: ${copies}.`;
  return pollRestore(cluster, replaced, polled, now(), advice);
}

export const step = defineStep('CheckReplacement', restoreContracts.CheckReplacement, {
  environment,
  connect: (variables): Ports => ({
    cluster: connectCluster(variables),
    restore: connectRestore(variables),
    now: () => new Date(),
  }),
  run: checkReplacement,
});

export const handler = lambdaHandler(step);
