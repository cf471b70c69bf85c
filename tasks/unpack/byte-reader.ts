/** Takes bytes off a stream in the portions that its reader asks for. Never holds more than one chunk and what was asked for. */
export interface ByteReader {
  /** Exactly `bytes` bytes; fewer only where the stream has ended. The caller bounds `bytes`. */
  take(bytes: number): Promise<Uint8Array>;
  /** The next bytes as they come, at least one and at most `limit`; undefined where the stream has ended. */
  some(limit: number): Promise<Uint8Array | undefined>;
  /** Leaves the source; nothing can be taken any more. */
  leave(): Promise<void>;
}

const nothing = new Uint8Array(0);

export function byteReader(source: AsyncIterable<Uint8Array>): ByteReader {
  const iterator = source[Symbol.asyncIterator]();
  let held: Uint8Array = nothing;
  let ended = false;

  async function some(limit: number): Promise<Uint8Array | undefined> {
    while (held.byteLength === 0) {
      if (ended) return undefined;
      const next = await iterator.next();
      if (next.done) ended = true;
      else held = next.value;
    }
    const taken = held.subarray(0, limit);
    held = held.subarray(taken.byteLength);
    return taken;
  }

  return {
    some,
    async take(bytes) {
      const first = bytes > 0 ? await some(bytes) : nothing;
      if (!first || first.byteLength === bytes) return first ?? nothing;
      const parts = [first];
      for (let missing = bytes - first.byteLength; missing > 0;) {
        const part = await some(missing);
        if (!part) break;
        parts.push(part);
        missing -= part.byteLength;
      }
      return Buffer.concat(parts);
    },
    async leave() {
      ended = true;
      held = nothing;
      await iterator.return?.();
    },
  };
}
