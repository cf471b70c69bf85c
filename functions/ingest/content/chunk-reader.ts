/** Reads a stream chunk by chunk, with looking ahead and giving back. Empty chunks are passed over. */
export class ChunkReader {
  readonly #source: AsyncIterator<Uint8Array>;
  readonly #returned: Buffer[] = [];

  constructor(source: AsyncIterable<Uint8Array>) {
    this.#source = source[Symbol.asyncIterator]();
  }

  /** The next chunk; undefined at the end. Fails as the source fails. */
  async next(): Promise<Buffer | undefined> {
    const returned = this.#returned.pop();
    if (returned) return returned;
    for (;;) {
      const step = await this.#source.next();
      if (step.done) return undefined;
      const chunk: Uint8Array = step.value;
      if (chunk.length > 0) return Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    }
  }

  /** Gives bytes back: they come next. */
  unread(chunk: Buffer): void {
    if (chunk.length > 0) this.#returned.push(chunk);
  }

  /** The next `count` bytes without taking them; fewer where the stream is shorter. */
  async peek(count: number): Promise<Buffer> {
    const chunks: Buffer[] = [];
    for (let length = 0; length < count; length = lengthOf(chunks)) {
      const chunk = await this.next();
      if (!chunk) break;
      chunks.push(chunk);
    }
    const [only = Buffer.alloc(0)] = chunks;
    const whole = chunks.length > 1 ? Buffer.concat(chunks) : only;
    this.unread(whole);
    return whole.subarray(0, count);
  }

  /** Passes over zero bytes. @returns whether anything comes after them */
  async skipZeros(): Promise<boolean> {
    for (let chunk = await this.next(); chunk; chunk = await this.next()) {
      const rest = chunk.findIndex((byte) => byte !== 0);
      if (rest < 0) continue;
      this.unread(chunk.subarray(rest));
      return true;
    }
    return false;
  }

  /** Tells the source that nothing more will be read. */
  async close(): Promise<void> {
    await this.#source.return?.();
  }
}

const lengthOf = (chunks: readonly Buffer[]): number => chunks.reduce((sum, chunk) => sum + chunk.length, 0);
