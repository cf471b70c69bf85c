import type { Cluster, RepositorySettings } from '../ports/cluster.ts';
import { RepositoryMismatch } from '../workflow/errors.ts';

/**
 * Registers a repository and reads its settings back: unknown or ignored ones are accepted without a word, so what counts is
 * what the cluster says afterwards.
 * @throws RepositoryMismatch naming the settings that differ, and what registering throws
 */
export async function registerAndReadBack(cluster: Cluster, name: string, settings: RepositorySettings): Promise<void> {
  await cluster.registerRepository(name, settings);
  const kept = await cluster.repository(name);
  const differing = Object.keys(settings).filter((setting) => kept?.[setting] !== settings[setting]);
  if (differing.length === 0) return;
  const facts = differing.map(
    (setting) => `${setting}: sent ${settings[setting]}, kept ${kept?.[setting] ?? 'nothing'}`,
  );
  throw new RepositoryMismatch(`Repository ${name} is not what was registered: ${facts.join('; ')}`);
}
