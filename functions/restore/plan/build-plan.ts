import type { Manifest } from '../../../archive/manifest.ts';
import type { PlannedArchive, RestorePlan, RestoreTarget } from '../../../archive/restore-records.ts';
import type { LocatedArchives } from './request.ts';

export type ArchivesPlan = Exclude<RestorePlan, { readonly source: 'snapshots' }>;

/** An archive of the restore, verified, with the names of the indices that are asked of it. */
export interface AskedArchive {
  readonly manifest: Manifest;
  readonly indices: readonly string[];
}

/** Puts the plan together. `targets` are in the order of the archives, and in each of its asked indices. */
export function buildPlan(
  request: LocatedArchives,
  archives: readonly AskedArchive[],
  targets: readonly RestoreTarget[],
  replicas: number,
): ArchivesPlan {
  const { restoreId, conflict, thaw, leaseDays, execution } = request;
  let taken = 0;
  const planned = archives.map((archive, position) => {
    const own = targets.slice(taken, (taken += archive.indices.length));
    return planArchive(archive.manifest, own, `${restoreId}-${position + 1}`);
  });
  return { restoreId, archives: planned, conflict, thaw, replicas, leaseDays, execution };
}

/** Volume 1 has the repository's root metadata; of the others, those that hold asked indices. */
function planArchive(manifest: Manifest, targets: RestoreTarget[], repository: string): PlannedArchive {
  const asked = new Set(targets.map(({ index }) => index.name));
  return {
    archiveId: manifest.archiveId,
    repository,
    snapshot: manifest.snapshot.name,
    profile: manifest.encryption.profile,
    targets,
    volumes: manifest.volumes
      .map((volume, position) => ({ number: position + 1, ...volume }))
      .filter(({ number, indices }) => number === 1 || indices.some((name) => asked.has(name))),
    repositoryIds: manifest.indices.map(({ repositoryId }) => repositoryId),
    wantedRepositoryIds: targets.map(({ index }) => index.repositoryId),
  };
}
