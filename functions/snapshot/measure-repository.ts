import { S3Client } from '@aws-sdk/client-s3';
import { z } from 'zod';
import type { Cluster } from '../../ports/cluster.ts';
import type { ObjectStore } from '../../ports/object-store.ts';
import { s3ObjectStore } from '../../ports/s3-object-store.ts';
import { snapshotContracts } from '../../workflow/snapshot-contracts.ts';
import { connectCluster } from '../connect.ts';
import { defineStep, lambdaHandler } from '../step.ts';
import type { Telemetry } from '../telemetry.ts';
import { repositoryVariables } from './repository-variables.ts';

export const environment = z.object({
  ...repositoryVariables,
  SNAPSHOTS_BUCKET: z.string().min(3),
  /** Empty: the repository is at the bucket's root. */
  BASE_PATH: z.string(),
});

export interface Ports {
  readonly cluster: Cluster;
  readonly repository: string;
  readonly snapshots: ObjectStore;
  readonly basePath: string;
}

/** Counts what the repository holds, so that its growth can be seen. */
export async function measureRepository(
  _input: unknown,
  { cluster, repository, snapshots: store, basePath }: Ports,
  telemetry: Telemetry,
): Promise<z.output<typeof snapshotContracts.MeasureRepository.output>> {
  const held = { objects: 0, bytes: 0 };
  for await (const { bytes } of store.list(basePath === '' ? '' : `${basePath}/`)) {
    held.objects += 1;
    held.bytes += bytes;
  }
  const snapshots = (await cluster.snapshots(repository)).length;
  telemetry.measure('RepositoryBytes', held.bytes, 'Bytes');
  telemetry.measure('RepositoryObjects', held.objects, 'Count');
  return { ...held, snapshots };
}

export const step = defineStep('MeasureRepository', snapshotContracts.MeasureRepository, {
  environment,
  connect: (variables): Ports => ({
    cluster: connectCluster(variables),
    repository: variables.REPOSITORY,
    snapshots: s3ObjectStore(new S3Client(), variables.SNAPSHOTS_BUCKET),
    basePath: variables.BASE_PATH,
  }),
  run: measureRepository,
});

export const handler = lambdaHandler(step);
