import { z } from 'zod';
import { restoredRepositoryPrefix } from '../../archive/keys.ts';
import type { Cluster } from '../../ports/cluster.ts';
import type { ObjectStore } from '../../ports/object-store.ts';
import { RestoreFailed } from '../../workflow/errors.ts';
import { restoreContracts } from '../../workflow/restore-contracts.ts';
import { clusterVariables, connectCluster, connectRestore, restoreVariables } from '../connect.ts';
import { registerAndReadBack } from '../repository.ts';
import { defineStep, lambdaHandler } from '../step.ts';
import { readRestorePlan } from './targets.ts';

export const environment = z.object({ ...clusterVariables, ...restoreVariables, SNAPSHOT_ROLE_ARN: z.string().min(1) });

export interface Ports {
  readonly cluster: Cluster;
  readonly restore: ObjectStore;
  readonly region: string;
  readonly roleArn: string;
}

/** Registers each unpacked repository, read-only, and sees that its snapshot is there. */
export async function registerReadonlyRepository(
  { restoreId }: z.output<typeof restoreContracts.RegisterReadonlyRepository.input>,
  { cluster, restore, region, roleArn }: Ports,
): Promise<z.output<typeof restoreContracts.RegisterReadonlyRepository.output>> {
  const { archives } = await readRestorePlan(restore, restoreId);
  for (const { archiveId, repository, snapshot } of archives) {
    await registerAndReadBack(cluster, repository, {
      bucket: restore.bucket,
      base_path: restoredRepositoryPrefix(restoreId, archiveId).replace(/\/$/, ''),
      region,
      role_arn: roleArn,
      readonly: 'true',
    });
    // A repository without its root metadata shows as empty, without any error from the cluster.
    if (!(await cluster.snapshot(repository, snapshot))) {
      throw new RestoreFailed(
        `Snapshot ${snapshot} is not in the unpacked repository of ${archiveId}: its root metadata (index-N) is missing or names others`,
      );
    }
  }
  return { repositories: archives.length };
}

export const step = defineStep('RegisterReadonlyRepository', restoreContracts.RegisterReadonlyRepository, {
  environment,
  connect: (variables): Ports => ({
    cluster: connectCluster(variables),
    restore: connectRestore(variables),
    region: variables.AWS_REGION,
    roleArn: variables.SNAPSHOT_ROLE_ARN,
  }),
  run: registerReadonlyRepository,
});

export const handler = lambdaHandler(step);
