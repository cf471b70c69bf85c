import { ContentUnreadable } from '../../../workflow/errors.ts';

/**
 * The bytes after the first `count`.
 * @throws ContentUnreadable when there are fewer than `count`: not the object that was read before.
 */
export async function* skip(bytes: AsyncIterable<Uint8Array>, count: number): AsyncGenerator<Uint8Array> {
  let left = count;
  for await (const chunk of bytes) {
    if (left < chunk.length) yield left === 0 ? chunk : chunk.subarray(left);
    left -= Math.min(left, chunk.length);
  }
  if (left > 0) throw new ContentUnreadable(`The content ends ${left} bytes before offset ${count}, where to go on`);
}
