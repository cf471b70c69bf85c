import type { VolumeFailure } from '../archive/volume-records.ts';
import { RecordedFailure, VolumeMissing } from '../workflow/errors.ts';

/** A volume that a task should have finished, and what its last attempt said, if it could. */
export interface MissingVolume {
  readonly volume: number;
  readonly failure: VolumeFailure | undefined;
}

/** The error for volumes that are missing: under the name of the first task's error, with every reason in the message. */
export function whyMissing(archiveId: string, planned: number, missing: readonly MissingVolume[]): Error {
  const reasons = missing.map(({ volume, failure }) =>
    failure
      ? `volume ${volume}: ${failure.error}: ${failure.message}`
      : `volume ${volume}: no record of a failure; its task was killed or never started`,
  );
  const message = `${missing.length} of ${planned} volumes of ${archiveId} are missing. ${reasons.slice(0, 10).join(' | ')}`;
  const first = missing.find(({ failure }) => failure !== undefined)?.failure;
  return first ? new RecordedFailure(first.error, message) : new VolumeMissing(message);
}
