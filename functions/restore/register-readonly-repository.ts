import { z } from 'zod';
import { restoredRepositoryPrefix } from '../../archive/keys.ts';
import type { PlannedSnapshot } from '../../archive/restore-records.ts';
import type { Cluster } from '../../ports/cluster.ts';
import type { ObjectStore } from '../../ports/object-store.ts';
import { RepositoryMissing, RestoreFailed, SnapshotMissing } from '../../workflow/errors.ts';
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

/** Registers each unpacked repository, or the place of the snapshot repository, read-only, and sees that its snapshot is there. */
export async function registerReadonlyRepository(
  { restoreId }: z.output<typeof restoreContracts.RegisterReadonlyRepository.input>,
  { cluster, restore, region, roleArn }: Ports,
): Promise<z.output<typeof restoreContracts.RegisterReadonlyRepository.output>> {
  const plan = await readRestorePlan(restore, restoreId);
  if (plan.source === 'snapshots') {
    await registerBesideOriginal(cluster, plan.snapshot);
    return { repositories: 1 };
  }
  const { archives } = plan;
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

/**
 * Registers what the snapshot repository is registered over once more, under the restore's own name: so the indices restored from it
 * are told from all others. As long as it is registered, the snapshot schedule deletes nothing there.
 */
async function registerBesideOriginal(
  cluster: Cluster,
  { origin, repository, snapshot }: PlannedSnapshot,
): Promise<void> {
  const settings = await cluster.repository(origin.repository);
  if (!settings) {
    throw new RepositoryMissing(`Repository ${origin.repository}, which snapshot ${snapshot} was found in, is gone`);
  }
  await registerAndReadBack(cluster, repository, { ...settings, readonly: 'true' });
  const found = await cluster.snapshot(repository, snapshot);
  if (found?.uuid === origin.uuid) return;
  throw new SnapshotMissing(
    `Snapshot ${snapshot} of repository ${origin.repository} ` +
      (found
        ? `is another than the planned one (${found.uuid}, planned ${origin.uuid})`
        : 'was deleted since the plan'),
  );
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
