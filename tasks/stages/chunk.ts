/** Regroups a stream into chunks of exactly `chunkBytes`; only the last may be shorter. An empty stream gives no chunk. */
export async function* chunk(source: AsyncIterable<Uint8Array>, chunkBytes: number): AsyncIterable<Uint8Array> {
  let buffer: Uint8Array | undefined;
  let filled = 0;
  for await (const incoming of source) {
    let rest = incoming;
    while (rest.byteLength > 0) {
      // Each chunk is a buffer of its own, because its consumer may keep it while the next one fills.
      buffer ??= Buffer.allocUnsafeSlow(chunkBytes);
      const taken = rest.subarray(0, chunkBytes - filled);
      buffer.set(taken, filled);
      filled += taken.byteLength;
      rest = rest.subarray(taken.byteLength);
      if (filled === chunkBytes) {
        const full = buffer;
        buffer = undefined;
        filled = 0;
        yield full;
      }
    }
  }
  if (buffer) yield buffer.subarray(0, filled);
}
