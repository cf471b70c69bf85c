import type { Place } from '../log-record.ts';
import { monthOf, utcTime } from './times.ts';

const dayMs = 86_400_000;
const stamp = /^([A-Z][a-z]{2}) ([ \d]?\d) (?:(\d{4}) )?(\d\d):(\d\d):(\d\d)(?:\.(\d{1,6}))?$/;
const dateInKey = /(?<!\d)(20\d\d)([-/_.]?)(\d\d)\2(\d\d)(?!\d{3})/;

/**
 * The time of a stamp such as `Oct 11 22:14:15`, UTC; of `Oct 1`, too, for which some senders do without the second space. Its year is the last one in which it is not more than a day after the object
 * was written: by the date in the object's key where there is one (a copied object has a later LastModified), else by LastModified.
 * @returns undefined for anything else, such as a month without such a day
 */
export function stampTime(text: string, place: Place): Date | undefined {
  const match = stamp.exec(text);
  if (!match) return undefined;
  const [, month = '', day, given, hour, minute, second, fraction = '0'] = match;
  const milliseconds = Math.floor(Number(`0.${fraction}`) * 1000);
  const clock = [hour, minute, second].map(Number);
  const inYear = (year: number): Date | undefined => utcTime(year, monthOf(month), Number(day), clock, milliseconds);
  if (given !== undefined) return inYear(Number(given));
  const latest = writtenBy(place).getTime() + dayMs;
  const last = new Date(latest).getUTCFullYear();
  // Eight years back, for 29 February.
  for (let year = last; year >= last - 8; year--) {
    const time = inYear(year);
    if (time && time.getTime() <= latest) return time;
  }
  return undefined;
}

/** The end of the day in the key, or LastModified. */
function writtenBy({ key, lastModified }: Place): Date {
  const [, year, , month, day] = dateInKey.exec(key) ?? [];
  const date = year === undefined ? undefined : utcTime(Number(year), Number(month), Number(day), [0, 0, 0]);
  const end = date && new Date(date.getTime() + dayMs);
  return end && date.getTime() <= lastModified.getTime() + dayMs ? end : lastModified;
}
