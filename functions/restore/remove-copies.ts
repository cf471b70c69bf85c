import { z } from 'zod';
import type { Cluster } from '../../ports/cluster.ts';
import type { ObjectStore } from '../../ports/object-store.ts';
import { restoreContracts } from '../../workflow/restore-contracts.ts';
import { clusterVariables, connectCluster, connectRestore, restoreVariables } from '../connect.ts';
import { defineStep, lambdaHandler } from '../step.ts';
import { ownership } from './own-index.ts';
import { readRestorePlan, replacements } from './targets.ts';

export const environment = z.object({ ...clusterVariables, ...restoreVariables });

export interface Ports {
  readonly cluster: Cluster;
  readonly restore: ObjectStore;
}

/** Removes the copies under temporary names: what they stood in for has been verified itself. */
export async function removeCopies(
  { restoreId }: z.output<typeof restoreContracts.RemoveCopies.input>,
  { cluster, restore }: Ports,
): Promise<z.output<typeof restoreContracts.RemoveCopies.output>> {
  const plan = await readRestorePlan(restore, restoreId);
  let removed = 0;
  for (const { target } of replacements(plan)) {
    const whose = await ownership(cluster, plan, target.via!);
    if (whose === 'absent' || whose === 'foreign') continue;
    await cluster.deleteIndex(target.via!);
    removed += 1;
  }
  return { removed };
}

export const step = defineStep('RemoveCopies', restoreContracts.RemoveCopies, {
  environment,
  connect: (variables): Ports => ({ cluster: connectCluster(variables), restore: connectRestore(variables) }),
  run: removeCopies,
});

export const handler = lambdaHandler(step);
