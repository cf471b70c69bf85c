import { restorePlanKey } from '../../archive/keys.ts';
import { parseRestorePlan, type PlannedArchive } from '../../archive/restore-records.ts';
import type { ObjectStore } from '../../ports/object-store.ts';
import { ObjectMissing, RunRecordInvalid } from '../../workflow/errors.ts';

/** Which volume of which archive, for which restore. */
export interface UnpackWork {
  readonly restoreId: string;
  readonly archiveId: string;
  /** Number in the manifest, from 1. */
  readonly volume: number;
}

export interface PlannedUnpack {
  readonly archive: PlannedArchive;
  readonly volume: PlannedArchive['volumes'][number];
}

/**
 * Reads the plan of a restore and takes one volume from it. Its digests and version are those of the signed manifest.
 * @throws RunRecordInvalid when there is no plan, or it does not want this volume.
 */
export async function readPlanned(restore: ObjectStore, work: UnpackWork): Promise<PlannedUnpack> {
  const key = restorePlanKey(work.restoreId);
  const bytes = await restore.read(key).catch((cause: unknown) => {
    if (cause instanceof ObjectMissing) throw new RunRecordInvalid(`There is no plan at ${key}.`, { cause });
    throw cause;
  });
  const plan = parseRestorePlan(bytes);
  const invalid = (why: string): RunRecordInvalid => new RunRecordInvalid(`${key} ${why}.`);
  if (plan.restoreId !== work.restoreId) throw invalid(`is the plan of ${plan.restoreId}`);
  const archive = plan.archives.find(({ archiveId }) => archiveId === work.archiveId);
  if (!archive) throw invalid(`does not restore from ${work.archiveId}`);
  const volume = archive.volumes.find(({ number }) => number === work.volume);
  if (!volume) throw invalid(`does not want volume ${work.volume} of ${work.archiveId}`);
  return { archive, volume };
}
