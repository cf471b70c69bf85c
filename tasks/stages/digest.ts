import { createHash } from 'node:crypto';

export interface Digest {
  readonly bytes: number;
  /** Lower-case hex. */
  readonly sha256: string;
}

/** Passes a stream on unchanged, counts and hashes it, and reports when it has ended well. */
export async function* digest(
  source: AsyncIterable<Uint8Array>,
  report: (digest: Digest) => void,
): AsyncIterable<Uint8Array> {
  const hash = createHash('sha256');
  let bytes = 0;
  for await (const chunk of source) {
    hash.update(chunk);
    bytes += chunk.byteLength;
    yield chunk;
  }
  report({ bytes, sha256: hash.digest('hex') });
}
