import { z } from 'zod';
import type { Cluster } from '../../ports/cluster.ts';
import type { ObjectStore } from '../../ports/object-store.ts';
import { IndexExists } from '../../workflow/errors.ts';
import { restoreContracts } from '../../workflow/restore-contracts.ts';
import { clusterVariables, connectCluster, connectRestore, restoreVariables } from '../connect.ts';
import { started } from '../polling.ts';
import { defineStep, lambdaHandler } from '../step.ts';
import { ownership } from './own-index.ts';
import { plannedIndices, readRestorePlan } from './targets.ts';

export const environment = z.object({ ...clusterVariables, ...restoreVariables });

export interface Ports {
  readonly cluster: Cluster;
  readonly restore: ObjectStore;
  readonly now: () => Date;
}

/** Starts the restore of each index that is not there yet. */
export async function startRestore(
  { restoreId }: z.output<typeof restoreContracts.StartRestore.input>,
  { cluster, restore, now }: Ports,
): Promise<z.output<typeof restoreContracts.StartRestore.output>> {
  const plan = await readRestorePlan(restore, restoreId);
  for (const { repository, snapshot, target, name } of plannedIndices(plan)) {
    const whose = await ownership(cluster, plan, name);
    if (whose === 'foreign') throw new IndexExists(`An index has the name ${name} since the indices were prepared`);
    if (whose !== 'absent') continue;
    const index = { from: target.index.name, to: name, replicas: plan.replicas };
    await cluster.startRestore(repository, snapshot, index);
  }
  return started(now());
}

export const step = defineStep('StartRestore', restoreContracts.StartRestore, {
  environment,
  connect: (variables): Ports => ({
    cluster: connectCluster(variables),
    restore: connectRestore(variables),
    now: () => new Date(),
  }),
  run: startRestore,
});

export const handler = lambdaHandler(step);
