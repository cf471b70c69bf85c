import { RunRecordInvalid } from '../../workflow/errors.ts';

/** An entry of a tar: its path in it, and its length in bytes. */
export interface TarMember {
  readonly key: string;
  readonly bytes: number;
}

const blockBytes = 512;
/** The size field has eleven octal digits. */
const ustarSizeLimit = 8 ** 11;
const nameBytes = 100;
const prefixBytes = 155;

export const paddingBytes = (bytes: number): number => (blockBytes - (bytes % blockBytes)) % blockBytes;

/**
 * All blocks before an entry's content: its ustar header, preceded by a PAX extended header where the path does not fit or
 * is not ASCII, or the length is 8 GiB or more (POSIX.1-2017, pax, "ustar Interchange Format" and "pax Extended Header").
 * @throws RunRecordInvalid for a key that could not be unpacked again under its own name.
 */
export function entryHeader(member: TarMember, modified: Date): Uint8Array {
  requireUnpackable(member.key);
  const path = ustarPath(member.key);
  const records = paxRecords(member, path !== undefined);
  const size = member.bytes < ustarSizeLimit ? member.bytes : 0;
  const own = ustarHeader({ ...(path ?? placeholder), size, type: '0', modified });
  if (records.byteLength === 0) return own;
  const extended = ustarHeader({ name: 'PaxHeader', prefix: '', size: records.byteLength, type: 'x', modified });
  return Buffer.concat([extended, records, Buffer.alloc(paddingBytes(records.byteLength)), own]);
}

/** Length of `entryHeader`'s answer. */
export function headerBytes(member: TarMember): number {
  const records = paxRecords(member, ustarPath(member.key) !== undefined).byteLength;
  return blockBytes + (records > 0 ? blockBytes + records + paddingBytes(records) : 0);
}

/** Stands in the ustar header of an entry whose path is in a PAX record. */
const placeholder = { name: 'see-pax-header', prefix: '' };

function requireUnpackable(key: string): void {
  const segments = key.split('/');
  if (key.includes('\0') || segments.some((segment) => segment === '' || segment === '.' || segment === '..'))
    throw new RunRecordInvalid(`The key ${JSON.stringify(key)} cannot be the path of a file in a tar.`);
}

/** The path as ustar's name and prefix, or undefined when it does not fit there. */
function ustarPath(key: string): { name: string; prefix: string } | undefined {
  if (!/^[\x20-\x7e]*$/.test(key)) return undefined;
  if (key.length <= nameBytes) return { name: key, prefix: '' };
  // The first slash that leaves few enough characters behind it leaves the fewest before it.
  const slash = key.indexOf('/', key.length - nameBytes - 1);
  if (slash < 1 || slash > prefixBytes) return undefined;
  return { name: key.slice(slash + 1), prefix: key.slice(0, slash) };
}

function paxRecords(member: TarMember, pathFits: boolean): Buffer {
  const records: string[] = [];
  if (!pathFits) records.push(paxRecord('path', member.key));
  if (member.bytes >= ustarSizeLimit) records.push(paxRecord('size', String(member.bytes)));
  return Buffer.from(records.join(''));
}

/** `LENGTH KEY=VALUE\n`, where LENGTH counts the bytes of the whole record, its own digits included. */
function paxRecord(key: string, value: string): string {
  const rest = Buffer.byteLength(` ${key}=${value}\n`);
  let length = rest;
  while (length !== rest + String(length).length) length = rest + String(length).length;
  return `${length} ${key}=${value}\n`;
}

interface Fields {
  readonly name: string;
  readonly prefix: string;
  readonly size: number;
  readonly type: '0' | 'x';
  readonly modified: Date;
}

/** Offsets and widths: POSIX.1-2017, pax, table "ustar Header Block". */
function ustarHeader({ name, prefix, size, type, modified }: Fields): Buffer {
  const header = Buffer.alloc(blockBytes);
  const octal = (value: number, digits: number): string => `${value.toString(8).padStart(digits, '0')}\0`;
  header.write(name, 0, 'latin1');
  header.write(octal(0o644, 7), 100, 'latin1');
  header.write(octal(0, 7), 108, 'latin1');
  header.write(octal(0, 7), 116, 'latin1');
  header.write(octal(size, 11), 124, 'latin1');
  header.write(octal(Math.floor(modified.getTime() / 1000), 11), 136, 'latin1');
  header.write(' '.repeat(8), 148, 'latin1');
  header.write(type, 156, 'latin1');
  header.write('ustar\x0000', 257, 'latin1');
  header.write(prefix, 345, 'latin1');
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return header;
}
