import { z } from 'zod';
import type { Cluster } from '../../ports/cluster.ts';
import type { ObjectStore } from '../../ports/object-store.ts';
import { drillContracts } from '../../workflow/drill-contracts.ts';
import { clusterVariables, connectCluster, connectRestore, restoreVariables } from '../connect.ts';
import { changeLeases } from '../expire-restores/lease-records.ts';
import { removeRecorded } from '../expire-restores/remove-recorded.ts';
import { defineStep, lambdaHandler } from '../step.ts';

export const environment = z.object({ ...clusterVariables, ...restoreVariables });

export interface Ports {
  readonly cluster: Cluster;
  readonly restore: ObjectStore;
  readonly now: () => Date;
}

/** Removes what was drilled, by name and UUID, and ends its lease in the restore's record. */
export async function removeDrilled(
  { drilled: { restoreId, name, uuid } }: z.output<typeof drillContracts.RemoveDrilled.input>,
  { cluster, restore, now }: Ports,
): Promise<z.output<typeof drillContracts.RemoveDrilled.output>> {
  const outcome = await removeRecorded(cluster, { name, uuid });
  await changeLeases(restore, restoreId, (lease) => {
    const isDrilled = lease.name === name && lease.uuid === uuid && lease.ended === undefined;
    return Promise.resolve(isDrilled ? { ended: { at: now().toISOString(), outcome } } : undefined);
  });
  return { outcome };
}

export const step = defineStep('RemoveDrilled', drillContracts.RemoveDrilled, {
  environment,
  connect: (variables): Ports => ({
    cluster: connectCluster(variables),
    restore: connectRestore(variables),
    now: () => new Date(),
  }),
  run: removeDrilled,
});

export const handler = lambdaHandler(step);
