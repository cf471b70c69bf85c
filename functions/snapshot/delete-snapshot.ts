import { z } from 'zod';
import type { Cluster } from '../../ports/cluster.ts';
import { InvalidRequest } from '../../workflow/errors.ts';
import { snapshotContracts } from '../../workflow/snapshot-contracts.ts';
import { connectCluster } from '../connect.ts';
import { complete, started } from '../polling.ts';
import { defineStep, lambdaHandler } from '../step.ts';
import { repositoryVariables } from './repository-variables.ts';
import { namePrefixVariable, timeInName } from './snapshot-name.ts';

export const environment = z.object({ ...repositoryVariables, ...namePrefixVariable });

export interface Ports {
  readonly cluster: Cluster;
  readonly repository: string;
  readonly prefix: string;
  readonly now: () => Date;
}

/**
 * Asks the cluster to remove one snapshot of the schedule. A removal that lasts longer than the client waits goes on in the
 * cluster: it is looked after by `CheckDeletion`.
 */
export async function deleteSnapshot(
  { snapshotName }: z.output<typeof snapshotContracts.DeleteSnapshot.input>,
  { cluster, repository, prefix, now }: Ports,
): Promise<z.output<typeof snapshotContracts.DeleteSnapshot.output>> {
  if (timeInName(prefix, snapshotName) === undefined) {
    throw new InvalidRequest(`${snapshotName} is not a name of the schedule ${prefix}: it is not deleted`);
  }
  const deletion = started(now());
  return (await cluster.deleteSnapshot(repository, snapshotName)) ? complete(deletion) : deletion;
}

export const step = defineStep('DeleteSnapshot', snapshotContracts.DeleteSnapshot, {
  environment,
  connect: (variables): Ports => ({
    cluster: connectCluster(variables),
    repository: variables.REPOSITORY,
    prefix: variables.SNAPSHOT_PREFIX,
    now: () => new Date(),
  }),
  run: deleteSnapshot,
});

export const handler = lambdaHandler(step);
