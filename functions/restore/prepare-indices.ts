import { z } from 'zod';
import type { Cluster } from '../../ports/cluster.ts';
import type { ObjectStore } from '../../ports/object-store.ts';
import { IndexExists } from '../../workflow/errors.ts';
import { restoreContracts } from '../../workflow/restore-contracts.ts';
import { clusterVariables, connectCluster, connectRestore, restoreVariables } from '../connect.ts';
import { defineStep, lambdaHandler } from '../step.ts';
import { ownership } from './own-index.ts';
import { plannedIndices, readRestorePlan, replacements } from './targets.ts';

export const environment = z.object({ ...clusterVariables, ...restoreVariables });

export interface Ports {
  readonly cluster: Cluster;
  readonly restore: ObjectStore;
}

/**
 * Clears the way, right before the restore: what an earlier attempt of this restore left half done is removed, what it finished
 * is kept, and a name that somebody else has taken since the plan is a conflict.
 */
export async function prepareIndices(
  { restoreId }: z.output<typeof restoreContracts.PrepareIndices.input>,
  { cluster, restore }: Ports,
): Promise<z.output<typeof restoreContracts.PrepareIndices.output>> {
  const plan = await readRestorePlan(restore, restoreId);
  const planned = plannedIndices(plan);
  const taken: string[] = [];
  for (const { name } of planned) {
    const whose = await ownership(cluster, plan, name);
    if (whose === 'foreign') taken.push(name);
    if (whose === 'own-unfinished') await cluster.deleteIndex(name);
  }
  if (taken.length > 0) {
    throw new IndexExists(`Taken since the restore was planned: ${taken.join(', ')}. Nothing of these was touched.`);
  }
  return { indices: planned.length, replacing: replacements(plan).length > 0 };
}

export const step = defineStep('PrepareIndices', restoreContracts.PrepareIndices, {
  environment,
  connect: (variables): Ports => ({ cluster: connectCluster(variables), restore: connectRestore(variables) }),
  run: prepareIndices,
});

export const handler = lambdaHandler(step);
