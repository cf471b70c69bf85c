import type { Cluster, RepositorySettings } from '../ports/cluster.ts';
import { RepositoryMismatch, SnapshotInProgress } from '../workflow/errors.ts';

/**
 * Registers a repository and reads its settings back: unknown or ignored ones are accepted without a word, so what counts is
 * what the cluster says afterwards.
 * @throws RepositoryMismatch naming the settings that differ, and what registering throws
 */
export async function registerAndReadBack(cluster: Cluster, name: string, settings: RepositorySettings): Promise<void> {
  const inUse = await cluster.registerRepository(name, settings).then(
    () => undefined,
    (error: unknown) => {
      // In use by a snapshot or restore of an attempt before this one: it is registered, and need not be again.
      if (error instanceof SnapshotInProgress) return error;
      throw error;
    },
  );
  const kept = await cluster.repository(name);
  const differing = Object.keys(settings).filter((setting) => kept?.[setting] !== settings[setting]);
  if (differing.length === 0) return;
  if (inUse) throw inUse;
  const facts = differing.map(
    (setting) => `${setting}: sent ${settings[setting]}, kept ${kept?.[setting] ?? 'nothing'}`,
  );
  throw new RepositoryMismatch(`Repository ${name} is not what was registered: ${facts.join('; ')}`);
}
