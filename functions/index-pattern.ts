import { InvalidSettings } from '../workflow/errors.ts';

/** A stretch of time that an index is named for: `from` inclusive, `to` exclusive, UTC. */
export interface Period {
  readonly from: Date;
  readonly to: Date;
}

/** A name pattern with date tokens, such as `logdata-DDMMYYYY` or `cwl-YYYY.MM.DD`. */
export interface IndexPattern {
  readonly text: string;
  /** The same with a wildcard in the place of each token, to ask the cluster for candidates. */
  readonly wildcard: string;
  /** The period that a name stands for, or undefined when the name does not fit or names no real date. */
  period(name: string): Period | undefined;
}

const token = /YYYY|MM|DD|HH/g;
const digits: Record<string, string> = {
  YYYY: '(?<year>\\d{4})',
  MM: '(?<month>\\d{2})',
  DD: '(?<day>\\d{2})',
  HH: '(?<hour>\\d{2})',
};

/**
 * Reads a pattern. Tokens: `YYYY` and `MM` (required), `DD`, and `HH` (only with `DD`), each at most once, in any order;
 * `*` stands for any characters; the rest is literal.
 * @throws InvalidSettings when a required token is missing or one stands twice.
 */
export function indexPattern(text: string): IndexPattern {
  const tokens: readonly string[] = text.match(token) ?? [];
  const faults = [
    ...(['YYYY', 'MM'].every((required) => tokens.includes(required)) ? [] : ['YYYY and MM are required']),
    ...(new Set(tokens).size === tokens.length ? [] : ['a token stands twice']),
    ...(tokens.includes('HH') && !tokens.includes('DD') ? ['HH needs DD'] : []),
  ];
  if (faults.length > 0) throw new InvalidSettings(`Index pattern "${text}": ${faults.join('; ')}`);
  const expression = new RegExp(
    `^${text
      .replace(/[.+?^${}()|[\]\\]/g, '\\$&')
      .replaceAll('*', '.*')
      .replace(token, (name) => digits[name]!)}$`,
  );
  return {
    text,
    wildcard: text.replace(token, '*'),
    period(name) {
      const groups = expression.exec(name)?.groups;
      return groups && periodOf(groups);
    },
  };
}

function periodOf(groups: Record<string, string | undefined>): Period | undefined {
  const [year, month] = [Number(groups.year), Number(groups.month) - 1];
  const day = groups.day === undefined ? undefined : Number(groups.day);
  const hour = groups.hour === undefined ? undefined : Number(groups.hour);
  const from = new Date(Date.UTC(year, month, day ?? 1, hour ?? 0));
  // 31 February would roll over into March: such a name stands for no period.
  const real = from.getUTCFullYear() === year && from.getUTCMonth() === month && from.getUTCDate() === (day ?? 1);
  if (!real || from.getUTCHours() !== (hour ?? 0)) return undefined;
  if (hour !== undefined) return { from, to: new Date(Date.UTC(year, month, day, hour + 1)) };
  if (day !== undefined) return { from, to: new Date(Date.UTC(year, month, day + 1)) };
  return { from, to: new Date(Date.UTC(year, month + 1, 1)) };
}
