import { ObjectLengthChanged } from '../../workflow/errors.ts';
import { entryHeader, headerBytes, paddingBytes, type TarMember } from './tar-header.ts';

export interface TarEntry extends TarMember {
  readonly body: AsyncIterable<Uint8Array>;
}

/** Two blocks of zeros end an archive. */
const endBytes = 1024;

/** Length of the tar that `tar` makes of these members, known before a byte of them is read. */
export function tarBytes(members: Iterable<TarMember>): number {
  let total = endBytes;
  for (const member of members) total += headerBytes(member) + member.bytes + paddingBytes(member.bytes);
  return total;
}

/**
 * Writes a tar (POSIX ustar, with PAX records for what ustar cannot say). Headers are written from the lengths that are known
 * before, so that nothing is buffered; a body of another length is `ObjectLengthChanged`, naming the key.
 * @param modified modification time of every entry.
 */
export async function* tar(entries: AsyncIterable<TarEntry>, modified: Date): AsyncIterable<Uint8Array> {
  for await (const entry of entries) {
    yield entryHeader(entry, modified);
    let bytes = 0;
    for await (const chunk of entry.body) {
      bytes += chunk.byteLength;
      if (bytes > entry.bytes) throw lengthChanged(entry, `more than ${entry.bytes}`);
      yield chunk;
    }
    if (bytes < entry.bytes) throw lengthChanged(entry, `only ${bytes}`);
    if (paddingBytes(bytes) > 0) yield Buffer.alloc(paddingBytes(bytes));
  }
  yield Buffer.alloc(endBytes);
}

const lengthChanged = ({ key, bytes }: TarMember, found: string): ObjectLengthChanged =>
  new ObjectLengthChanged(`${key} has ${found} bytes where the plan says ${bytes}.`);
