import { z } from 'zod';

const age = z.strictObject({
  /** Months and years are those of the calendar, in UTC. */
  unit: z.enum(['seconds', 'minutes', 'hours', 'days', 'weeks', 'months', 'years']),
  count: z.int().positive(),
});
export type Age = z.output<typeof age>;

/** How long the schedule's snapshots stay. */
export const retentionSettings = z
  .strictObject({
    /** Successful snapshots are deleted when they are older than this. */
    ...age.shape,
    /** So many successful ones stay, however old. */
    minimumCount: z.int().min(1),
    /** Of more successful ones than this the oldest go, however young. */
    maximumCount: z.int().positive().optional(),
    /** PARTIAL and FAILED snapshots are deleted when they are older than this; they count for nothing else. */
    incomplete: age,
  })
  .refine(({ minimumCount, maximumCount = minimumCount }) => maximumCount >= minimumCount, {
    path: ['maximumCount'],
    error: 'must not be below minimumCount',
  });
export type RetentionSettings = z.output<typeof retentionSettings>;
