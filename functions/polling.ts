import type { z } from 'zod';
import type { archiveContracts } from '../workflow/contracts.ts';

export type Polled = z.output<typeof archiveContracts.CheckSnapshot.output>;

const firstWaitSeconds = 30;
const longestWaitSeconds = 600;

/** A long operation has just been asked for. */
export const started = (now: Date): Polled => ({
  complete: false,
  startedAt: now.toISOString(),
  waitSeconds: firstWaitSeconds,
});

/** Still going: the interval grows by half, from 30 s to 10 min, so that a day of waiting stays far below the limit of 25,000 history events. */
export const stillGoing = (polled: Polled): Polled => ({
  ...polled,
  complete: false,
  waitSeconds: Math.min(longestWaitSeconds, Math.ceil(polled.waitSeconds * 1.5)),
});

export const complete = (polled: Polled): Polled => ({ ...polled, complete: true });

export const hoursSince = (polled: Polled, now: Date): number =>
  (now.getTime() - Date.parse(polled.startedAt)) / 3_600_000;
