import type { Transform } from 'node:stream';
import { createGunzip, createZstdDecompress } from 'node:zlib';
import { ContentUnreadable } from '../../../workflow/errors.ts';
import type { ChunkReader } from './chunk-reader.ts';

const chunkSize = 256 * 1024;

/** A compression whose streams consist of members (gzip) or frames (zstd), one after the other. */
export interface Codec {
  readonly name: string;
  /** Whether a member begins with these bytes, of which there are four or more. */
  readonly begins: (head: Buffer) => boolean;
  /** Whether zero bytes may follow the last member, as padding. */
  readonly padded: boolean;
  readonly decoder: () => Transform & { readonly bytesWritten: number };
}

/** RFC 1952. */
export const gzip: Codec = {
  name: 'gzip',
  begins: (head) => head[0] === 0x1f && head[1] === 0x8b,
  padded: true,
  decoder: () => createGunzip({ chunkSize }),
};

/** RFC 8878. A skippable frame is a frame without content. A window above 128 MiB is refused. */
export const zstd: Codec = {
  name: 'zstd',
  begins: (head) => {
    const magic = head.length < 4 ? 0 : head.readUInt32LE(0);
    return magic === 0xfd2fb528 || (magic & 0xfffffff0) >>> 0 === 0x184d2a50;
  },
  padded: false,
  decoder: () => createZstdDecompress({ chunkSize }),
};

/**
 * Inflates all members of a stream. Node's decoders stop, without a word, at the end of a zstd frame and at zero padding
 * between gzip members when more bytes follow in the same chunk: what they left is given to the next decoder here.
 * @throws ContentUnreadable when a member is damaged or cut short, or followed by something else
 */
export async function* inflateMembers(reader: ChunkReader, codec: Codec): AsyncGenerator<Uint8Array> {
  do {
    if (!codec.begins(await reader.peek(4))) {
      throw new ContentUnreadable(`What follows the last member of the ${codec.name} stream is not ${codec.name}`);
    }
    yield* inflateMember(reader, codec);
  } while (codec.padded ? await reader.skipZeros() : (await reader.peek(1)).length > 0);
}

async function* inflateMember(reader: ChunkReader, codec: Codec): AsyncGenerator<Uint8Array> {
  const decoder = codec.decoder();
  const source: { failure?: { readonly error: unknown } } = {};
  feed(reader, decoder).catch((error: unknown) => {
    source.failure = { error };
    decoder.destroy();
  });
  try {
    for await (const chunk of decoder) yield chunk as Uint8Array;
  } catch (error) {
    // A stream that broke on its way here says nothing about the object.
    if (source.failure) throw source.failure.error;
    const reason = error instanceof Error ? error.message : String(error);
    throw new ContentUnreadable(`The ${codec.name} stream cannot be inflated: ${reason}`, { cause: error });
  }
}

/** Writes chunks until the decoder is at its end, and gives back what it did not take. */
async function feed(reader: ChunkReader, decoder: Transform & { readonly bytesWritten: number }): Promise<void> {
  for (let fed = 0; ;) {
    const chunk = await reader.next();
    if (decoder.destroyed) return;
    if (!chunk) {
      decoder.end();
      return;
    }
    fed += chunk.length;
    // A decoding error reaches the reader of the decoder; here it only ends the feeding.
    const taken = await new Promise<boolean>((resolve) => decoder.write(chunk, (error) => resolve(!error)));
    if (!taken) return;
    if (decoder.bytesWritten < fed) {
      reader.unread(chunk.subarray(chunk.length - (fed - decoder.bytesWritten)));
      return;
    }
  }
}
