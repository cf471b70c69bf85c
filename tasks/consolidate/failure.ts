import { failureKey } from '../../archive/keys.ts';
import { volumeFailureBytes } from '../../archive/volume-records.ts';
import type { ObjectStore } from '../../ports/object-store.ts';
import { PermafrostError } from '../../workflow/errors.ts';

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
export const exitCodes = {
  done: 0,
  settings: 10,
  records: 20,
  staged: 30,
  storage: 40,
  interrupted: 50,
  unexpected: 70,
} as const;

const codeOf: Readonly<Record<string, number>> = {
  InvalidSettings: exitCodes.settings,
  NoRecipients: exitCodes.settings,
  RecipientUnreadable: exitCodes.settings,
  RecipientIsSecretKey: exitCodes.settings,
  RecipientExpired: exitCodes.settings,
  RecipientRevoked: exitCodes.settings,
  RecipientCannotEncrypt: exitCodes.settings,
  RecipientUnsupported: exitCodes.settings,
  RunRecordInvalid: exitCodes.records,
  FormatInvalid: exitCodes.records,
  VolumeConflict: exitCodes.records,
  ObjectVanished: exitCodes.staged,
  ObjectLengthChanged: exitCodes.staged,
  StoreUnavailable: exitCodes.storage,
  BucketMissing: exitCodes.storage,
  NotAllowed: exitCodes.storage,
  ObjectMissing: exitCodes.storage,
  ObjectExists: exitCodes.storage,
  ObjectFrozen: exitCodes.storage,
  StoreAnswerUnknown: exitCodes.storage,
  TaskInterrupted: exitCodes.interrupted,
};

export function exitCodeOf(error: unknown): number {
  return error instanceof PermafrostError ? (codeOf[error.name] ?? exitCodes.unexpected) : exitCodes.unexpected;
}

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
