import { FormatInvalid } from '../workflow/errors.ts';

export interface ChecksumEntry {
  /** Relative to the bucket's root. */
  readonly path: string;
  /** Lower-case hex. */
  readonly sha256: string;
}

/**
 * The bytes of a checksum list as `sha256sum` writes it and `sha256sum -c` reads it: a line a file, `<hex>  <path>`, sorted by
 * the paths' UTF-8 bytes. A path with a backslash, line feed or carriage return has these as `\\`, `\n`, `\r`, and its line
 * begins with a backslash. https://www.gnu.org/software/coreutils/manual/html_node/cksum-output-modes.html
 * @throws FormatInvalid when a path is empty or occurs twice, or a digest is not 64 lower-case hex digits.
 */
export function checksumsBytes(entries: readonly ChecksumEntry[]): Uint8Array {
  const sorted = entries
    .map((entry) => ({ ...entry, utf8: Buffer.from(entry.path) }))
    .sort((a, b) => Buffer.compare(a.utf8, b.utf8));
  for (const [position, { path, sha256 }] of sorted.entries()) {
    if (path === '' || path.includes('\0')) throw new FormatInvalid('A path is empty or has a zero byte');
    if (path === sorted[position - 1]?.path) throw new FormatInvalid(`The path "${path}" occurs twice`);
    if (!/^[0-9a-f]{64}$/.test(sha256)) throw new FormatInvalid(`The digest of "${path}" is not a SHA-256 in hex`);
  }
  return new TextEncoder().encode(sorted.map(line).join(''));
}

function line({ path, sha256 }: ChecksumEntry): string {
  const escaped = path.replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll('\r', '\\r');
  return `${escaped === path ? '' : '\\'}${sha256}  ${escaped}\n`;
}

/** Reads what `checksumsBytes` writes, and nothing else. @throws FormatInvalid naming the line. */
export function parseChecksums(bytes: Uint8Array): ChecksumEntry[] {
  const text = decode(bytes);
  if (text !== '' && !text.endsWith('\n')) throw new FormatInvalid('The checksum list does not end with a line feed');
  const entries = text.split('\n').slice(0, -1).map(parseLine);
  if (!Buffer.from(checksumsBytes(entries)).equals(bytes)) {
    throw new FormatInvalid('The checksum list is not in its canonical order and spelling');
  }
  return entries;
}

function parseLine(text: string, position: number): ChecksumEntry {
  const match = /^(\\?)([0-9a-f]{64}) {2}(.+)$/su.exec(text);
  if (!match) throw new FormatInvalid(`Line ${position + 1} of the checksum list cannot be read`);
  const [, escaped, sha256 = '', path = ''] = match;
  return { sha256, path: escaped ? unescape(path, position) : path };
}

function unescape(path: string, position: number): string {
  return path.replace(/\\(.?)/gsu, (_, letter: string) => {
    const meant = { '\\': '\\', n: '\n', r: '\r' }[letter];
    if (meant === undefined) throw new FormatInvalid(`Line ${position + 1} of the checksum list has an unknown escape`);
    return meant;
  });
}

function decode(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw new FormatInvalid('The checksum list is not UTF-8', { cause });
  }
}
