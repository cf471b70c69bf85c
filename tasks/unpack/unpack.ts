import { unpackReceiptKey } from '../../archive/keys.ts';
import { type UnpackReceipt, unpackReceiptBytes } from '../../archive/restore-records.ts';
import type { ObjectStore } from '../../ports/object-store.ts';
import { DecryptionKeyUnusable, HostileEntry, VolumeCorrupt } from '../../workflow/errors.ts';
import type { Log } from '../log.ts';
import { type Ciphertext, openCiphertext } from './ciphertext.ts';
import { decrypt } from './decrypt.ts';
import { settleEarlierAttempts } from './earlier-attempts.ts';
import { objectWriter } from './object-writer.ts';
import { openVolume, type TakeObject } from './open-volume.ts';
import { readPlanned, type UnpackWork } from './planned.ts';
import { readDecryptionKey } from './private-key.ts';
import { wantedPaths } from './repository-paths.ts';

export interface UnpackTask extends UnpackWork {
  readonly archive: ObjectStore;
  readonly restore: ObjectStore;
  /** Armoured secret key. */
  readonly privateKey: string;
  readonly passphrase?: string | undefined;
  /** Stops the task; its reason is what the task then throws. */
  readonly signal: AbortSignal;
  readonly log: Log;
}

/**
 * Brings one volume of an archive back as objects of a repository under the restore's quarantine prefix: reads the sealed version,
 * digests it, decrypts it, takes its tars apart and writes the objects that are asked for. The receipt, which lifts the
 * quarantine, is written only when every check agrees; else all that was written is removed again.
 * What an earlier attempt finished is kept. Throws errors of workflow/errors.ts.
 */
export async function unpack(task: UnpackTask): Promise<UnpackReceipt> {
  const { archive, restore, restoreId, archiveId, signal, log } = task;
  const key = await readDecryptionKey(task.privateKey, task.passphrase);
  const planned = await readPlanned(restore, task);
  const earlier = await settleEarlierAttempts(restore, task);
  if (earlier) {
    log('INFO', 'An earlier attempt had unpacked the volume', { objects: earlier.objects, bytes: earlier.bytes });
    return earlier;
  }
  signal.throwIfAborted();
  const isWanted = wantedPaths({ ...planned.archive, volume: task.volume });
  const writer = objectWriter(restore, task, signal);
  const take: TakeObject = async (object, body) => {
    if (isWanted(object.path)) await writer.write(object, body);
    else await passBy(body);
  };
  const ciphertext = openCiphertext(archive, planned.volume, { signal, log });
  try {
    const plaintext = decrypt(ciphertext.stream, key, planned.archive.profile);
    const checkedObjects = await openVolume(plaintext, planned.volume, take);
    await ciphertext.requireSealed();
    const written = await writer.finish();
    signal.throwIfAborted();
    const receipt: UnpackReceipt = { restoreId, archiveId, volume: task.volume, ...written, checkedObjects };
    await restore.put(unpackReceiptKey(restoreId, archiveId, task.volume), unpackReceiptBytes(receipt), {
      contentType: 'application/json',
    });
    return receipt;
  } catch (error) {
    await writer.discard().catch((cause: unknown) => {
      log('WARN', 'What was written could not be removed; the next attempt will', { cause: String(cause) });
    });
    throw await deepestCause(error, ciphertext);
  } finally {
    await ciphertext.close();
  }
}

async function passBy(body: AsyncIterable<Uint8Array>): Promise<void> {
  const iterator = body[Symbol.asyncIterator]();
  while (!(await iterator.next()).done);
}

/**
 * Whatever a volume's content is refused for, first of all it may not be the volume that was sealed: that is found out, by
 * reading the rest of it, before anybody is told that a key is wrong or an entry hostile.
 */
async function deepestCause(error: unknown, ciphertext: Ciphertext): Promise<unknown> {
  const isOfContent =
    error instanceof VolumeCorrupt || error instanceof HostileEntry || error instanceof DecryptionKeyUnusable;
  if (!isOfContent) return error;
  try {
    await ciphertext.requireSealed();
  } catch (altered) {
    if (altered instanceof VolumeCorrupt && altered.message !== error.message)
      return new VolumeCorrupt(`${altered.message} Seen first: ${error.message}`, { cause: error });
  }
  return error;
}
