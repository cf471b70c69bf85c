import { InvalidSettings } from '../../../workflow/errors.ts';
import { indexPattern } from '../../index-pattern.ts';

/**
 * A function that names the index of a time (UTC) by a pattern with date tokens, such as `logdata-DDMMYYYY`: the name that
 * `indexPattern` of the archive workflow reads back.
 * @throws InvalidSettings when it is no such pattern, has a wildcard, or OpenSearch would not take its names
 */
export function indexNamer(pattern: string): (time: Date) => string {
  const { text } = indexPattern(pattern);
  const literal = text.replace(/YYYY|MM|DD|HH/g, '');
  if (!/^[a-z0-9][a-z0-9._-]*$/.test(text.replace(/YYYY|MM|DD|HH/g, '0')) || literal === '') {
    throw new InvalidSettings(
      `Index pattern "${pattern}": beside its date, only a-z, 0-9, ".", "_" and "-" can be written`,
    );
  }
  return (time) => {
    const [date = '', clock = ''] = time.toISOString().split('T');
    const [year = '', month = '', day = ''] = date.split('-');
    const tokens: Readonly<Record<string, string>> = { YYYY: year, MM: month, DD: day, HH: clock.slice(0, 2) };
    return text.replace(/YYYY|MM|DD|HH/g, (token) => tokens[token]!);
  };
}

/** The index of one time; see `indexNamer`. */
export const indexName = (pattern: string, time: Date): string => indexNamer(pattern)(time);
