import type { LogRecord } from '../log-record.ts';

const dayMs = 86_400_000;
/** Clocks that were never set begin in 1970 or 1980. */
const earliest = Date.UTC(2000, 0, 1);

/**
 * When a record happened: by its own account, unless that is missing or cannot be (before 2000, or more than a day after its object was
 * stored: a day, as clocks and zones differ); then when its object was stored. Never the time of indexing, by which a record would
 * land in another index each time it is delivered.
 */
export function eventTime(record: Pick<LogRecord, 'time'>, lastModified: Date): Date {
  const { time } = record;
  if (time === undefined) return lastModified;
  const plausible = time.getTime() >= earliest && time.getTime() <= lastModified.getTime() + dayMs;
  return plausible ? time : lastModified;
}
