import { z } from 'zod';
import type { Cluster } from '../../ports/cluster.ts';
import { archiveContracts } from '../../workflow/contracts.ts';
import { RepositoryMissing, SnapshotDeletionTimedOut } from '../../workflow/errors.ts';
import { clusterVariables, connectCluster } from '../connect.ts';
import { defineStep, lambdaHandler } from '../step.ts';
import { complete, hoursSince, stillGoing } from '../polling.ts';

export const environment = z.object({ ...clusterVariables });

const timeoutHours = 24;

export interface Ports {
  readonly cluster: Cluster;
  readonly now: () => Date;
}

/** Looks whether the cluster has finished removing the snapshot. */
export async function checkDeletion(
  { archiveId, deletion }: z.output<typeof archiveContracts.CheckDeletion.input>,
  { cluster, now }: Ports,
): Promise<z.output<typeof archiveContracts.CheckDeletion.output>> {
  if (!(await snapshotExists(cluster, archiveId))) return complete(deletion);
  if (hoursSince(deletion, now()) < timeoutHours) return stillGoing(deletion);
  throw new SnapshotDeletionTimedOut(
    `Snapshot ${archiveId} is still there ${timeoutHours} h after its removal was asked for`,
  );
}

async function snapshotExists(cluster: Cluster, archiveId: string): Promise<boolean> {
  try {
    return (await cluster.snapshot(archiveId, archiveId)) !== undefined;
  } catch (error) {
    if (error instanceof RepositoryMissing) return false;
    throw error;
  }
}

export const step = defineStep('CheckDeletion', archiveContracts.CheckDeletion, {
  environment,
  connect: (variables): Ports => ({ cluster: connectCluster(variables), now: () => new Date() }),
  run: checkDeletion,
});

export const handler = lambdaHandler(step);
