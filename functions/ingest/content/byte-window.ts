const smallestBytes = 64 * 1024;

/**
 * The bytes of a stream from the first that is still wanted to the last that has come. Appending copies a byte a bounded
 * number of times on average, however small the chunks; a chunk that meets an empty window is not copied at all.
 */
export class ByteWindow {
  #buffer: Buffer = Buffer.alloc(0);
  #begin = 0;
  #end = 0;
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
    return this.#end - this.#begin;
  }
  /** The bytes; to be read before the next call of `append`. */
  get view(): Buffer {
    return this.#buffer.subarray(this.#begin, this.#end);
  }

  append(chunk: Uint8Array): void {
    if (this.length === 0) {
      this.#buffer = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
      this.#begin = 0;
      this.#end = chunk.length;
      this.#owned = false;
      return;
    }
    if (!this.#owned || this.#end + chunk.length > this.#buffer.length) {
      const grown = Buffer.allocUnsafe(Math.max(smallestBytes, 2 * (this.length + chunk.length)));
      this.#buffer.copy(grown, 0, this.#begin, this.#end);
      this.#end = this.length;
      this.#begin = 0;
      this.#buffer = grown;
      this.#owned = true;
    }
    this.#buffer.set(chunk, this.#end);
    this.#end += chunk.length;
  }

  /** Lets go of the first `count` bytes. */
  discard(count: number): void {
    this.#begin += count;
    this.#offset += count;
  }
}
