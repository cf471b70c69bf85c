import { setTimeout as sleep } from 'node:timers/promises';

/** Resolves when `work` does, or after so many milliseconds; leaves no timer behind. @throws what `work` throws within that time */
export async function waitAtMost(milliseconds: number, work: Promise<unknown>): Promise<void> {
  const waited = new AbortController();
  const enough = sleep(milliseconds, undefined, { signal: waited.signal }).catch(() => undefined);
  try {
    await Promise.race([work, enough]);
  } finally {
    waited.abort();
  }
}
