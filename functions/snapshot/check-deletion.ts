import { z } from 'zod';
import type { Cluster } from '../../ports/cluster.ts';
import { SnapshotDeletionTimedOut } from '../../workflow/errors.ts';
import { snapshotContracts } from '../../workflow/snapshot-contracts.ts';
import { connectCluster } from '../connect.ts';
import { complete, hoursSince, stillGoing } from '../polling.ts';
import { defineStep, lambdaHandler } from '../step.ts';
import { repositoryVariables } from './repository-variables.ts';

export const environment = z.object({ ...repositoryVariables });

const timeoutHours = 6;

export interface Ports {
  readonly cluster: Cluster;
  readonly repository: string;
  readonly now: () => Date;
}

/** Looks whether the cluster has finished removing the snapshot. */
export async function checkDeletion(
  { snapshotName, deletion }: z.output<typeof snapshotContracts.CheckDeletion.input>,
  { cluster, repository, now }: Ports,
): Promise<z.output<typeof snapshotContracts.CheckDeletion.output>> {
  if ((await cluster.snapshot(repository, snapshotName)) === undefined) return complete(deletion);
  if (hoursSince(deletion, now()) < timeoutHours) return stillGoing(deletion);
  throw new SnapshotDeletionTimedOut(
    `Snapshot ${snapshotName} is still there ${timeoutHours} h after its removal was asked for`,
  );
}

export const step = defineStep('CheckDeletion', snapshotContracts.CheckDeletion, {
  environment,
  connect: (variables): Ports => ({
    cluster: connectCluster(variables),
    repository: variables.REPOSITORY,
    now: () => new Date(),
  }),
  run: checkDeletion,
});

export const handler = lambdaHandler(step);
