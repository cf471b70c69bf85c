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
function readAlphabet(bits: BitReader): Uint8Array {
  const used = bits.read(16);
  const alphabet: number[] = [];
  for (let high = 0; high < 16; high++) {
    if (!(used & (0x8000 >> high))) continue;
    const map = bits.read(16);
    for (let low = 0; low < 16; low++) if (map & (0x8000 >> low)) alphabet.push(high * 16 + low);
  }
  if (alphabet.length === 0) throw corrupt('no symbols');
  return Uint8Array.from(alphabet);
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
    if (run > 0) out.fill(recent[0]!, length, (length += run));
    if (symbol === endOfBlock) return out.subarray(0, length);
    const byte = recent[symbol - 1]!;
    // Mostly a few places: faster than a call of copyWithin.
    for (let place = symbol - 1; place > 0; place--) recent[place] = recent[place - 1]!;
    recent[0] = byte;
    out[length++] = byte;
  }
}

/** Inverts the Burrows-Wheeler transform. */
function invert(transformed: Uint8Array, origin: number): Uint8Array {
  const before = new Uint32Array(257);
  for (let index = 0; index < transformed.length; index++) before[transformed[index]! + 1]!++;
  for (let byte = 0; byte < 256; byte++) before[byte + 1]! += before[byte]!;
  // The byte and its successor in one number: what is read at random is read once.
  const linked = new Uint32Array(transformed.length);
  for (let index = 0; index < transformed.length; index++) {
    linked[before[transformed[index]!]!++] = index << 8;
  }
  for (let index = 0; index < transformed.length; index++) linked[index]! |= transformed[index]!;
  const out = new Uint8Array(transformed.length);
  let link = linked[origin]!;
  for (let index = 0; index < out.length; index++) {
    link = linked[link >>> 8]!;
    out[index] = link & 0xff;
  }
  return out;
}

/** Four equal bytes are followed by the number of further ones. */
function expandRuns(bytes: Uint8Array): Buffer {
  const out = Buffer.allocUnsafe(expandedLength(bytes));
  let length = 0;
  let equal = 0;
  for (let index = 0; index < bytes.length; index++) {
    const byte = bytes[index]!;
    if (equal === 4) {
      out.fill(bytes[index - 1]!, length, (length += byte));
      equal = 0;
    } else {
      equal = equal > 0 && byte === bytes[index - 1] ? equal + 1 : 1;
      out[length++] = byte;
    }
  }
  return out;
}

function expandedLength(bytes: Uint8Array): number {
  let length = 0;
  let equal = 0;
  for (let index = 0; index < bytes.length; index++) {
    const byte = bytes[index]!;
    if (equal === 4) {
      length += byte;
      equal = 0;
    } else {
      equal = equal > 0 && byte === bytes[index - 1] ? equal + 1 : 1;
      length++;
    }
  }
  return length;
}

function crcOf(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (let index = 0; index < bytes.length; index++) {
    crc = (crc << 8) ^ crcTable[((crc >>> 24) ^ bytes[index]!) & 0xff]!;
  }
  return ~crc >>> 0;
}
