const smallestBytes = 64 * 1024;

/**
 * The bytes of a stream from the first that is still wanted to the last that has come. Appending copies a byte a bounded
 * number of times on average, however small the chunks; a chunk that meets an empty window is not copied at all.
 */
export class ByteWindow {
  /** What is filled of it, is all of it but where it has grown. */
  #buffer: Buffer = Buffer.alloc(0);
  #filled = this.#buffer;
  #begin = 0;
  #owned = false;
  #offset: number;

  /** @param offset where in the stream the first byte stands */
  constructor(offset: number) {
    this.#offset = offset;
  }

  /** Where in the stream the first byte stands. */
  get offset(): number {
    return this.#offset;
  }
  get length(): number {
    return this.#filled.length - this.#begin;
  }
  /** The bytes; to be read before the next call of `append`. */
  get view(): Buffer {
    return this.#filled.subarray(this.#begin);
  }

  // The next three spare a view for each record.

  /** Where a byte stands first, from place `from` on; -1 where it does not. */
  indexOf(byte: number, from: number): number {
    const found = this.#filled.indexOf(byte, this.#begin + from);
    return found < 0 ? -1 : found - this.#begin;
  }
  at(place: number): number | undefined {
    return this.#filled[this.#begin + place];
  }
  /** The first bytes as UTF-8; those that are none become replacement characters. */
  text(bytes: number): string {
    return this.#filled.toString('utf8', this.#begin, this.#begin + bytes);
  }

  append(chunk: Uint8Array): void {
    const { length } = this;
    if (length === 0) {
      this.#buffer = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
      this.#filled = this.#buffer;
      this.#begin = 0;
      this.#owned = false;
      return;
    }
    let end = this.#filled.length;
    if (!this.#owned || end + chunk.length > this.#buffer.length) {
      const grown = Buffer.allocUnsafe(Math.max(smallestBytes, 2 * (length + chunk.length)));
      this.#filled.copy(grown, 0, this.#begin);
      end = length;
      this.#begin = 0;
      this.#buffer = grown;
      this.#owned = true;
    }
    this.#buffer.set(chunk, end);
    this.#filled = this.#buffer.subarray(0, end + chunk.length);
  }

  /** Lets go of the first `count` bytes. */
  discard(count: number): void {
    this.#begin += count;
    this.#offset += count;
  }
}
