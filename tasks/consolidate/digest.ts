import { createHash } from 'node:crypto';
import type { ChecksumEntry } from '../../archive/checksums.ts';
import type { StagedObject } from './prefetch.ts';

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

/** The same for each object of a list, under its key. */
export async function* digestEach(
  objects: AsyncIterable<StagedObject>,
  report: (entry: ChecksumEntry) => void,
): AsyncIterable<StagedObject> {
  for await (const object of objects) {
    const body = digest(object.body, ({ sha256 }) => report({ path: object.key, sha256 }));
    yield { ...object, body };
  }
}
