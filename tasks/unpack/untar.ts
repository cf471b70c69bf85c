import { HostileEntry, VolumeCorrupt } from '../../workflow/errors.ts';
import { byteReader, type ByteReader } from './byte-reader.ts';
import { largestPaxBytes, parsePax, type PaxRecords } from './pax.ts';
import { blockBytes, paddingBytes, parseHeader, type TarHeader } from './tar-header.ts';

/** A regular file of a tar. `body` must be taken to its end before the next entry is asked for. */
export interface UntarredEntry {
  readonly path: string;
  readonly bytes: number;
  readonly body: AsyncIterable<Uint8Array>;
}

export interface TarLimits {
  /** Length of the whole tar. */
  readonly bytes: number;
  readonly entries: number;
}

const largestPathBytes = 1024;

/**
 * Reads a tar as our writer makes it (ustar, PAX records for path and size), entry by entry, and refuses everything else: other
 * kinds of entries, paths that lead elsewhere, the same path twice, more entries or bytes than `limits`, and anything before,
 * between or behind the entries that need not be there.
 *
 * A parser of our own over a header of our own, because those of the packages (tar-stream, for one) are made to read any tar:
 * they apply GNU long names, base-256 sizes and global PAX headers by themselves, take a PAX header of any length into memory, and
 * do not mind a missing end or what comes behind it. What is left of them after refusing all that is less than this.
 * @throws HostileEntry for what could only be there on purpose, VolumeCorrupt where the tar is damaged; whatever comes out of
 * `source` as it is.
 */
export async function* untar(source: AsyncIterable<Uint8Array>, limits: TarLimits): AsyncIterable<UntarredEntry> {
  const reader = byteReader(source);
  const seen = new Set<string>();
  let leftBytes = limits.bytes;
  try {
    for (;;) {
      const found = await nextEntry(reader, leftBytes);
      if (!found) break;
      const { path, bytes, headerBytes } = found;
      refusePath(path);
      if (seen.has(path)) throw new HostileEntry(`The tar has the entry ${JSON.stringify(path)} twice.`);
      seen.add(path);
      if (seen.size > limits.entries) throw new HostileEntry(`The tar has more than ${limits.entries} entries.`);
      leftBytes -= headerBytes + bytes + paddingBytes(bytes);
      if (leftBytes < 2 * blockBytes)
        throw new HostileEntry(
          `The tar entry ${JSON.stringify(path)} of ${bytes} bytes does not fit into the ${limits.bytes} bytes of its tar.`,
        );
      const rest = { bytes };
      const body = async function* (): AsyncIterable<Uint8Array> {
        while (rest.bytes > 0) {
          const chunk = await reader.some(rest.bytes);
          if (!chunk) throw new VolumeCorrupt(`The tar ends within its entry ${JSON.stringify(path)}.`);
          rest.bytes -= chunk.byteLength;
          yield chunk;
        }
      };
      yield { path, bytes, body: body() };
      // A consumer that went on would read content as headers.
      if (rest.bytes > 0) throw new VolumeCorrupt(`The tar entry ${JSON.stringify(path)} was not read to its end.`);
      await requireZeros(reader, paddingBytes(bytes), `behind the entry ${JSON.stringify(path)}`);
    }
    await requireZeros(reader, blockBytes, 'at the end of the tar');
    if (await reader.some(1)) throw new VolumeCorrupt('There are bytes behind the end of the tar.');
  } finally {
    await reader.leave();
  }
}

/** Undefined at the first block of zeros. */
async function nextEntry(
  reader: ByteReader,
  leftBytes: number,
): Promise<{ path: string; bytes: number; headerBytes: number } | undefined> {
  const first = await readHeader(reader);
  if (!first) return undefined;
  if (first.type === '0') return { path: first.path, bytes: first.bytes, headerBytes: blockBytes };
  if (first.bytes > Math.min(largestPaxBytes, leftBytes))
    throw new HostileEntry(
      `A PAX header of ${first.bytes} bytes is in the tar; volumes have at most ${largestPaxBytes}.`,
    );
  const content = await reader.take(first.bytes);
  if (content.byteLength < first.bytes) throw new VolumeCorrupt('The tar ends within a PAX header.');
  const records = parsePax(content);
  await requireZeros(reader, paddingBytes(first.bytes), 'behind a PAX header');
  const own = await readHeader(reader);
  if (own?.type !== '0') throw new HostileEntry('A PAX header in the tar is not followed by the entry that it is for.');
  return {
    path: records.path ?? own.path,
    bytes: sizeOf(own, records),
    headerBytes: 2 * blockBytes + first.bytes + paddingBytes(first.bytes),
  };
}

/** Two sizes would let two readers see two different archives. */
function sizeOf(header: TarHeader, records: PaxRecords): number {
  if (records.size === undefined) return header.bytes;
  if (header.bytes !== 0 && header.bytes !== records.size)
    throw new HostileEntry(
      `The tar entry ${JSON.stringify(records.path ?? header.path)} has two sizes, ${header.bytes} and ${records.size}.`,
    );
  return records.size;
}

async function readHeader(reader: ByteReader): Promise<TarHeader | undefined> {
  const block = await reader.take(blockBytes);
  if (block.byteLength < blockBytes) throw new VolumeCorrupt('The tar ends without its two blocks of zeros.');
  return block.every((byte) => byte === 0) ? undefined : parseHeader(block);
}

async function requireZeros(reader: ByteReader, bytes: number, where: string): Promise<void> {
  const zeros = await reader.take(bytes);
  if (zeros.byteLength < bytes) throw new VolumeCorrupt('The tar ends without its two blocks of zeros.');
  if (zeros.some((byte) => byte !== 0)) throw new VolumeCorrupt(`The tar has bytes other than zero ${where}.`);
}

/** C0 and C1 controls, DEL, the backslash, and the line separators that some programs take for line feeds. */
// eslint-disable-next-line no-control-regex -- they are what is looked for
const forbidden = /[\u0000-\u001f\u007f-\u009f\\\u2028\u2029]/;

function refusePath(path: string): void {
  const refuse = (why: string): HostileEntry =>
    new HostileEntry(`The path ${JSON.stringify(path.slice(0, 300))} of a tar entry ${why}.`);
  if (path.startsWith('/')) throw refuse('is absolute');
  if (forbidden.test(path)) throw refuse('has a control character or a backslash');
  if (Buffer.byteLength(path) > largestPathBytes) throw refuse(`is longer than ${largestPathBytes} bytes`);
  for (const segment of path.split('/')) {
    if (segment === '') throw refuse('is empty, or has an empty segment');
    if (segment === '.' || segment === '..') throw refuse(`has the segment "${segment}"`);
  }
}
