import { HostileEntry, VolumeCorrupt } from '../../workflow/errors.ts';

export const blockBytes = 512;
export const paddingBytes = (bytes: number): number => (blockBytes - (bytes % blockBytes)) % blockBytes;

/** What a header block says. Offsets and widths: POSIX.1-2017, pax, table "ustar Header Block". */
export interface TarHeader {
  /** `0`: a regular file. `x`: a PAX extended header for the entry that follows. */
  readonly type: '0' | 'x';
  /** Prefix and name joined. */
  readonly path: string;
  readonly bytes: number;
}

/** What else there is in the world of tars, for the message. */
const kinds: Readonly<Record<string, string>> = {
  '\0': 'a file of a tar before ustar',
  1: 'a hard link',
  2: 'a symbolic link',
  3: 'a character device',
  4: 'a block device',
  5: 'a directory',
  6: 'a FIFO',
  7: 'a contiguous file',
  g: 'a global PAX header',
  D: 'a GNU directory listing',
  K: 'a GNU long link name',
  L: 'a GNU long name',
  M: 'a GNU continuation of another volume',
  S: 'a GNU sparse file',
  V: 'a GNU volume label',
};

/**
 * Reads one header block, and refuses every kind but those that the archive format has.
 * @throws VolumeCorrupt where its checksum or a number in it is wrong; HostileEntry for a kind that a volume never has.
 */
export function parseHeader(block: Uint8Array): TarHeader {
  const text = Buffer.from(block.buffer, block.byteOffset, block.byteLength).toString('latin1');
  const stated = octal(text.slice(148, 156), 'checksum');
  const sum = block.reduce((total, byte, at) => total + (at >= 148 && at < 156 ? 0x20 : byte), 0);
  if (stated !== sum) throw new VolumeCorrupt(`A tar header has the checksum ${stated} where its bytes have ${sum}.`);
  const type = text.charAt(156);
  const name = field(text.slice(0, 100), 'name');
  const prefix = field(text.slice(345, 500), 'prefix');
  const path = prefix === '' ? name : `${prefix}/${name}`;
  const shown = JSON.stringify(path);
  if (text.slice(257, 265) !== 'ustar\x0000')
    throw new HostileEntry(`The tar entry ${shown} is not in the POSIX ustar format.`);
  if (type !== '0' && type !== 'x')
    throw new HostileEntry(
      `The tar entry ${shown} is ${kinds[type] ?? `of the type ${JSON.stringify(type)}`}; only regular files may stand in a volume.`,
    );
  if (text.slice(157, 257) !== '\0'.repeat(100)) throw new HostileEntry(`The tar entry ${shown} names a link target.`);
  return { type, path, bytes: octal(text.slice(124, 136), 'size') };
}

/** Digits, then NULs or blanks. The base-256 numbers of GNU are none. */
function octal(text: string, what: string): number {
  const match = /^([0-7]+)[\0 ]+$/.exec(text);
  if (!match) throw new VolumeCorrupt(`The ${what} in a tar header is not an octal number: ${JSON.stringify(text)}.`);
  return Number.parseInt(match[1]!, 8);
}

/** Up to the first NUL, behind which only NULs may stand. Other than ASCII is in PAX records. */
function field(text: string, what: string): string {
  const match = /^([\x20-\x7e]*)\0*$/.exec(text);
  if (!match)
    throw new HostileEntry(`The ${what} of a tar entry has bytes that are not printable: ${JSON.stringify(text)}.`);
  return match[1]!;
}
