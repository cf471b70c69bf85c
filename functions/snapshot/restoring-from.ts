import type { Cluster, RepositorySettings } from '../../ports/cluster.ts';

/**
 * Restores that read a repository just now: each registers the same place read-only under its own id (`restore-...`) until it
 * has ended. To the cluster that is another repository, so it would not refuse to delete what they read.
 * @returns the names of their registrations
 */
export async function restoringFrom(cluster: Cluster, repository: string): Promise<string[]> {
  const place = placeOf(await cluster.repository(repository));
  const restoring: string[] = [];
  for (const name of await cluster.repositories()) {
    if (!name.startsWith('restore-') || name === repository) continue;
    const settings = await cluster.repository(name);
    // Released meanwhile.
    if (settings && placeOf(settings) === place) restoring.push(name);
  }
  return restoring;
}

const placeOf = ({ bucket = '', base_path = '' }: RepositorySettings = {}): string => `${bucket}/${base_path}`;
