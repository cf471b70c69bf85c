import { lines } from '../content/lines.ts';
import type { Parser } from '../log-record.ts';
import { isBlank, ofChunks, parsed, type Reading } from './reading.ts';
import { epochTime } from './times.ts';

/** Version 2, in which logs without a header line (delivered by Firehose) are written unless told otherwise. */
const defaultColumns =
  'version account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end action log-status'.split(
    ' ',
  );

/** Account ids and the like stay text: they may begin with 0. */
const numbers = new Set(
  (
    'version srcport dstport protocol packets bytes start end tcp-flags traffic-path ' +
    'packets-lost-no-route packets-lost-blackhole packets-lost-mtu-exceeded packets-lost-ttl-expired'
  ).split(' '),
);

/**
 * Flow logs of VPCs, subnets, interfaces and transit gateways, of any columns, which a header line names
 * (docs.aws.amazon.com/vpc/latest/userguide/flow-log-records.html). Fields are named as the columns, with `_` for `-`; `-` is absent.
 * The time is that of the first packet. The header line goes to the caller, for a continuation.
 */
export const vpcFlowLogs: Parser = (bytes, place) => {
  let columns = place.header?.split(' ') ?? defaultColumns;
  return ofChunks(lines(bytes, place.resumeAt), function* (some) {
    for (const line of some) {
      if ('unreadable' in line) yield line;
      else if (!isBlank(line)) {
        const fields = line.text.trim().split(/ +/);
        if (isHeader(fields)) {
          columns = fields;
          yield { header: fields.join(' ') };
        } else yield parsed(readFields(columns, fields), line.offset, () => line.text);
      }
    }
  });
};

/** No record consists of lower-case names only and has the name of one of the columns that every log has. */
const isHeader = (fields: readonly string[]): boolean =>
  fields.every((field) => /^[a-z][a-z0-9-]*$/.test(field)) &&
  fields.some((field) => defaultColumns.includes(field) || numbers.has(field) || field === 'resource-type');

function readFields(columns: readonly string[], fields: readonly string[]): Reading {
  if (fields.length !== columns.length) {
    return { fault: `${fields.length} fields, but the header has ${columns.length} columns` };
  }
  const document: Record<string, unknown> = {};
  for (const [index, column] of columns.entries()) {
    const text = fields[index]!;
    if (text === '-') continue;
    const value = numbers.has(column) ? Number(text) : text;
    if (Number.isNaN(value)) return { fault: `${column} is no number` };
    document[column.replaceAll('-', '_')] = value;
  }
  const began = document.start ?? document.end;
  return { document, time: typeof began === 'number' ? epochTime(began) : undefined };
}
