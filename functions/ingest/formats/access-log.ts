import { splitFields } from './split-fields.ts';
import type { Reading } from './reading.ts';

/**
 * What a column holds: `address` an IP address with its port, `request` the line of an HTTP request, `list` values in quotes that are
 * separated by commas.
 */
type Kind = 'text' | 'number' | 'address' | 'request' | 'list';

/** A column of an access log: the name of its field. */
export type Column = readonly [name: string, kind?: Kind];

/** An access log: a line a request, its columns always in this order. */
export interface AccessLog {
  readonly columns: readonly Column[];
  /** How each of its lines begins: lines of another log may have as many columns, and would be read as nonsense. */
  readonly begins: RegExp;
  /** How many columns its oldest form has; later ones were added at the end. */
  readonly atLeast: number;
  /** Whether the time is in square brackets. */
  readonly brackets?: boolean;
  /** Reads the text of the column `time`. */
  readonly time: (text: string) => Date | undefined;
}

/**
 * Reads a line by the columns. `-` is absent. Columns that came after this was written are kept in `extra`, in their order. The time
 * stays as it was written in `time`, too.
 */
export const readAccessLog =
  ({ columns, begins, atLeast, brackets = false, time }: AccessLog) =>
  (line: string): Reading => {
    if (!begins.test(line)) return { fault: 'not a line of this log' };
    const fields = splitFields(line, brackets);
    if (!fields) return { fault: 'a quote is not closed' };
    if (fields.length < atLeast) return { fault: `${fields.length} fields, not at least ${atLeast}` };
    const document: Record<string, unknown> = {};
    for (const [index, [name, kind = 'text']] of columns.entries()) {
      const text = fields[index];
      if (text === undefined || text === '-' || text === '') continue;
      const values = read[kind](name, text);
      if (!values) return { fault: `${name} is no number` };
      Object.assign(document, values);
    }
    const extra = fields.slice(columns.length);
    if (extra.length > 0) document.extra = extra;
    return { document, time: typeof document.time === 'string' ? time(document.time) : undefined };
  };

const read: Record<Kind, (name: string, text: string) => Record<string, unknown> | undefined> = {
  text: (name, text) => ({ [name]: text }),
  number: (name, text) => {
    const value = Number(text);
    return Number.isFinite(value) ? { [name]: value } : undefined;
  },
  address: (name, text) => {
    const [, bracketed, plain, port] = /^(?:\[(.+)\]|(.+)):(\d+)$/.exec(text) ?? [];
    const ip = bracketed ?? plain;
    return ip === undefined ? { [`${name}_ip`]: text } : { [`${name}_ip`]: ip, [`${name}_port`]: Number(port) };
  },
  request: (name, text) => {
    if (/^[- ]*$/.test(text)) return {};
    const parts = /^(\S+) (.*) (\S+)$/.exec(text);
    if (!parts) return { [name]: text };
    const named = ['verb', 'url', 'protocol'].map((part, index) => [`${name}_${part}`, parts[index + 1]?.trim()]);
    return Object.fromEntries(named.filter(([, value]) => value !== '-' && value !== '')) as Record<string, unknown>;
  },
  list: (name, text) => ({ [name]: text.split('","') }),
};
