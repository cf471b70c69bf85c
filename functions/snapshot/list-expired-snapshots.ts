import { z } from 'zod';
import type { Cluster } from '../../ports/cluster.ts';
import { NoSnapshots } from '../../workflow/errors.ts';
import { deletedAtMost, listedAtMost, snapshotContracts } from '../../workflow/snapshot-contracts.ts';
import { connectCluster } from '../connect.ts';
import { defineStep, lambdaHandler } from '../step.ts';
import type { Telemetry } from '../telemetry.ts';
import { restoringFrom } from './restoring-from.ts';
import { jsonOf, repositoryVariables } from './repository-variables.ts';
import { decide, type Decision } from './retention/decide.ts';
import { retentionSettings, type RetentionSettings } from './retention/settings.ts';
import { namePrefixVariable } from './snapshot-name.ts';

export const environment = z.object({
  ...repositoryVariables,
  ...namePrefixVariable,
  RETENTION: jsonOf(retentionSettings),
  /** A repository with more snapshots of the schedule than this becomes slow. */
  WARN_ABOVE: z.coerce.number().int().positive(),
});

export interface Ports {
  readonly cluster: Cluster;
  readonly repository: string;
  readonly prefix: string;
  readonly retention: RetentionSettings;
  readonly warnAbove: number;
  readonly now: () => Date;
}

/** Lists the snapshots of the schedule whose retention has ended. Deletes nothing. */
export async function listExpiredSnapshots(
  { work, snapshotName }: z.output<typeof snapshotContracts.ListExpiredSnapshots.input>,
  { cluster, repository, prefix, retention, warnAbove, now }: Ports,
  telemetry: Telemetry,
): Promise<z.output<typeof snapshotContracts.ListExpiredSnapshots.output>> {
  const snapshots = await cluster.snapshots(repository);
  const decision = decide(snapshots, prefix, retention, now());
  const own = decision.expired.length + decision.kept.length;
  // A repository that has lost its root metadata answers with an empty list and no error.
  if (own === 0 || (work === 'snapshot' && !snapshots.some(({ name }) => name === snapshotName))) {
    throw new NoSnapshots(
      own === 0
        ? `Repository ${repository} holds no snapshot named ${prefix}-<time>: is the schedule on, and is the bucket whole?`
        : `Repository ${repository} does not list ${snapshotName}, which was taken just now: nothing is deleted`,
    );
  }
  const restoring = await restoringFrom(cluster, repository);
  const warnings = warningsOf(decision, warnAbove);
  if (restoring.length > 0) {
    warnings.unshift(`Nothing is deleted while a restore reads this repository: ${restoring.join(', ')}`);
  }
  const due = restoring.length > 0 ? [] : decision.expired;
  telemetry.measure('SnapshotsKept', own, 'Count');
  telemetry.measure('SnapshotsExpired', decision.expired.length, 'Count');
  return {
    snapshots: due.slice(0, deletedAtMost).map(({ name }) => name),
    expired: decision.expired.length,
    kept: decision.kept.length,
    foreign: decision.foreign.length,
    warnings: warnings.slice(0, listedAtMost),
  };
}

function warningsOf({ kept, expired, doubtful }: Decision, warnAbove: number): string[] {
  const warnings = doubtful.map(
    ({ name, startedAt }) =>
      `${name} is kept: it began at ${startedAt.toISOString()}, which its name contradicts. Delete it by hand if it is yours`,
  );
  if (expired.length > deletedAtMost) {
    warnings.push(`${expired.length} snapshots are expired; one execution deletes ${deletedAtMost}, the next goes on`);
  }
  if (kept.length > warnAbove) {
    warnings.push(`${kept.length} snapshots are kept, more than ${warnAbove}: shorten the retention, or take fewer`);
  }
  const incomplete = kept.filter(({ state }) => state === 'PARTIAL' || state === 'FAILED').length;
  if (incomplete > 0) warnings.push(`${incomplete} of the kept snapshots are PARTIAL or FAILED`);
  return warnings;
}

export const step = defineStep('ListExpiredSnapshots', snapshotContracts.ListExpiredSnapshots, {
  environment,
  connect: (variables): Ports => ({
    cluster: connectCluster(variables),
    repository: variables.REPOSITORY,
    prefix: variables.SNAPSHOT_PREFIX,
    retention: variables.RETENTION,
    warnAbove: variables.WARN_ABOVE,
    now: () => new Date(),
  }),
  run: listExpiredSnapshots,
});

export const handler = lambdaHandler(step);
