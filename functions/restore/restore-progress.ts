import type { Cluster } from '../../ports/cluster.ts';
import { RestoreFailed, RestoreTimedOut } from '../../workflow/errors.ts';
import { complete, hoursSince, stillGoing, type Polled } from '../polling.ts';
import type { PlannedIndex } from './targets.ts';

const timeoutHours = 24;

/**
 * How the restore of some indices stands, all together.
 * @throws RestoreFailed with the cause of each shard that the cluster has given up; `advice` ends the message
 * @throws RestoreTimedOut after 24 hours
 */
export async function pollRestore(
  cluster: Cluster,
  indices: readonly PlannedIndex[],
  polled: Polled,
  now: Date,
  advice = '',
): Promise<Polled> {
  const failures: string[] = [];
  const unfinished: string[] = [];
  for (const { name } of indices) {
    const progress = await cluster.restoreProgress(name);
    if (!progress) failures.push(`${name}: the index is gone`);
    else if (progress.failures.length > 0) failures.push(...progress.failures.map((why) => `${name}/${why}`));
    else if (progress.shards.done < progress.shards.total) unfinished.push(name);
  }
  if (failures.length > 0) throw new RestoreFailed(`The cluster could not restore: ${failures.join('; ')}.${advice}`);
  if (unfinished.length === 0) return complete(polled);
  if (hoursSince(polled, now) < timeoutHours) return stillGoing(polled);
  throw new RestoreTimedOut(`Not restored after ${timeoutHours} h: ${unfinished.join(', ')}.${advice}`);
}
