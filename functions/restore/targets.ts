import { restorePlanKey } from '../../archive/keys.ts';
import {
  parseRestorePlan,
  type PlannedArchive,
  type RestorePlan,
  type RestoreTarget,
} from '../../archive/restore-records.ts';
import type { ObjectStore } from '../../ports/object-store.ts';
import { readRecord } from '../records.ts';

/** One index of a restore: where it comes from, and what it must become. */
export interface PlannedIndex {
  readonly archive: PlannedArchive;
  readonly target: RestoreTarget;
  /** The name that it is restored under first: its own, or the temporary one that `replace` verifies it under. */
  readonly name: string;
}

export const readRestorePlan = (restore: ObjectStore, restoreId: string): Promise<RestorePlan> =>
  readRecord(restore, restorePlanKey(restoreId), parseRestorePlan);

export const plannedIndices = (plan: RestorePlan): PlannedIndex[] =>
  plan.archives.flatMap((archive) =>
    archive.targets.map((target) => ({ archive, target, name: target.via ?? target.to })),
  );

/** The indices that take the place of one that is there, each under its final name. */
export const replacements = (plan: RestorePlan): PlannedIndex[] =>
  plannedIndices(plan)
    .filter(({ target }) => target.via !== null)
    .map((planned) => ({ ...planned, name: planned.target.to }));
