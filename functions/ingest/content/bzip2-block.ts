import type { BitReader } from './bit-reader.ts';
import { corrupt, symbolReader } from './bzip2-huffman.ts';

/** CRC-32 with the polynomial 0x04c11db7, the highest bit first: not the one of gzip. */
const crcTable = Uint32Array.from({ length: 256 }, (_, index) => {
  let crc = index << 24;
  for (let bit = 0; bit < 8; bit++) crc = crc & 0x80000000 ? (crc << 1) ^ 0x04c11db7 : crc << 1;
  return crc >>> 0;
});

/** One block, after its magic number. */
export interface Block {
  readonly bytes: Buffer;
  readonly crc: number;
}

/**
 * Decodes a block: Huffman codes, runs and moves to the front, Burrows-Wheeler transform, runs once more.
 * @param limit bytes that the stream's level allows before the last expansion
 * @throws ContentUnreadable, or OutOfBits where the bytes at hand end
 */
export function readBlock(bits: BitReader, limit: number): Block {
  const crc = bits.read32();
  if (bits.read(1) === 1) throw corrupt('randomised blocks are not supported');
  const origin = bits.read(24);
  const transformed = readTransformed(bits, limit);
  if (origin >= transformed.length) throw corrupt('origin');
  const bytes = expandRuns(invert(transformed, origin));
  if (crcOf(bytes) !== crc) throw corrupt('checksum of a block');
  return { bytes, crc };
}

/** The bytes that occur in the block, by a map of maps. */
function readAlphabet(bits: BitReader): number[] {
  const used = bits.read(16);
  const alphabet: number[] = [];
  for (let high = 0; high < 16; high++) {
    if (!(used & (0x8000 >> high))) continue;
    const map = bits.read(16);
    for (let low = 0; low < 16; low++) if (map & (0x8000 >> low)) alphabet.push(high * 16 + low);
  }
  if (alphabet.length === 0) throw corrupt('no symbols');
  return alphabet;
}

function readTransformed(bits: BitReader, limit: number): Uint8Array {
  const recent = readAlphabet(bits);
  const endOfBlock = recent.length + 1;
  const next = symbolReader(bits, recent.length + 2);
  const out = new Uint8Array(limit);
  let length = 0;
  for (;;) {
    let symbol = next();
    // 0 and 1 are the digits of a run's length: 1 and 2, times growing powers of two.
    let run = 0;
    for (let power = 1; symbol <= 1; power *= 2) {
      run += power * (symbol + 1);
      if (run > limit) throw corrupt('a run beyond the block');
      symbol = next();
    }
    if (length + run + (symbol === endOfBlock ? 0 : 1) > limit) throw corrupt('more bytes than the block holds');
    out.fill(recent[0]!, length, length + run);
    length += run;
    if (symbol === endOfBlock) return out.subarray(0, length);
    const byte = recent[symbol - 1]!;
    recent.copyWithin(1, 0, symbol - 1);
    recent[0] = byte;
    out[length++] = byte;
  }
}

/** Inverts the Burrows-Wheeler transform. */
function invert(transformed: Uint8Array, origin: number): Uint8Array {
  const before = new Uint32Array(257);
  for (const byte of transformed) before[byte + 1]!++;
  for (let byte = 0; byte < 256; byte++) before[byte + 1]! += before[byte]!;
  const successor = new Uint32Array(transformed.length);
  for (let index = 0; index < transformed.length; index++) successor[before[transformed[index]!]!++] = index;
  const out = new Uint8Array(transformed.length);
  let place = successor[origin]!;
  for (let index = 0; index < out.length; index++) {
    out[index] = transformed[place]!;
    place = successor[place]!;
  }
  return out;
}

/** Four equal bytes are followed by the number of further ones. */
function expandRuns(bytes: Uint8Array): Buffer {
  let size = 0;
  forEachRun(bytes, (_, count) => (size += count));
  const out = Buffer.allocUnsafe(size);
  let length = 0;
  forEachRun(bytes, (byte, count) => {
    if (count === 1) out[length] = byte;
    else out.fill(byte, length, length + count);
    length += count;
  });
  return out;
}

function forEachRun(bytes: Uint8Array, each: (byte: number, count: number) => void): void {
  let equal = 0;
  let last = -1;
  for (const byte of bytes) {
    if (equal === 4) {
      if (byte > 0) each(last, byte);
      equal = 0;
      last = -1;
      continue;
    }
    equal = byte === last ? equal + 1 : 1;
    last = byte;
    each(byte, 1);
  }
}

function crcOf(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) crc = (crc << 8) ^ crcTable[((crc >>> 24) ^ byte) & 0xff]!;
  return ~crc >>> 0;
}
