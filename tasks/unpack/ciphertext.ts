import type { ManifestVolume } from '../../archive/manifest.ts';
import type { ObjectStore } from '../../ports/object-store.ts';
import { VolumeCorrupt } from '../../workflow/errors.ts';
import type { Log } from '../log.ts';
import { type Digest, digest } from '../stages/digest.ts';
import { readAhead } from '../stages/read-ahead.ts';
import { progress } from './progress.ts';
import { readVolume } from './read-volume.ts';

const MiB = 1024 * 1024;
const windowBytes = 32 * MiB;

/** The ciphertext of a volume, digested on its way. */
export interface Ciphertext {
  /** To be taken once. Leaving it early leaves the rest to `requireSealed`. */
  readonly stream: AsyncIterable<Uint8Array>;
  /**
   * Takes what is left of the stream and compares the whole with the signed manifest.
   * @throws VolumeCorrupt when it has another digest or length.
   */
  requireSealed(): Promise<void>;
  /** Stops reading. */
  close(): Promise<void>;
}

export function openCiphertext(
  archive: ObjectStore,
  volume: ManifestVolume,
  { signal, log }: { readonly signal: AbortSignal; readonly log: Log },
): Ciphertext {
  const stop = new AbortController();
  const until = AbortSignal.any([signal, stop.signal]);
  const ahead = readAhead(readVolume(archive, volume, until), windowBytes, until);
  let found: Digest | undefined;
  const digested = digest(progress(ahead.body, volume.bytes, log), (whole) => (found = whole));
  const iterator = digested[Symbol.asyncIterator]();
  return {
    // Without `return`: a reader that gives up does not end it.
    stream: { [Symbol.asyncIterator]: () => ({ next: () => iterator.next() }) },
    async requireSealed() {
      for (let next = await iterator.next(); !next.done;) next = await iterator.next();
      if (found?.sha256 === volume.sha256 && found.bytes === volume.bytes) return;
      throw new VolumeCorrupt(
        `The ciphertext of ${volume.key} has ${found?.bytes ?? 'unknown'} bytes with the SHA-256 ${found?.sha256 ?? 'unknown'}; the signed manifest says ${volume.bytes} with ${volume.sha256}.`,
      );
    },
    async close() {
      stop.abort();
      await iterator.return?.();
      await ahead.ended;
    },
  };
}
