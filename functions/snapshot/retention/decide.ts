import { DateTime } from 'luxon';
import type { ListedSnapshot } from '../../../ports/cluster.ts';
import { timeInName } from '../snapshot-name.ts';
import type { Age, RetentionSettings } from './settings.ts';

/**
 * What a name's time may differ from the snapshot's own start: a snapshot waits for others before it starts, and a redrive takes
 * it anew under the same name for 14 days.
 */
const plausibleDifferenceDays = 15;

export interface Decision {
  /** Oldest first. */
  readonly expired: readonly ListedSnapshot[];
  /** Of the schedule, and not expired. */
  readonly kept: readonly ListedSnapshot[];
  /** Of other names. Never touched. */
  readonly foreign: readonly ListedSnapshot[];
  /** Kept though they seem expired, since the time in the name contradicts the start time. */
  readonly doubtful: readonly ListedSnapshot[];
}

/**
 * Which snapshots of a repository are expired. By the start time that the snapshot itself has; the time in its name is only a
 * cross-check.
 * - Successful: older than the age, or beyond the maximum count; but of the newest `minimumCount` none, and never the newest.
 * - PARTIAL and FAILED: older than their own age; the newest PARTIAL stays while there is no successful one.
 * - Running ones and those of other names: never.
 */
export function decide(
  snapshots: readonly ListedSnapshot[],
  prefix: string,
  retention: RetentionSettings,
  now: Date,
): Decision {
  const newestFirst = snapshots.toSorted((one, other) => other.startedAt.getTime() - one.startedAt.getTime());
  const foreign = newestFirst.filter(({ name }) => timeInName(prefix, name) === undefined);
  const own = newestFirst.filter((snapshot) => !foreign.includes(snapshot));
  const good = own.filter(({ state }) => state === 'SUCCESS');
  const incomplete = own.filter(({ state }) => state === 'PARTIAL' || state === 'FAILED');

  const limit = before(now, retention);
  const maximum = retention.maximumCount ?? Infinity;
  const due = good.filter(
    ({ startedAt }, position) =>
      position >= Math.max(1, retention.minimumCount) && (startedAt < limit || position >= maximum),
  );
  const incompleteLimit = before(now, retention.incomplete);
  const lastResort = good.length === 0 ? incomplete.find(({ state }) => state === 'PARTIAL') : undefined;
  const incompleteDue = incomplete.filter(
    (snapshot) => snapshot !== lastResort && snapshot.startedAt < incompleteLimit,
  );

  const seemExpired = [...due, ...incompleteDue].sort((a, b) => a.startedAt.getTime() - b.startedAt.getTime());
  const doubtful = seemExpired.filter((snapshot) => contradicts(prefix, snapshot));
  const expired = seemExpired.filter((snapshot) => !doubtful.includes(snapshot));
  return { expired, kept: own.filter((snapshot) => !expired.includes(snapshot)), foreign, doubtful };
}

/** The moment that lies the age before another. A day that the month does not have becomes its last: 31 March, a month before, is 29 February. */
const before = (now: Date, { unit, count }: Age): Date =>
  DateTime.fromJSDate(now, { zone: 'utc' })
    .minus({ [unit]: count })
    .toJSDate();

function contradicts(prefix: string, { name, startedAt }: ListedSnapshot): boolean {
  const named = timeInName(prefix, name)!.getTime();
  return Math.abs(startedAt.getTime() - named) > plausibleDifferenceDays * 86_400_000;
}
