import { z } from 'zod';
import type { Cluster } from '../../ports/cluster.ts';
import type { ObjectStore } from '../../ports/object-store.ts';
import { expireContracts, listedAtMost } from '../../workflow/expire-contracts.ts';
import { clusterVariables, connectCluster, connectRestore, restoreVariables } from '../connect.ts';
import { defineStep, lambdaHandler } from '../step.ts';
import type { Telemetry } from '../telemetry.ts';
import { changeLeases, isOver } from './lease-records.ts';
import { removeRecorded } from './remove-recorded.ts';

export const environment = z.object({ ...clusterVariables, ...restoreVariables });

export interface Ports {
  readonly cluster: Cluster;
  readonly restore: ObjectStore;
}

/** Removes the indices whose lease has ended: those on record, by name and UUID, and no other. */
export async function removeExpired(
  { at, ended }: z.output<typeof expireContracts.RemoveExpired.input>,
  { cluster, restore }: Ports,
  telemetry: Telemetry,
): Promise<z.output<typeof expireContracts.RemoveExpired.output>> {
  const removed: string[] = [];
  const kept: string[] = [];
  for (const restoreId of ended) {
    await changeLeases(restore, restoreId, async (lease) => {
      if (!isOver(lease, new Date(at))) return undefined;
      const { name, uuid } = lease;
      const outcome = await removeRecorded(cluster, { name, uuid });
      if (outcome === 'removed') removed.push(name);
      else kept.push(`${name}: ${outcome === 'gone' ? 'was gone already' : 'another index has the name, and stays'}`);
      telemetry.info('Lease ended', { restoreId, name, uuid, outcome });
      return { ended: { at, outcome } };
    });
  }
  telemetry.measure('RestoredIndicesRemoved', removed.length, 'Count');
  return {
    removed: removed.length,
    removedNames: removed.slice(0, listedAtMost),
    kept: kept.length,
    keptNames: kept.slice(0, listedAtMost),
  };
}

export const step = defineStep('RemoveExpired', expireContracts.RemoveExpired, {
  environment,
  connect: (variables): Ports => ({ cluster: connectCluster(variables), restore: connectRestore(variables) }),
  run: removeExpired,
});

export const handler = lambdaHandler(step);
