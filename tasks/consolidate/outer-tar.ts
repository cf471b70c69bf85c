import { type ChecksumEntry, checksumsBytes } from '../../archive/checksums.ts';
import type { PlannedObject } from '../../archive/plan.ts';
import { digest, type Digest } from '../stages/digest.ts';
import { tar, tarBytes, type TarEntry } from './tar.ts';

const dataName = 'data.tar';
const dataDigestName = 'data.tar.sha256';
const objectsName = 'objects.sha256';
const noDigest = '0'.repeat(64);

export interface InnerTar {
  readonly stream: AsyncIterable<Uint8Array>;
  /** Its length, which must be exact. */
  readonly bytes: number;
  /** The objects in it with their digests; asked for when the stream has ended. */
  readonly objects: () => readonly ChecksumEntry[];
}

/** Wraps `data.tar` with its digest and its objects' digests into one tar, the plaintext of a volume. */
export function outerTar(data: InnerTar, modified: Date, report: (digest: Digest) => void): AsyncIterable<Uint8Array> {
  // eslint-disable-next-line @typescript-eslint/require-await -- what it waits for is inside the bodies
  async function* entries(): AsyncIterable<TarEntry> {
    let dataDigest = { bytes: 0, sha256: noDigest };
    yield { key: dataName, bytes: data.bytes, body: digest(data.stream, (found) => (dataDigest = found)) };
    report(dataDigest);
    yield small(dataDigestName, checksumsBytes([{ path: dataName, sha256: dataDigest.sha256 }]));
    yield small(objectsName, checksumsBytes(data.objects()));
  }
  return tar(entries(), modified);
}

function small(key: string, content: Uint8Array): TarEntry {
  // eslint-disable-next-line @typescript-eslint/require-await -- a stream of one chunk
  async function* body(): AsyncIterable<Uint8Array> {
    yield content;
  }
  return { key, bytes: content.byteLength, body: body() };
}

/** Length of the outer tar over these objects. */
export function outerTarBytes(objects: readonly PlannedObject[]): number {
  const digests = (paths: readonly string[]): number =>
    checksumsBytes(paths.map((path) => ({ path, sha256: noDigest }))).byteLength;
  return tarBytes([
    { key: dataName, bytes: tarBytes(objects) },
    { key: dataDigestName, bytes: digests([dataName]) },
    { key: objectsName, bytes: digests(objects.map(({ key }) => key)) },
  ]);
}
