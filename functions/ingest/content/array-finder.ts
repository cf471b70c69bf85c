const [newline, quote, backslash, colon, comma] = [0x0a, 0x22, 0x5c, 0x3a, 0x2c];
const [openBrace, closeBrace, openBracket, closeBracket] = [0x7b, 0x7d, 0x5b, 0x5d];
/** Longer member names cannot be the one that is looked for. */
const longestName = 256;

/** What ended a search: the array begins (`end` is after its bracket), or the document ended. */
export interface Found {
  readonly end: number;
  readonly what: 'array' | 'end';
}

/** Looks through a JSON document, without keeping it, for the array that is a member of its outermost object. */
export class ArrayFinder {
  readonly #member: string;
  /** Of brackets: 1 inside of the outermost object. */
  #depth: number;
  #inString = false;
  #escaped = false;
  #text: number[] = [];
  #name: string | undefined;

  /** @param depth 0 before the document, 1 after the array in it */
  constructor(member: string, depth: 0 | 1) {
    this.#member = member;
    this.#depth = depth;
  }

  /** @returns undefined when the bytes, which follow those of the last call, hold neither */
  next(view: Buffer): Found | undefined {
    for (let at = 0; at < view.length; at++) {
      const byte = view[at]!;
      if (this.#inString) this.#readString(byte);
      else if (byte === quote) {
        this.#inString = true;
        this.#text = [];
      } else if (byte === colon && this.#depth === 1) this.#name = Buffer.from(this.#text).toString();
      else if (byte === comma && this.#depth === 1) this.#name = undefined;
      else if (byte === openBracket && this.#depth === 1 && this.#name === this.#member) {
        return { end: at + 1, what: 'array' };
      } else if (byte === openBrace || byte === openBracket) this.#depth++;
      else if ((byte === closeBrace || byte === closeBracket) && --this.#depth <= 0)
        return { end: at + 1, what: 'end' };
    }
    return undefined;
  }

  #readString(byte: number): void {
    if (this.#escaped) this.#escaped = false;
    else if (byte === backslash) this.#escaped = true;
    // JSON has no bare line ends in strings: a quote is missing.
    else if (byte === quote || byte === newline) {
      this.#inString = false;
      return;
    }
    if (this.#depth === 1 && this.#text.length < longestName) this.#text.push(byte);
  }
}
