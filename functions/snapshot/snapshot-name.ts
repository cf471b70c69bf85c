import { z } from 'zod';

/** Begins the names of the schedule's snapshots. */
export const namePrefixVariable = { SNAPSHOT_PREFIX: z.string().regex(/^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/) };

/** `PREFIX-YYYY-MM-DDtHH-MM-SS`, UTC: lower case, as OpenSearch wants names. The same over all redrives of an execution. */
export const snapshotNameOf = (prefix: string, startedAt: Date): string =>
  `${prefix}-${startedAt.toISOString().slice(0, 19).replace('T', 't').replaceAll(':', '-')}`;

/**
 * The time that a name of the schedule carries. Undefined unless the whole name fits and is a real date: what is named otherwise
 * belongs to somebody else.
 */
export function timeInName(prefix: string, name: string): Date | undefined {
  if (!name.startsWith(`${prefix}-`)) return undefined;
  const match = /^(\d{4}-\d{2}-\d{2})t(\d{2})-(\d{2})-(\d{2})$/.exec(name.slice(prefix.length + 1));
  if (!match) return undefined;
  const [, day = '', hour = '', minute = '', second = ''] = match;
  const time = new Date(`${day}T${hour}:${minute}:${second}Z`);
  // 30 February would parse to another day: only a time that reads back the same is one.
  return !Number.isNaN(time.getTime()) && snapshotNameOf(prefix, time) === name ? time : undefined;
}
