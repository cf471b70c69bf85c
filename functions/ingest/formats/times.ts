const iso = /^(\d{4})-(\d\d)-(\d\d)[Tt ](\d\d):(\d\d):(\d\d)(?:[.,](\d{1,9}))?\s?([Zz]|[+-]\d\d:?\d\d)?$/;

/**
 * The time that an ISO 8601 date and time names, to the millisecond; without an offset it is taken as UTC.
 * @returns undefined for anything else, such as 31 February
 */
export function isoTime(text: string): Date | undefined {
  return isPlain(text) ? plainTime(text) : anyIsoTime(text);
}

/** Whether it looks like `2026-01-02T03:04:05.678Z`, as most loggers write: read by its digits, in a quarter of the time (measured). */
const isPlain = (text: string): boolean =>
  text.length === 24 &&
  text[4] === '-' &&
  text[7] === '-' &&
  text[10] === 'T' &&
  text[13] === ':' &&
  text[16] === ':' &&
  text[19] === '.' &&
  text[23] === 'Z';

function plainTime(text: string): Date | undefined {
  const clock = [digits(text, 11, 13), digits(text, 14, 16), digits(text, 17, 19)];
  return utcTime(digits(text, 0, 4), digits(text, 5, 7), digits(text, 8, 10), clock, digits(text, 20, 23));
}

/** The number that digits make; NaN when there is something else among them. */
function digits(text: string, from: number, to: number): number {
  let value = 0;
  for (let at = from; at < to; at += 1) {
    const digit = text.charCodeAt(at) - 48;
    if (digit < 0 || digit > 9) return NaN;
    value = value * 10 + digit;
  }
  return value;
}

function anyIsoTime(text: string): Date | undefined {
  const [, year, month, day, hour, minute, second, fraction = '0', zone = 'Z'] = iso.exec(text) ?? [];
  if (year === undefined) return undefined;
  const milliseconds = Math.floor(Number(`0.${fraction}`) * 1000);
  return utcTime(Number(year), Number(month), Number(day), [hour, minute, second].map(Number), milliseconds, zone);
}

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** The number, from 1, of a month in three English letters; 0 for anything else. */
export const monthOf = (name: string): number => months.indexOf(name) + 1;

/**
 * The instant of a calendar date and time.
 * @param clock hours, minutes, seconds
 * @param zone `Z` or an offset such as `+0200`
 * @returns undefined where the calendar or the clock has no such time
 */
export function utcTime(
  year: number,
  month: number,
  day: number,
  clock: readonly number[],
  milliseconds = 0,
  zone = 'Z',
): Date | undefined {
  const [hour = NaN, minute = NaN, second = NaN] = clock;
  const time = new Date(Date.UTC(year, month - 1, day, hour, minute, second, milliseconds));
  const real = time.getUTCMonth() === month - 1 && time.getUTCDate() === day && hour < 24 && minute < 60 && second < 60;
  if (!real) return undefined;
  return zone === 'Z' ? time : new Date(time.getTime() - offsetMs(zone));
}

function offsetMs(zone: string): number {
  const [, sign, hours, minutes] = /^([+-])(\d\d):?(\d\d)$/.exec(zone) ?? [];
  const offset = (Number(hours ?? 0) * 60 + Number(minutes ?? 0)) * 60_000;
  return sign === '-' ? -offset : offset;
}

/** The time of a Unix timestamp, in seconds, or milli-, micro- or nanoseconds, as its size tells (for years 1973 to 5138). */
export function epochTime(value: number): Date | undefined {
  if (!Number.isFinite(value) || value <= 0) return undefined;
  const unit = [1e11, 1e14, 1e17].findIndex((limit) => value < limit);
  const milliseconds = [value * 1000, value, value / 1e3, value / 1e6].at(unit)!;
  const time = new Date(Math.floor(milliseconds));
  return Number.isNaN(time.getTime()) ? undefined : time;
}

/** The time in a JSON value: an ISO 8601 string or a Unix timestamp. */
export function timeOf(value: unknown): Date | undefined {
  if (typeof value === 'number') return epochTime(value);
  if (typeof value !== 'string') return undefined;
  return /^\d{9,19}(\.\d+)?$/.test(value) ? epochTime(Number(value)) : isoTime(value);
}
