import type { ChecksumEntry } from '../../archive/checksums.ts';
import { digest } from '../stages/digest.ts';
import type { StagedObject } from './prefetch.ts';

/** Digests each object of a list on its way, and reports it under its key. */
export async function* digestEach(
  objects: AsyncIterable<StagedObject>,
  report: (entry: ChecksumEntry) => void,
): AsyncIterable<StagedObject> {
  for await (const object of objects) {
    const body = digest(object.body, ({ sha256 }) => report({ path: object.key, sha256 }));
    yield { ...object, body };
  }
}
