import { readEnvironment } from '../../workflow/environment.ts';
import type { Surroundings } from '../process.ts';
import { consolidate } from './consolidate.ts';
import { exitCodeOf, exitCodes, recordFailure } from './failure.ts';
import { consolidateEnvironment, volumeEnvironment } from './settings.ts';

/** Runs the task in its surroundings, records and logs a failure. Answers with the exit code (failure.ts); never throws. */
export async function run({ variables, storeOf, now, signal, log }: Surroundings): Promise<number> {
  try {
    const settings = readEnvironment(consolidateEnvironment, variables);
    const receipt = await consolidate({
      staging: storeOf(settings.STAGING_BUCKET),
      archive: storeOf(settings.ARCHIVE_BUCKET),
      archiveId: settings.ARCHIVE_ID,
      volume: settings.VOLUME,
      recipientKeys: settings.RECIPIENT_KEYS,
      profile: settings.ENCRYPTION_PROFILE,
      prefetch: settings.PREFETCH,
      now,
      signal,
      log,
    });
    const { key, bytes, sha256, versionId, lockedUntil, objects, objectBytes } = receipt;
    log('INFO', 'Volume stored', { key, bytes, sha256, versionId, lockedUntil, objects, objectBytes });
    return exitCodes.done;
  } catch (error) {
    const exitCode = exitCodeOf(error);
    const { name, message, stack } = error instanceof Error ? error : new Error(String(error));
    log('ERROR', message, { error: name, exitCode, ...(exitCode === exitCodes.unexpected ? { stack } : {}) });
    const which = volumeEnvironment.safeParse(variables);
    if (which.success) {
      const { STAGING_BUCKET, ARCHIVE_ID, VOLUME } = which.data;
      const task = { archiveId: ARCHIVE_ID, volume: VOLUME };
      await recordFailure(storeOf(STAGING_BUCKET), task, error, now()).catch((cause: unknown) => {
        log('WARN', 'The failure could not be recorded', { cause: String(cause) });
      });
    }
    return exitCode;
  }
}
