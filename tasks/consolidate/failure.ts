import { failureKey } from '../../archive/keys.ts';
import { volumeFailureBytes } from '../../archive/volume-records.ts';
import type { ObjectStore } from '../../ports/object-store.ts';
import { commonExitCodes, exitCodesBy } from '../exit-codes.ts';

const { done, settings, records, ...others } = commonExitCodes;

/**
 * Exit codes of the task, for whoever sees the container end:
 *
 * | code | meaning                                                              |
 * |------|----------------------------------------------------------------------|
 * | 0    | the volume is stored and has its receipt                             |
 * | 10   | settings or recipients' keys: nothing was read                       |
 * | 20   | plan or records of the run, or a foreign object at the volume's key  |
 * | 30   | staged data changed while it was read, or is gone                    |
 * | 40   | storage: unreachable, refused, missing bucket                        |
 * | 50   | told to stop, or another attempt took over                           |
 * | 70   | unexpected: a fault of the program                                   |
 */
export const exitCodes = { done, settings, records, staged: 30, ...others } as const;

export const exitCodeOf = exitCodesBy({
  NoRecipients: exitCodes.settings,
  RecipientUnreadable: exitCodes.settings,
  RecipientIsSecretKey: exitCodes.settings,
  RecipientExpired: exitCodes.settings,
  RecipientRevoked: exitCodes.settings,
  RecipientCannotEncrypt: exitCodes.settings,
  RecipientUnsupported: exitCodes.settings,
  VolumeConflict: exitCodes.records,
  ObjectVanished: exitCodes.staged,
  ObjectLengthChanged: exitCodes.staged,
});

/** Writes `volume-N.failure.json`, over that of an earlier attempt. A receipt beside it means that a later attempt succeeded. */
export async function recordFailure(
  staging: ObjectStore,
  task: { readonly archiveId: string; readonly volume: number },
  error: unknown,
  at: Date,
): Promise<void> {
  const { name, message } = error instanceof Error ? error : { name: 'Unknown', message: String(error) };
  const record = { ...task, error: name, message, at: at.toISOString() };
  await staging.put(failureKey(task.archiveId, task.volume), volumeFailureBytes(record), {
    contentType: 'application/json',
  });
}
