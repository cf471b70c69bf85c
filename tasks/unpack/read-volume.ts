import { setTimeout as sleep } from 'node:timers/promises';
import type { ManifestVolume } from '../../archive/manifest.ts';
import type { ObjectStore } from '../../ports/object-store.ts';
import { ObjectMissing, StoreUnavailable, VolumeCorrupt, VolumeNotAsSealed } from '../../workflow/errors.ts';

const attempts = 5;
const pauseMilliseconds = 500;

/**
 * Reads the version of a volume that the manifest names. Where the connection breaks it opens the version again and goes on
 * behind the bytes it has given: a version never changes.
 * @throws VolumeNotAsSealed when the version is gone, VolumeCorrupt when it has another length, ObjectFrozen, StoreUnavailable
 * after five attempts
 */
export async function* readVolume(
  archive: ObjectStore,
  { key, versionId, bytes }: Pick<ManifestVolume, 'key' | 'versionId' | 'bytes'>,
  signal: AbortSignal,
): AsyncIterable<Uint8Array> {
  let given = 0;
  for (let attempt = 1; ; attempt += 1) {
    try {
      const opened = await archive.get(key, { versionId, signal });
      if (opened.bytes !== bytes)
        throw new VolumeCorrupt(`${key} has ${opened.bytes} bytes where the signed manifest says ${bytes}.`);
      let skip = given;
      for await (const chunk of opened.body) {
        const rest = chunk.subarray(Math.min(skip, chunk.byteLength));
        skip -= chunk.byteLength - rest.byteLength;
        given += rest.byteLength;
        if (rest.byteLength > 0) yield rest;
      }
      return;
    } catch (cause) {
      if (cause instanceof ObjectMissing)
        throw new VolumeNotAsSealed(`Version ${versionId} of ${key}, which the signed manifest names, is gone.`, {
          cause,
        });
      if (!(cause instanceof StoreUnavailable) || attempt === attempts || signal.aborted) throw cause;
    }
    // Aborted while it waits: the next attempt throws the signal's reason.
    await sleep(pauseMilliseconds * attempt, undefined, { signal }).catch(() => undefined);
    signal.throwIfAborted();
  }
}
