import { ContentUnreadable } from '../../../workflow/errors.ts';
import type { BitReader } from './bit-reader.ts';

const longestCode = 20;

export const corrupt = (what: string): ContentUnreadable =>
  new ContentUnreadable(`The bzip2 stream is damaged: ${what}`);

/** A canonical code: codes of one length are consecutive numbers, in the order of their symbols. */
interface Code {
  readonly shortest: number;
  /** By length: the highest code of it, or -1. */
  readonly limit: Int32Array;
  /** By length: what to subtract from a code to get its place in `symbols`. */
  readonly base: Int32Array;
  readonly symbols: Uint16Array;
}

/** Reads the code lengths of `symbolCount` symbols, each written as a difference to the one before. */
function readCode(bits: BitReader, symbolCount: number): Code {
  const lengths = new Uint8Array(symbolCount);
  let length = bits.read(5);
  for (let symbol = 0; symbol < symbolCount; symbol++) {
    for (;;) {
      if (length < 1 || length > longestCode) throw corrupt('code length');
      if (bits.read(1) === 0) break;
      length += bits.read(1) === 0 ? 1 : -1;
    }
    lengths[symbol] = length;
  }
  const limit = new Int32Array(longestCode + 1).fill(-1);
  const base = new Int32Array(longestCode + 1);
  const symbols = new Uint16Array(symbolCount);
  let code = 0;
  let place = 0;
  for (let bitCount = 1; bitCount <= longestCode; bitCount++) {
    base[bitCount] = code - place;
    for (let symbol = 0; symbol < symbolCount; symbol++) {
      if (lengths[symbol] !== bitCount) continue;
      symbols[place++] = symbol;
      code++;
    }
    limit[bitCount] = code - 1;
    code <<= 1;
  }
  return { shortest: Math.min(...lengths), limit, base, symbols };
}

function readSymbol(bits: BitReader, { shortest, limit, base, symbols }: Code): number {
  let code = bits.read(shortest);
  for (let length = shortest; length <= longestCode; length++) {
    if (code <= limit[length]!) {
      const symbol = symbols[code - base[length]!];
      if (symbol === undefined) throw corrupt('code');
      return symbol;
    }
    code = (code << 1) | bits.read(1);
  }
  throw corrupt('code');
}

/** Reads the codes of a block and gives what reads its symbols: the code changes every 50 symbols, as the selectors say. */
export function symbolReader(bits: BitReader, symbolCount: number): () => number {
  const codeCount = bits.read(3);
  const selectorCount = bits.read(15);
  if (codeCount < 2 || codeCount > 6 || selectorCount < 1) throw corrupt('number of codes');
  const recent = Array.from({ length: codeCount }, (_, index) => index);
  const selectors = Uint8Array.from({ length: selectorCount }, () => {
    let place = 0;
    while (bits.read(1) === 1) if (++place >= codeCount) throw corrupt('selector');
    const [selected] = recent.splice(place, 1);
    recent.unshift(selected!);
    return selected!;
  });
  const codes = recent.map(() => readCode(bits, symbolCount));
  let selector = 0;
  let left = 0;
  let code = codes[0]!;
  return () => {
    if (left-- === 0) {
      if (selector >= selectorCount) throw corrupt('more symbols than selectors');
      code = codes[selectors[selector++]!]!;
      left = 49;
    }
    return readSymbol(bits, code);
  };
}
