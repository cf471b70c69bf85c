import { z } from 'zod';
import type { Cluster } from '../../ports/cluster.ts';
import type { ObjectStore } from '../../ports/object-store.ts';
import { restoreContracts } from '../../workflow/restore-contracts.ts';
import { clusterVariables, connectCluster, connectRestore, restoreVariables } from '../connect.ts';
import { started } from '../polling.ts';
import { defineStep, lambdaHandler } from '../step.ts';
import { ownership } from './own-index.ts';
import { readRestorePlan, replacements } from './targets.ts';
import { verifyPlanned } from './verify-planned.ts';

export const environment = z.object({ ...clusterVariables, ...restoreVariables });

export interface Ports {
  readonly cluster: Cluster;
  readonly restore: ObjectStore;
  readonly now: () => Date;
}

/**
 * Restores over the open indices that are to be replaced. The verified copy of each, under its temporary name, is verified
 * once more before its index is closed, and stays whatever happens then.
 */
export async function replaceIndices(
  { restoreId }: z.output<typeof restoreContracts.ReplaceIndices.input>,
  { cluster, restore, now }: Ports,
): Promise<z.output<typeof restoreContracts.ReplaceIndices.output>> {
  const plan = await readRestorePlan(restore, restoreId);
  for (const planned of replacements(plan)) {
    const { repository, snapshot, target, name } = planned;
    const whose = await ownership(cluster, plan, name);
    // Finished by an attempt before this one.
    if (whose === 'own') continue;
    await verifyPlanned(cluster, { ...planned, name: target.via! });
    if (whose === 'own-unfinished') await cluster.deleteIndex(name);
    if (whose === 'foreign') await cluster.closeIndex(name);
    const index = { from: target.index.name, to: name, replicas: plan.replicas };
    await cluster.startRestore(repository, snapshot, index);
  }
  return started(now());
}

export const step = defineStep('ReplaceIndices', restoreContracts.ReplaceIndices, {
  environment,
  connect: (variables): Ports => ({
    cluster: connectCluster(variables),
    restore: connectRestore(variables),
    now: () => new Date(),
  }),
  run: replaceIndices,
});

export const handler = lambdaHandler(step);
