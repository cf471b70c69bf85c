/** Thrown inside the decoder when the bytes at hand end; more may come. */
export class OutOfBits extends RangeError {
  override readonly name = 'OutOfBits';
}

/** Reads bits, the highest of each byte first. */
export class BitReader {
  readonly #bytes: Buffer;
  #next: number;
  #hold = 0;
  #held = 0;

  /** @param position in bits, where to begin */
  constructor(bytes: Buffer, position: number) {
    this.#bytes = bytes;
    this.#next = position >> 3;
    if (position & 7) this.read(position & 7);
  }

  /** In bits. */
  get position(): number {
    return this.#next * 8 - this.#held;
  }

  /** @param count at most 24 */
  read(count: number): number {
    while (this.#held < count) {
      if (this.#next >= this.#bytes.length) throw new OutOfBits();
      this.#hold = ((this.#hold << 8) | this.#bytes[this.#next++]!) & 0x7fffffff;
      this.#held += 8;
    }
    this.#held -= count;
    return (this.#hold >>> this.#held) & ((1 << count) - 1);
  }

  read32(): number {
    return ((this.read(16) << 16) | this.read(16)) >>> 0;
  }

  /** Goes on at the next whole byte. */
  align(): void {
    this.#held -= this.#held & 7;
  }
}
