import { entryHeader } from '../../../tasks/consolidate/tar-header.ts';
import { now } from '../consolidate/staged.ts';

export const block = 512;
export const endOfTar = Buffer.alloc(2 * block);
export const padded = (content: Uint8Array): Buffer =>
  Buffer.concat([content, Buffer.alloc((block - (content.byteLength % block)) % block)]);

/** Sets the checksum that a header block must have. */
export function withChecksum(header: Buffer): Buffer {
  header.fill(' ', 148, 156);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return header;
}

export interface Forged {
  readonly name?: string;
  readonly prefix?: string;
  readonly type?: string;
  readonly size?: string;
  readonly link?: string;
  readonly magic?: string;
}

const octal = (value: number): string => `${value.toString(8).padStart(11, '0')}\0`;

/** A header block of the writer, with fields put in as they are and its checksum right. */
export function forgedHeader(bytes: number, { name, prefix, type, size, link, magic }: Forged): Buffer {
  const header = Buffer.from(entryHeader({ key: 'index-0', bytes }, now));
  const put = (text: string | undefined, at: number, width: number): void => {
    if (text === undefined) return;
    header.fill(0, at, at + width);
    header.write(text, at, width, 'latin1');
  };
  put(name, 0, 100);
  put(size ?? octal(bytes), 124, 12);
  put(type, 156, 1);
  put(link, 157, 100);
  put(magic, 257, 8);
  put(prefix, 345, 155);
  return withChecksum(header);
}

export const forgedEntry = (content: Uint8Array, fields: Forged): Buffer =>
  Buffer.concat([forgedHeader(content.byteLength, fields), padded(content)]);

/** A PAX record with its right length, or with a stated one. */
export function paxRecord(keyword: string, value: string, stated?: number): string {
  const rest = Buffer.byteLength(` ${keyword}=${value}\n`);
  let length = rest;
  while (length !== rest + String(length).length) length = rest + String(length).length;
  return `${stated ?? length} ${keyword}=${value}\n`;
}

export const paxHeader = (records: string): Buffer =>
  forgedEntry(Buffer.from(records), { name: 'PaxHeader', type: 'x' });
