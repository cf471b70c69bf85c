import { z } from 'zod';
import type { Cluster, RepositorySettings } from '../../ports/cluster.ts';
import { InvalidSettings } from '../../workflow/errors.ts';
import { snapshotContracts } from '../../workflow/snapshot-contracts.ts';
import { connectCluster } from '../connect.ts';
import { registerAndReadBack } from '../repository.ts';
import { defineStep, lambdaHandler } from '../step.ts';
import type { Telemetry } from '../telemetry.ts';
import {
  asOpenSearchHasThem,
  ignoredSettings,
  repositorySettings,
  type SnapshotRepositorySettings,
} from './repository-settings.ts';
import { jsonOf, repositoryVariables } from './repository-variables.ts';

export const environment = z.object({ ...repositoryVariables, REPOSITORY_SETTINGS: jsonOf(repositorySettings) });

export interface Ports {
  readonly cluster: Cluster;
  readonly repository: string;
  readonly repositorySettings: SnapshotRepositorySettings;
}

/**
 * Sees to it that the schedule's repository is registered with the settings of the deployment. Where it is, nothing is changed:
 * a registration makes the cluster verify the bucket from every node.
 */
export async function registerRepository(
  _input: unknown,
  { cluster, repository, repositorySettings: wanted }: Ports,
  telemetry: Telemetry,
): Promise<z.output<typeof snapshotContracts.RegisterRepository.output>> {
  const settings = asOpenSearchHasThem(wanted);
  const standing = await cluster.repository(repository);
  const changed = standing ? differences(standing, settings) : [];
  if (standing && changed.length === 0) return { name: repository, outcome: 'unchanged', changed };
  const { version } = await cluster.facts();
  const ignored = ignoredSettings(wanted, version);
  if (ignored.length > 0) {
    throw new InvalidSettings(
      `OpenSearch ${version} accepts these repository settings and ignores them: ${ignored.join(', ')}. ` +
        'Up to version 3.0 it is server_side_encryption, later server_side_encryption_type',
    );
  }
  await registerAndReadBack(cluster, repository, settings);
  const outcome = standing ? 'updated' : 'registered';
  telemetry.warn(`Repository ${outcome}`, { repository, changed });
  return { name: repository, outcome, changed };
}

/** `setting: before -> after`, also for settings that somebody added. */
function differences(standing: RepositorySettings, wanted: RepositorySettings): string[] {
  const names = [...new Set([...Object.keys(standing), ...Object.keys(wanted)])].sort();
  return names
    .filter((name) => standing[name] !== wanted[name])
    .map((name) => `${name}: ${standing[name] ?? '(none)'} -> ${wanted[name] ?? '(none)'}`);
}

export const step = defineStep('RegisterRepository', snapshotContracts.RegisterRepository, {
  environment,
  connect: (variables): Ports => ({
    cluster: connectCluster(variables),
    repository: variables.REPOSITORY,
    repositorySettings: variables.REPOSITORY_SETTINGS,
  }),
  run: registerRepository,
});

export const handler = lambdaHandler(step);
