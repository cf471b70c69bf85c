import { z } from 'zod';
import { restorePlanKey } from '../../archive/keys.ts';
import { parseRestorePlan, type RestorePlan } from '../../archive/restore-records.ts';
import type { Cluster } from '../../ports/cluster.ts';
import type { ObjectStore } from '../../ports/object-store.ts';
import { listedAtMost, restoreContracts } from '../../workflow/restore-contracts.ts';
import { clusterVariables, connectCluster, connectRestore, restoreVariables } from '../connect.ts';
import { readIfPresent } from '../records.ts';
import { defineStep, lambdaHandler } from '../step.ts';
import { ownership } from './own-index.ts';
import { plannedIndices, restoreRepositories } from './targets.ts';

export const environment = z.object({ ...clusterVariables, ...restoreVariables });

export interface Ports {
  readonly cluster: Cluster;
  readonly restore: ObjectStore;
}

/**
 * Takes back what a failed restore has made in the cluster: its indices, never one that it did not create, and its repositories.
 * The unpacked plaintext has passed its checks and stays for a redrive; the archive is not touched.
 */
export async function undoRestore(
  { input: { restoreId } }: z.output<typeof restoreContracts.UndoRestore.input>,
  { cluster, restore }: Ports,
): Promise<z.output<typeof restoreContracts.UndoRestore.output>> {
  const plan = restoreId && (await readIfPresent(restore, restorePlanKey(restoreId), parseRestorePlan));
  if (!plan) return { removed: [] };
  const removed: string[] = [];
  for (const { name, target } of plannedIndices(plan)) {
    const whose = await ownership(cluster, plan, name);
    if (whose === 'absent' || whose === 'foreign') continue;
    // Where a replacement has begun, the verified copy may be the only good one in the cluster.
    if (target.via !== null && (await replacementBegan(cluster, plan, target.to))) continue;
    await cluster.deleteIndex(name);
    removed.push(name);
  }
  for (const repository of restoreRepositories(plan)) await cluster.removeRepository(repository);
  return { removed: removed.slice(0, listedAtMost) };
}

async function replacementBegan(cluster: Cluster, plan: RestorePlan, name: string): Promise<boolean> {
  const whose = await ownership(cluster, plan, name);
  if (whose === 'own' || whose === 'own-unfinished') return true;
  return (await cluster.indices([name])).some(({ state }) => state === 'close');
}

export const step = defineStep('UndoRestore', restoreContracts.UndoRestore, {
  environment,
  connect: (variables): Ports => ({ cluster: connectCluster(variables), restore: connectRestore(variables) }),
  run: undoRestore,
});

export const handler = lambdaHandler(step);
