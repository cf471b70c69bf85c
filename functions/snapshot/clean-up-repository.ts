import { z } from 'zod';
import type { Cluster } from '../../ports/cluster.ts';
import { snapshotContracts } from '../../workflow/snapshot-contracts.ts';
import { connectCluster } from '../connect.ts';
import { defineStep, lambdaHandler } from '../step.ts';
import type { Telemetry } from '../telemetry.ts';
import { repositoryVariables } from './repository-variables.ts';

export const environment = z.object({ ...repositoryVariables });

export interface Ports {
  readonly cluster: Cluster;
  readonly repository: string;
}

/** Lets the cluster remove blobs that no snapshot refers to: what deletions that were interrupted left behind. */
export async function cleanUpRepository(
  _input: unknown,
  { cluster, repository }: Ports,
  telemetry: Telemetry,
): Promise<z.output<typeof snapshotContracts.CleanUpRepository.output>> {
  const cleaned = await cluster.cleanUpRepository(repository);
  telemetry.measure('UnreferencedBytesDeleted', cleaned.deletedBytes, 'Bytes');
  return cleaned;
}

export const step = defineStep('CleanUpRepository', snapshotContracts.CleanUpRepository, {
  environment,
  connect: (variables): Ports => ({ cluster: connectCluster(variables), repository: variables.REPOSITORY }),
  run: cleanUpRepository,
});

export const handler = lambdaHandler(step);
