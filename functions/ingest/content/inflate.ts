import { bunzip2, isBzip2 } from './bzip2.ts';
import { ChunkReader } from './chunk-reader.ts';
import { gzip, inflateMembers, zstd } from './members.ts';

/**
 * The content of an object: inflated where it begins with the magic bytes of gzip, zstd or bzip2 (whatever the object's name
 * and headers say), else as it is. Concatenated members, frames and streams are one content; zero padding at the end is
 * ignored. Streams, in memory bounded by one window (zstd: 128 MiB) or block (bzip2), whatever the object's size.
 * @param onPlain hears when nothing has to be inflated
 * @throws ContentUnreadable when the compressed stream is damaged, cut short, or followed by something else; what came before
 *   has been given by then. An error of `bytes` itself passes unchanged.
 */
export async function* inflate(bytes: AsyncIterable<Uint8Array>, onPlain?: () => void): AsyncGenerator<Uint8Array> {
  const reader = new ChunkReader(bytes);
  try {
    const head = await reader.peek(10);
    const codec = [gzip, zstd].find(({ begins }) => begins(head));
    if (codec) yield* inflateMembers(reader, codec);
    else if (isBzip2(head)) yield* bunzip2(reader);
    else {
      onPlain?.();
      for (let chunk = await reader.next(); chunk; chunk = await reader.next()) yield chunk;
    }
  } finally {
    await reader.close();
  }
}
