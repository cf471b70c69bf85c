/** The moments of a day, in order: quiet at night, busy in the afternoon. */
import type { Random } from './random.ts';

export const dayMilliseconds = 24 * 60 * 60 * 1000;

/** Midnight UTC of `YYYY-MM-DD`. */
export function midnight(date: string): number {
  const time = /^\d{4}-\d{2}-\d{2}$/.test(date) ? Date.parse(`${date}T00:00:00.000Z`) : NaN;
  if (Number.isNaN(time) || new Date(time).toISOString().slice(0, 10) !== date)
    throw new RangeError(`${date} is not a date of the form YYYY-MM-DD`);
  return time;
}

/** `count` moments within the day, in milliseconds since 1970, never decreasing. */
export function* momentsOf(date: string, count: number, random: Random): Generator<number> {
  const start = midnight(date);
  for (let number = 0; number < count; number++) {
    // Evenly spread with some jitter, then bent so that the afternoon gets more than the night.
    const even = (number + random.next()) / count;
    const bent = even - 0.09 * Math.sin(2 * Math.PI * even) * Math.cos(Math.PI * (even - 0.5)) ** 2;
    yield start + Math.min(dayMilliseconds - 1, Math.max(0, Math.floor(bent * dayMilliseconds)));
  }
}
