import { ContentUnreadable } from '../../../workflow/errors.ts';
import { BitReader, OutOfBits } from './bit-reader.ts';
import { readBlock } from './bzip2-block.ts';
import { corrupt } from './bzip2-huffman.ts';
import { ByteWindow } from './byte-window.ts';
import type { ChunkReader } from './chunk-reader.ts';

const [blockHigh, blockLow] = [0x314159, 0x265359];
const [endHigh, endLow] = [0x177245, 0x385090];
/** A block holds up to 900,000 bytes, which hardly take more when compressed. */
const aheadBytes = 1024 * 1024;
/** No valid block is longer: 900,000 symbols of 20 bits, and its codes. */
const longestBlockBytes = 4 * 1024 * 1024;

/** Whether ten bytes begin a bzip2 stream: text may begin with `BZh`, but not with a block's magic number after it. */
export const isBzip2 = (head: Buffer): boolean =>
  /^BZh[1-9]$/.test(head.toString('latin1', 0, 4)) &&
  ['314159265359', '177245385090'].includes(head.toString('hex', 4, 10));

/**
 * Inflates bzip2 (as bzip2 1.0 writes it), also several streams one after the other, zero padding allowed. One block is in
 * memory at a time: at most 900,000 bytes, of which crafted input can make 46 MB.
 * @throws ContentUnreadable when the stream is damaged, cut short, or followed by something else
 */
export async function* bunzip2(reader: ChunkReader): AsyncGenerator<Uint8Array> {
  do yield* bunzip2Stream(reader);
  while (await reader.skipZeros());
}

async function* bunzip2Stream(reader: ChunkReader): AsyncGenerator<Uint8Array> {
  const input = new BitInput(reader);
  const level = await input.read(readLevel);
  for (let combined = 0; ;) {
    const piece = await input.read((bits) => readPiece(bits, level * 100_000));
    if ('end' in piece) {
      if (piece.end !== combined) throw corrupt('checksum of the stream');
      input.giveBack();
      return;
    }
    combined = (((combined << 1) | (combined >>> 31)) ^ piece.crc) >>> 0;
    if (piece.bytes.length > 0) yield piece.bytes;
  }
}

function readLevel(bits: BitReader): number {
  const [magic, level] = [bits.read(24), bits.read(8) - 0x30];
  if (magic !== 0x425a68 || level < 1 || level > 9) throw corrupt('what follows the stream is not bzip2');
  return level;
}

function readPiece(bits: BitReader, limit: number): { bytes: Buffer; crc: number } | { end: number } {
  const [high, low] = [bits.read(24), bits.read(24)];
  if (high === blockHigh && low === blockLow) return readBlock(bits, limit);
  if (high !== endHigh || low !== endLow) throw corrupt('neither a block nor the end');
  const end = bits.read32();
  bits.align();
  return { end };
}

/** Bits of a stream of chunks: what is read from too few bytes is read again from more. */
class BitInput {
  readonly #reader: ChunkReader;
  readonly #window = new ByteWindow(0);
  #position = 0;
  #ended = false;

  constructor(reader: ChunkReader) {
    this.#reader = reader;
  }

  async read<T>(take: (bits: BitReader) => T): Promise<T> {
    for (let wanted = aheadBytes; ; wanted *= 2) {
      await this.#fill(wanted);
      try {
        const bits = new BitReader(this.#window.view, this.#position);
        const taken = take(bits);
        this.#window.discard(bits.position >> 3);
        this.#position = bits.position & 7;
        return taken;
      } catch (error) {
        if (!(error instanceof OutOfBits)) throw error;
        if (this.#ended) throw new ContentUnreadable('The bzip2 stream is cut short', { cause: error });
        if (wanted > longestBlockBytes) throw corrupt('a block without end');
      }
    }
  }

  giveBack(): void {
    this.#reader.unread(Buffer.from(this.#window.view));
  }

  async #fill(bytes: number): Promise<void> {
    while (this.#window.length < bytes && !this.#ended) {
      const chunk = await this.#reader.next();
      if (chunk) this.#window.append(chunk);
      else this.#ended = true;
    }
  }
}
