import type { Cluster, ListedSnapshot, SnapshotFacts } from '../../../ports/cluster.ts';
import {
  IndexMissing,
  InvalidRequest,
  NoSnapshots,
  RepositoryMissing,
  SnapshotFailed,
  SnapshotInProgress,
  SnapshotMissing,
} from '../../../workflow/errors.ts';
import type { SnapshotsRequest } from '../../../workflow/restore-contracts.ts';
import { timeInName } from '../../snapshot/snapshot-name.ts';
import { namesLike } from '../../name-expressions.ts';
import type { LocatedSnapshot } from './request.ts';
import type { SnapshotsSettings } from './settings.ts';

/** Snapshots that a message names. */
const named = 5;

/**
 * Finds the snapshot that is asked for, or the newest successful one of the schedule, and the asked indices in it.
 * @throws InvalidRequest where no repository is named or configured; RepositoryMissing; NoSnapshots; SnapshotMissing,
 *   SnapshotInProgress or SnapshotFailed for the one that is asked for; IndexMissing naming what it does not hold
 */
export async function locateSnapshot(
  asked: SnapshotsRequest,
  cluster: Cluster,
  { repository: configured, prefix }: SnapshotsSettings,
): Promise<Pick<LocatedSnapshot, 'source' | 'snapshot' | 'warnings'>> {
  const repository = asked.repository ?? configured;
  if (repository === '') {
    throw new InvalidRequest(
      'No snapshot repository is configured ("snapshots" in the settings): name one that the cluster has, "repository": "<name>"',
    );
  }
  if (!(await cluster.repository(repository))) {
    throw new RepositoryMissing(
      `The cluster has no repository ${repository}: its snapshots cannot be read until it is registered, read-only is enough`,
    );
  }
  const name = asked.snapshot ?? newestOf(await cluster.snapshots(repository), repository, prefix);
  const facts = await cluster.snapshot(repository, name);
  if (!facts) throw new SnapshotMissing(await missing(cluster, repository, name));
  refuseUnfinished(facts, repository);
  const { uuid, startedAt } = facts;
  const indices = indicesOf(facts, asked.indices);
  const notes =
    facts.state === 'PARTIAL'
      ? [`Snapshot ${name} is PARTIAL: ${facts.shards.failed} of ${facts.shards.total} shards are not in it`]
      : [];
  return {
    source: 'snapshots',
    snapshot: { repository, name, uuid, startedAt: startedAt.toISOString(), indices },
    warnings: notes,
  };
}

/** Of the schedule's, by its own start time. */
function newestOf(snapshots: readonly ListedSnapshot[], repository: string, prefix: string): string {
  const newest = snapshots
    .filter(({ name, state }) => state === 'SUCCESS' && timeInName(prefix, name) !== undefined)
    .reduce<ListedSnapshot | undefined>(
      (best, one) => (best && best.startedAt > one.startedAt ? best : one),
      undefined,
    );
  if (newest) return newest.name;
  throw new NoSnapshots(
    `Repository ${repository} holds ${snapshots.length} snapshots, and no successful one named ` +
      `${prefix}-YYYY-MM-DDtHH-MM-SS: name the one that is wanted, "snapshot": "<name>"`,
  );
}

async function missing(cluster: Cluster, repository: string, name: string): Promise<string> {
  const snapshots = await cluster.snapshots(repository);
  const newest = snapshots.slice(-named).map((one) => one.name);
  const there = newest.length > 0 ? `of its ${snapshots.length} the newest are ${newest.join(', ')}` : 'it holds none';
  return `Repository ${repository} has no snapshot ${name}: ${there}`;
}

function refuseUnfinished({ name, state, failures }: SnapshotFacts, repository: string): void {
  if (state === 'IN_PROGRESS') throw new SnapshotInProgress(`Snapshot ${name} of repository ${repository} still runs`);
  if (state === 'FAILED') {
    const why = failures.length > 0 ? `: ${failures.join('; ')}` : '';
    throw new SnapshotFailed(`Snapshot ${name} of repository ${repository} has failed and holds no index whole${why}`);
  }
}

/** As in the cluster, a wildcard never reaches a system index; a pattern that itself begins with a dot does. */
function indicesOf({ name: snapshot, indices }: SnapshotFacts, patterns: readonly string[]): string[] {
  const fits = (pattern: string): ((name: string) => boolean) => {
    const isLike = namesLike([pattern]);
    return (name) => isLike(name) && (!name.startsWith('.') || pattern.startsWith('.'));
  };
  const missed = patterns.filter((pattern) => !indices.some(fits(pattern)));
  if (missed.length > 0) {
    throw new IndexMissing(`Snapshot ${snapshot} holds no index named ${missed.join(', ')}; it holds ${held(indices)}`);
  }
  return indices.filter((name) => patterns.some((pattern) => fits(pattern)(name))).toSorted();
}

function held(indices: readonly string[]): string {
  const shown = indices.toSorted().slice(0, 10).join(', ');
  if (indices.length === 0) return 'none';
  return indices.length > 10 ? `${shown}, and ${indices.length - 10} more` : shown;
}
