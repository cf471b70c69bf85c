import { restorePlanKey } from '../../archive/keys.ts';
import {
  parseRestorePlan,
  type RestorePlan,
  type RestoreTarget,
  type SnapshotOrigin,
  type SnapshotTarget,
} from '../../archive/restore-records.ts';
import type { ObjectStore } from '../../ports/object-store.ts';
import { readRecord } from '../records.ts';

/** One index of a restore: where it comes from, and what it must become. */
export type PlannedIndex = {
  /** The read-only repository of this restore, and the snapshot in it. */
  readonly repository: string;
  readonly snapshot: string;
  /** The name that it is restored under first: its own, or the temporary one that `replace` verifies it under. */
  readonly name: string;
} & (
  | { readonly source: 'archive'; readonly archiveId: string; readonly target: RestoreTarget }
  | { readonly source: 'snapshot'; readonly origin: SnapshotOrigin; readonly target: SnapshotTarget }
);

export const readRestorePlan = (restore: ObjectStore, restoreId: string): Promise<RestorePlan> =>
  readRecord(restore, restorePlanKey(restoreId), parseRestorePlan);

/** The read-only repositories that the restore registers for its own time, each over one snapshot. */
export const restoreRepositories = (plan: RestorePlan): string[] =>
  plan.source === 'snapshots' ? [plan.snapshot.repository] : plan.archives.map(({ repository }) => repository);

export function plannedIndices(plan: RestorePlan): PlannedIndex[] {
  if (plan.source === 'snapshots') {
    const { repository, snapshot, origin, targets } = plan.snapshot;
    return targets.map((target) => ({
      source: 'snapshot',
      origin,
      repository,
      snapshot,
      target,
      name: target.via ?? target.to,
    }));
  }
  return plan.archives.flatMap(({ archiveId, repository, snapshot, targets }) =>
    targets.map((target): PlannedIndex => ({
      source: 'archive',
      archiveId,
      repository,
      snapshot,
      target,
      name: target.via ?? target.to,
    })),
  );
}

/** The indices that take the place of one that is there, each under its final name. */
export const replacements = (plan: RestorePlan): PlannedIndex[] =>
  plannedIndices(plan)
    .filter(({ target }) => target.via !== null)
    .map((planned) => ({ ...planned, name: planned.target.to }));
