import { unpackFailureKey } from '../../archive/keys.ts';
import { volumeFailureBytes } from '../../archive/volume-records.ts';
import type { ObjectStore } from '../../ports/object-store.ts';
import { commonExitCodes, exitCodesBy } from '../exit-codes.ts';
import type { UnpackWork } from './planned.ts';

const { done, settings, records, ...others } = commonExitCodes;

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
export const exitCodes = { done, settings, records, volume: 30, ...others } as const;

export const exitCodeOf = exitCodesBy({
  DecryptionKeyUnusable: exitCodes.settings,
  VolumeNotAsSealed: exitCodes.volume,
  VolumeCorrupt: exitCodes.volume,
  HostileEntry: exitCodes.volume,
});

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
