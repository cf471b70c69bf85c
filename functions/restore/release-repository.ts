import { z } from 'zod';
import type { Cluster } from '../../ports/cluster.ts';
import type { ObjectStore } from '../../ports/object-store.ts';
import { restoreContracts } from '../../workflow/restore-contracts.ts';
import { clusterVariables, connectCluster, connectRestore, restoreVariables } from '../connect.ts';
import { defineStep, lambdaHandler } from '../step.ts';
import { readRestorePlan, restoreRepositories } from './targets.ts';

export const environment = z.object({ ...clusterVariables, ...restoreVariables });

export interface Ports {
  readonly cluster: Cluster;
  readonly restore: ObjectStore;
}

/** Unregisters the restore's own read-only repositories; a snapshot repository that was read from stays. */
export async function releaseRepository(
  { restoreId }: z.output<typeof restoreContracts.ReleaseRepository.input>,
  { cluster, restore }: Ports,
): Promise<z.output<typeof restoreContracts.ReleaseRepository.output>> {
  const repositories = restoreRepositories(await readRestorePlan(restore, restoreId));
  for (const repository of repositories) await cluster.removeRepository(repository);
  return { released: repositories.length };
}

export const step = defineStep('ReleaseRepository', restoreContracts.ReleaseRepository, {
  environment,
  connect: (variables): Ports => ({ cluster: connectCluster(variables), restore: connectRestore(variables) }),
  run: releaseRepository,
});

export const handler = lambdaHandler(step);
