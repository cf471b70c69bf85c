import { z } from 'zod';
import { repositoryPrefix } from '../../archive/keys.ts';
import type { Cluster } from '../../ports/cluster.ts';
import { archiveContracts } from '../../workflow/contracts.ts';
import { clusterVariables, connectCluster, stagingVariables } from '../connect.ts';
import { registerAndReadBack } from '../repository.ts';
import { defineStep, lambdaHandler } from '../step.ts';

export const environment = z.object({ ...clusterVariables, ...stagingVariables, SNAPSHOT_ROLE_ARN: z.string().min(1) });

export interface Ports {
  readonly cluster: Cluster;
  readonly bucket: string;
  readonly region: string;
  readonly roleArn: string;
}

/**
 * Registers the archive's own repository: one prefix for each archive, so that nothing left over from another run can ever be
 * archived with it.
 */
export async function registerRepository(
  { archiveId }: z.output<typeof archiveContracts.RegisterRepository.input>,
  ports: Ports,
): Promise<z.output<typeof archiveContracts.RegisterRepository.output>> {
  const basePath = repositoryPrefix(archiveId).replace(/\/$/, '');
  await registerAndReadBack(ports.cluster, archiveId, {
    bucket: ports.bucket,
    base_path: basePath,
    region: ports.region,
    role_arn: ports.roleArn,
    // Some versions otherwise put shard data below a hashed prefix outside the base path, or leave it in the remote store.
    shard_path_type: 'FIXED',
    remote_store_index_shallow_copy: 'false',
  });
  return { name: archiveId, basePath };
}

export const step = defineStep('RegisterRepository', archiveContracts.RegisterRepository, {
  environment,
  connect: (variables): Ports => ({
    cluster: connectCluster(variables),
    bucket: variables.STAGING_BUCKET,
    region: variables.AWS_REGION,
    roleArn: variables.SNAPSHOT_ROLE_ARN,
  }),
  run: registerRepository,
});

export const handler = lambdaHandler(step);
