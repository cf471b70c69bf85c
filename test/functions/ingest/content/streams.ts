/** Bytes in chunks of one size. */
export async function* chunked(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield await Promise.resolve(bytes.subarray(at, at + size));
}

/** Bytes in chunks of given sizes, the rest in one. */
export async function* cut(bytes: Uint8Array, sizes: readonly number[]): AsyncGenerator<Uint8Array> {
  let at = 0;
  for (const size of sizes) yield await Promise.resolve(bytes.subarray(at, (at += size)));
  yield bytes.subarray(at);
}

export async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

/** All of what is given in one portion after the other. */
export async function collectAll<T>(portions: AsyncIterable<Iterable<T>>): Promise<T[]> {
  const all: T[] = [];
  for await (const items of portions) all.push(...items);
  return all;
}

/** What came before the stream failed, and the failure. */
export async function collectUntilFailure<T>(items: AsyncIterable<T>): Promise<{ got: T[]; failure: unknown }> {
  const got: T[] = [];
  try {
    for await (const item of items) got.push(item);
  } catch (failure) {
    return { got, failure };
  }
  return { got, failure: undefined };
}
