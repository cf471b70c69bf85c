import { unpackFailureKey } from '../../archive/keys.ts';
import { volumeFailureBytes } from '../../archive/volume-records.ts';
import type { ObjectStore } from '../../ports/object-store.ts';
import { PermafrostError } from '../../workflow/errors.ts';
import type { UnpackWork } from './planned.ts';

/**
 * Exit codes of the task, for whoever sees the container end:
 *
 * | code | meaning                                                                  |
 * |------|--------------------------------------------------------------------------|
 * | 0    | the volume passed every check, is unpacked and has its receipt           |
 * | 10   | settings, private key or passphrase: nothing was written                 |
 * | 20   | plan or records of the restore                                           |
 * | 30   | the volume is refused: not as sealed, corrupt, or with hostile entries   |
 * | 40   | storage: unreachable, refused, missing bucket, a volume that is frozen   |
 * | 50   | told to stop                                                             |
 * | 70   | unexpected: a fault of the program                                       |
 */
export const exitCodes = {
  done: 0,
  settings: 10,
  records: 20,
  volume: 30,
  storage: 40,
  interrupted: 50,
  unexpected: 70,
} as const;

const codeOf: Readonly<Record<string, number>> = {
  InvalidSettings: exitCodes.settings,
  DecryptionKeyUnusable: exitCodes.settings,
  RunRecordInvalid: exitCodes.records,
  FormatInvalid: exitCodes.records,
  VolumeNotAsSealed: exitCodes.volume,
  VolumeCorrupt: exitCodes.volume,
  HostileEntry: exitCodes.volume,
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
  restore: ObjectStore,
  { restoreId, archiveId, volume }: UnpackWork,
  error: unknown,
  at: Date,
): Promise<void> {
  const { name, message } = error instanceof Error ? error : { name: 'Unknown', message: String(error) };
  const record = { archiveId, volume, error: name, message, at: at.toISOString() };
  await restore.put(unpackFailureKey(restoreId, archiveId, volume), volumeFailureBytes(record), {
    contentType: 'application/json',
  });
}
