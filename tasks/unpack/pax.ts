import { HostileEntry } from '../../workflow/errors.ts';

/** A path of 1,024 bytes and a size need less than 1,100. */
export const largestPaxBytes = 65_536;

export interface PaxRecords {
  readonly path?: string;
  readonly size?: number;
}

/**
 * Reads a PAX extended header: records of `LENGTH KEYWORD=VALUE\n` (POSIX.1-2017, pax, "pax Extended Header"). Only `path` and
 * `size` may occur, each once: what else could change an entry's meaning is refused.
 * @throws HostileEntry
 */
export function parsePax(bytes: Uint8Array): PaxRecords {
  const records = new Map<string, string>();
  const all = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = 0; at < all.byteLength;) {
    const [, digits] = /^([1-9][0-9]{0,5}) /.exec(all.toString('latin1', at, at + 7)) ?? [];
    const end = at + Number(digits);
    if (digits === undefined || end > all.byteLength || end - at <= digits.length + 2 || all[end - 1] !== 0x0a)
      throw new HostileEntry('A PAX header of a tar entry has a record whose length is wrong.');
    const record = utf8(all.subarray(at + digits.length + 1, end - 1));
    const equals = record.indexOf('=');
    const keyword = record.slice(0, Math.max(equals, 0));
    if (keyword !== 'path' && keyword !== 'size')
      throw new HostileEntry(
        `A PAX header of a tar entry has the record ${JSON.stringify(record.slice(0, 100))}; only path and size may occur.`,
      );
    if (records.has(keyword)) throw new HostileEntry(`A PAX header of a tar entry has two records for ${keyword}.`);
    records.set(keyword, record.slice(equals + 1));
    at = end;
  }
  const path = records.get('path');
  const size = records.get('size');
  if (path === undefined && size === undefined) throw new HostileEntry('A PAX header of a tar entry is empty.');
  if (size !== undefined && !(/^(0|[1-9][0-9]*)$/.test(size) && Number.isSafeInteger(Number(size))))
    throw new HostileEntry(`A PAX header of a tar entry has the size ${JSON.stringify(size.slice(0, 100))}.`);
  return { ...(path === undefined ? {} : { path }), ...(size === undefined ? {} : { size: Number(size) }) };
}

function utf8(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new HostileEntry('A PAX header of a tar entry is not UTF-8.');
  }
}
