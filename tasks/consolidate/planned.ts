import { planKey, volumeKey } from '../../archive/keys.ts';
import { type EncryptionProfile, parsePlan, type PlannedVolume } from '../../archive/plan.ts';
import type { ObjectStore } from '../../ports/object-store.ts';
import { ObjectMissing, RunRecordInvalid } from '../../workflow/errors.ts';

export interface PlannedWork {
  readonly volume: PlannedVolume;
  /** End of the full retention term. */
  readonly retainUntil: Date;
}

/**
 * Reads the plan of an archive and takes one volume from it.
 * @throws RunRecordInvalid when there is no plan, the volume is not in it, it was made for other recipients or another profile,
 * or its retention term is over.
 */
export async function readPlanned(
  staging: ObjectStore,
  task: {
    readonly archiveId: string;
    readonly volume: number;
    readonly profile: EncryptionProfile;
    readonly recipients: readonly string[];
    readonly now: Date;
  },
): Promise<PlannedWork> {
  const key = planKey(task.archiveId);
  const bytes = await staging.read(key).catch((cause: unknown) => {
    if (cause instanceof ObjectMissing) throw new RunRecordInvalid(`There is no plan at ${key}.`, { cause });
    throw cause;
  });
  const plan = parsePlan(bytes);
  const invalid = (why: string): RunRecordInvalid => new RunRecordInvalid(`${key} ${why}.`);
  if (plan.archiveId !== task.archiveId) throw invalid(`is the plan of ${plan.archiveId}`);
  const { profile, recipients } = plan.encryption;
  if (profile !== task.profile) throw invalid(`is for profile ${profile}; the task is set to ${task.profile}`);
  if (recipients.join() !== task.recipients.join())
    throw invalid(`is for recipients ${recipients.join(', ')}; the task has ${task.recipients.join(', ')}`);
  const volume = plan.volumes.find(({ number }) => number === task.volume);
  if (!volume) throw invalid(`has no volume ${task.volume}`);
  if (volume.key !== volumeKey(task.archiveId, task.volume))
    throw invalid(`has volume ${task.volume} at ${volume.key}`);
  const retainUntil = new Date(plan.retainUntil);
  if (retainUntil <= task.now) throw invalid(`wants a lock until ${plan.retainUntil}, which is over`);
  return { volume, retainUntil };
}
