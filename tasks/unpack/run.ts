import { readEnvironment } from '../../workflow/environment.ts';
import type { Surroundings } from '../process.ts';
import { exitCodeOf, exitCodes, recordFailure } from './failure.ts';
import { unpackEnvironment, unpackRunEnvironment } from './settings.ts';
import { unpack } from './unpack.ts';

/** Runs the task in its surroundings, records and logs a failure. Answers with the exit code (failure.ts); never throws. */
export async function run({ variables, storeOf, now, signal, log }: Surroundings): Promise<number> {
  try {
    const settings = readEnvironment(unpackEnvironment, variables);
    const receipt = await unpack({
      archive: storeOf(settings.ARCHIVE_BUCKET),
      restore: storeOf(settings.RESTORE_BUCKET),
      restoreId: settings.RESTORE_ID,
      archiveId: settings.ARCHIVE_ID,
      volume: settings.VOLUME,
      privateKey: settings.PRIVATE_KEY,
      passphrase: settings.PASSPHRASE,
      signal,
      log,
    });
    const { objects, bytes, checkedObjects } = receipt;
    log('INFO', 'Volume unpacked', { objects, bytes, checkedObjects });
    return exitCodes.done;
  } catch (error) {
    const exitCode = exitCodeOf(error);
    const { name, message, stack } = error instanceof Error ? error : new Error(String(error));
    log('ERROR', message, { error: name, exitCode, ...(exitCode === exitCodes.unexpected ? { stack } : {}) });
    const which = unpackRunEnvironment.safeParse(variables);
    if (which.success) {
      const { RESTORE_BUCKET, RESTORE_ID, ARCHIVE_ID, VOLUME } = which.data;
      const work = { restoreId: RESTORE_ID, archiveId: ARCHIVE_ID, volume: VOLUME };
      await recordFailure(storeOf(RESTORE_BUCKET), work, error, now()).catch((cause: unknown) => {
        log('WARN', 'The failure could not be recorded', { cause: String(cause) });
      });
    }
    return exitCode;
  }
}
