import { z } from 'zod';
import type { Cluster, SnapshotFacts } from '../../ports/cluster.ts';
import { SnapshotFailed, SnapshotMissing, SnapshotPartial, SnapshotTimedOut } from '../../workflow/errors.ts';
import { snapshotContracts } from '../../workflow/snapshot-contracts.ts';
import { connectCluster } from '../connect.ts';
import { complete, hoursSince, stillGoing } from '../polling.ts';
import { defineStep, lambdaHandler } from '../step.ts';
import { repositoryVariables } from './repository-variables.ts';

export const environment = z.object({ ...repositoryVariables, SNAPSHOT_TIMEOUT_HOURS: z.coerce.number().positive() });

export interface Ports {
  readonly cluster: Cluster;
  readonly repository: string;
  readonly timeoutHours: number;
  readonly now: () => Date;
}

/** Looks at this execution's snapshot; once it is complete, says what it holds and what it added. */
export async function checkSnapshot(
  {
    snapshotName,
    snapshot: { complete: _, startedAt, waitSeconds },
  }: z.output<typeof snapshotContracts.CheckSnapshot.input>,
  { cluster, repository, timeoutHours, now }: Ports,
): Promise<z.output<typeof snapshotContracts.CheckSnapshot.output>> {
  const polled = { complete: false, startedAt, waitSeconds };
  const snapshot = await cluster.snapshot(repository, snapshotName);
  if (!snapshot) {
    throw new SnapshotMissing(
      `Snapshot ${snapshotName} is not in repository ${repository} any more: it was removed, or could not be written. Is the bucket there?`,
    );
  }
  if (snapshot.state === 'IN_PROGRESS') {
    if (hoursSince(polled, now()) < timeoutHours) return stillGoing(polled);
    throw new SnapshotTimedOut(`Snapshot ${snapshotName} has been running for more than ${timeoutHours} h`);
  }
  requireWhole(snapshot);
  const { bytes, addedBytes, addedFiles } = await cluster.snapshotSize(repository, snapshotName);
  const ended = snapshot.endedAt ?? now();
  return {
    ...complete(polled),
    taken: {
      indices: snapshot.indices.length,
      shards: snapshot.shards.total,
      ...{ bytes, addedBytes, addedFiles },
      seconds: Math.max(0, (ended.getTime() - snapshot.startedAt.getTime()) / 1000),
    },
  };
}

/** What could be taken is there, and stays until its own retention ends; but the execution ends red. */
function requireWhole({ name, state, shards: { failed, total, successful }, failures }: SnapshotFacts): void {
  const why = failures.length > 0 ? `: ${failures.join('; ')}` : '';
  if (state === 'FAILED') throw new SnapshotFailed(`Snapshot ${name} FAILED${why}`);
  if (state === 'SUCCESS' && failed === 0 && successful === total) return;
  throw new SnapshotPartial(`Snapshot ${name} lacks ${total - successful} of ${total} shards${why}`);
}

export const step = defineStep('CheckSnapshot', snapshotContracts.CheckSnapshot, {
  environment,
  connect: (variables): Ports => ({
    cluster: connectCluster(variables),
    repository: variables.REPOSITORY,
    timeoutHours: variables.SNAPSHOT_TIMEOUT_HOURS,
    now: () => new Date(),
  }),
  run: checkSnapshot,
});

export const handler = lambdaHandler(step);
