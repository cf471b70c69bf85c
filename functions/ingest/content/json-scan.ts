import { deepestNesting } from './nesting.ts';

const [newline, comma, quote, backslash] = [0x0a, 0x2c, 0x22, 0x5c];
const [openBrace, closeBrace, openBracket, closeBracket] = [0x7b, 0x7d, 0x5b, 0x5d];

const tooDeep = `no JSON that is read: nested deeper than ${deepestNesting}`;
const openString = 'no JSON: a string does not end on its line';
const unmatched = 'no JSON: its brackets do not match';
const endless = 'no JSON: it does not end';

/** Where a value ends. */
export interface Ended {
  /** Index after its last byte. */
  readonly end: number;
  /** Why it is no value, as far as brackets and quotes show. */
  readonly fault?: string;
}

/** Finds the end of one JSON value, whose bytes may come in pieces. Whether it is valid inside is left to the parser. */
export interface Scan {
  /** @returns undefined when the bytes from `from` on do not end it */
  next(view: Buffer, from: number): Ended | undefined;
  /** Why it is no value when the bytes end here; undefined where it may be one. */
  readonly unfinished: string | undefined;
}

/** The scan of a value that begins with this byte. */
export const scanOf = (first: number): Scan => {
  if (first === openBrace || first === openBracket) return new NestedScan();
  return first === quote ? new StringScan() : new BareScan([comma, closeBracket, newline]);
};

/** Bytes that begin no value, up to the end of the line or to something that may be an object. */
export const garbage = (fault: string): Scan => new BareScan([newline, openBrace], fault);
/** The same, always up to the end of the line. */
export const garbageLine = (fault: string): Scan => new BareScan([newline], fault);

class NestedScan implements Scan {
  readonly unfinished = endless;
  /** Of the brackets that are open. */
  readonly #open: number[] = [];
  /** How many more are open than are kept. */
  #beyond = 0;
  #tooDeep = false;
  #inString = false;
  #escaped = false;

  next(view: Buffer, from: number): Ended | undefined {
    for (let at = from; at < view.length; at++) {
      const byte = view[at]!;
      if (this.#inString) {
        if (this.#escaped) this.#escaped = false;
        else if (byte === backslash) this.#escaped = true;
        else if (byte === quote) this.#inString = false;
        // JSON has no bare line ends in strings: the quote that would end this one is missing.
        if (byte === newline) return { end: at, fault: openString };
      } else if (byte === quote) this.#inString = true;
      else if (byte === openBrace || byte === openBracket) this.#push(byte);
      else if (byte === closeBrace || byte === closeBracket) {
        const ended = this.#close(byte === closeBrace ? openBrace : openBracket, at);
        if (ended) return ended;
      } else if (byte === newline && this.#tooDeep) return { end: at, fault: tooDeep };
    }
    return undefined;
  }

  #push(byte: number): void {
    if (this.#open.length < deepestNesting) this.#open.push(byte);
    else {
      this.#beyond++;
      this.#tooDeep = true;
    }
  }

  /** Closes the innermost bracket of the kind, and with it those that were left open inside. */
  #close(kind: number, at: number): Ended | undefined {
    if (this.#beyond > 0) {
      this.#beyond--;
      return undefined;
    }
    const last = this.#open.lastIndexOf(kind);
    // A bracket that closes the array around: the value was cut short. A stray brace is left to the parser.
    if (last < 0) return kind === openBracket ? { end: at, fault: unmatched } : undefined;
    this.#open.length = last;
    if (last > 0) return undefined;
    return { end: at + 1, ...(this.#tooDeep && { fault: tooDeep }) };
  }
}

class StringScan implements Scan {
  readonly unfinished = endless;
  #escaped = false;
  #begun = false;

  next(view: Buffer, from: number): Ended | undefined {
    for (let at = from; at < view.length; at++) {
      const byte = view[at]!;
      if (byte === newline) return { end: at, fault: openString };
      if (!this.#begun) this.#begun = true;
      else if (this.#escaped) this.#escaped = false;
      else if (byte === backslash) this.#escaped = true;
      else if (byte === quote) return { end: at + 1 };
    }
    return undefined;
  }
}

/** Anything up to one of some bytes; the first byte belongs to it in any case. */
class BareScan implements Scan {
  readonly unfinished: string | undefined;
  readonly #stops: readonly number[];
  #begun = false;

  constructor(stops: readonly number[], fault?: string) {
    this.#stops = stops;
    this.unfinished = fault;
  }

  next(view: Buffer, from: number): Ended | undefined {
    for (let at = from; at < view.length; at++) {
      if (this.#begun && this.#stops.includes(view[at]!))
        return this.unfinished === undefined ? { end: at } : { end: at, fault: this.unfinished };
      this.#begun = true;
    }
    return undefined;
  }
}
