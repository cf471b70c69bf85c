import { parseArchiveId } from '../../../archive/archive-id.ts';
import { walkSealed } from '../../../archive/catalogue.ts';
import { repositoryPrefix, runsPrefix, selectionKey } from '../../../archive/keys.ts';
import type { ObjectStore } from '../../../ports/object-store.ts';

const reportedAtMost = 20;

/**
 * Archives of earlier runs that are staged but not sealed, oldest first, at most 20. They are reported, never touched:
 * `{"resume": "<archive-id>"}` finishes one.
 * @param ongoing ids of the archives that running executions are making
 */
export async function findLeftovers(
  staging: ObjectStore,
  archive: ObjectStore,
  ongoing: ReadonlySet<string>,
): Promise<string[]> {
  const runs = new Map<string, Date>();
  for await (const { key } of staging.list(runsPrefix)) {
    const archiveId = key.slice(runsPrefix.length).split('/')[0]!;
    if (key !== selectionKey(archiveId) || ongoing.has(archiveId)) continue;
    runs.set(archiveId, parseArchiveId(archiveId).createdAt);
  }
  if (runs.size === 0) return [];
  const oldest = new Date(Math.min(...[...runs.values()].map((createdAt) => createdAt.getTime())));
  for await (const { archiveId } of walkSealed(archive, { notBefore: oldest })) runs.delete(archiveId);
  const leftovers: string[] = [];
  for (const archiveId of [...runs.keys()].sort((a, b) => runs.get(a)!.getTime() - runs.get(b)!.getTime())) {
    if (leftovers.length < reportedAtMost && (await holdsObjects(staging, repositoryPrefix(archiveId)))) {
      leftovers.push(archiveId);
    }
  }
  return leftovers;
}

async function holdsObjects(staging: ObjectStore, prefix: string): Promise<boolean> {
  for await (const _ of staging.list(prefix)) return true;
  return false;
}
