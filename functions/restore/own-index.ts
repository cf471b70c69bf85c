import type { Cluster } from '../../ports/cluster.ts';
import type { RestorePlan } from '../../archive/restore-records.ts';
import { restoreRepositories } from './targets.ts';

export type Ownership =
  /** No index has the name. */
  | 'absent'
  /** This restore made it, and all its shards are there. */
  | 'own'
  /** This restore made it, and it is not whole, or not yet. */
  | 'own-unfinished'
  | 'foreign';

/** Whose an index is: what this restore did not make, it never touches. */
export async function ownership(cluster: Cluster, plan: RestorePlan, name: string): Promise<Ownership> {
  const progress = await cluster.restoreProgress(name);
  if (!progress) return (await cluster.indices([name])).length === 0 ? 'absent' : 'foreign';
  const repository = await cluster.restoredFrom(name);
  if (repository === undefined || !restoreRepositories(plan).includes(repository)) return 'foreign';
  const { shards, failures } = progress;
  return failures.length === 0 && shards.done === shards.total ? 'own' : 'own-unfinished';
}
