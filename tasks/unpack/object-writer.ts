import { webcrypto } from 'node:crypto';
import { compositeSha256 } from '../../archive/digest.ts';
import { restoredRepositoryPrefix } from '../../archive/keys.ts';
import type { ObjectStore } from '../../ports/object-store.ts';
import { ObjectExists, StoreAnswerUnknown } from '../../workflow/errors.ts';
import { chunk } from '../stages/chunk.ts';
import { concurrencyFor, partBytesFor, storeParts } from '../stages/store-parts.ts';
import { discardWritten } from './earlier-attempts.ts';
import { startJournal, type WrittenObject } from './journal.ts';
import type { UnpackWork } from './planned.ts';

const MiB = 1024 * 1024;
/** Up to this much, an object is sent whole by one request. */
const wholeBytes = 8 * MiB;
/** Bytes of whole objects, and their number, that are on their way at the same time. */
const underWayBytes = 48 * MiB;
const underWayObjects = 32;

export interface ObjectWriter {
  /** Takes the body to its end. The object may still be on its way when this resolves. */
  write(object: WrittenObject, body: AsyncIterable<Uint8Array>): Promise<void>;
  /** Waits until all are stored and verified. @throws the first failure */
  finish(): Promise<{ readonly objects: number; readonly bytes: number }>;
  /** Waits until nothing is on its way, and removes all that was written, and a receipt if there is one. */
  discard(): Promise<void>;
}

/** Writes objects under the repository prefix of a restore, several at a time, each recorded before and verified after. */
export function objectWriter(restore: ObjectStore, work: UnpackWork, signal: AbortSignal): ObjectWriter {
  const prefix = restoredRepositoryPrefix(work.restoreId, work.archiveId);
  const journal = startJournal(restore, work);
  const underWay = new Set<Promise<void>>();
  const failures: unknown[] = [];
  let bytesUnderWay = 0;

  const throwFailure = (): void => {
    if (failures.length > 0) throw failures[0];
  };

  async function sendWhole(object: WrittenObject, bytes: Uint8Array): Promise<void> {
    // In the thread pool, beside decryption.
    const sha256 = Buffer.from(await webcrypto.subtle.digest('SHA-256', bytes)).toString('base64');
    await journal.record(object);
    await restore.put(prefix + object.path, bytes);
    await requireStored(restore, prefix, object, sha256);
  }

  async function sendParts(object: WrittenObject, body: AsyncIterable<Uint8Array>): Promise<void> {
    await journal.record(object);
    const key = prefix + object.path;
    const partBytes = partBytesFor(object.bytes);
    const uploadId = await restore.startUpload(key);
    const target = { store: restore, key, uploadId, signal, concurrency: concurrencyFor(partBytes) };
    const parts = await storeParts(chunk(body, partBytes), target);
    const checksum = compositeSha256(parts.map(({ sha256 }) => sha256));
    try {
      await restore.completeUpload(key, uploadId, parts);
    } catch (error) {
      // What stands at the key decides: a completion whose answer was lost and that was repeated is refused.
      const stored = await restore.head(key);
      if (stored?.checksumSha256 !== checksum) {
        if (!(error instanceof ObjectExists)) throw error;
        await restore.delete([key]);
        await restore.completeUpload(key, uploadId, parts);
      }
    }
    await requireStored(restore, prefix, object, checksum);
  }

  return {
    async write(object, body) {
      throwFailure();
      signal.throwIfAborted();
      if (object.bytes > wholeBytes) {
        await sendParts(object, body);
        return;
      }
      while (underWay.size >= underWayObjects || (underWay.size > 0 && bytesUnderWay + object.bytes > underWayBytes))
        await Promise.race(underWay);
      throwFailure();
      bytesUnderWay += object.bytes;
      const bytes = await whole(body, object.bytes).catch((error: unknown) => {
        bytesUnderWay -= object.bytes;
        throw error;
      });
      const sent: Promise<void> = sendWhole(object, bytes)
        .catch((error: unknown) => void failures.push(error))
        .finally(() => {
          underWay.delete(sent);
          bytesUnderWay -= object.bytes;
        });
      underWay.add(sent);
    },
    async finish() {
      await Promise.all(underWay);
      throwFailure();
      const { objects } = journal.written;
      return { objects: objects.length, bytes: objects.reduce((sum, { bytes }) => sum + bytes, 0) };
    },
    async discard() {
      await Promise.all(underWay);
      await discardWritten(restore, work, journal.written);
    },
  };
}

/** A buffer of its own: chunks of the stream would keep far larger ones alive. */
async function whole(body: AsyncIterable<Uint8Array>, bytes: number): Promise<Uint8Array<ArrayBuffer>> {
  const buffer = new Uint8Array(bytes);
  let filled = 0;
  for await (const part of body) {
    buffer.set(part, filled);
    filled += part.byteLength;
  }
  return buffer;
}

/** S3's own checksum, of the bytes that it keeps, against that of the bytes that were sent. */
async function requireStored(
  restore: ObjectStore,
  prefix: string,
  { path, bytes }: WrittenObject,
  checksum: string,
): Promise<void> {
  const stored = await restore.head(prefix + path);
  if (stored?.bytes === bytes && stored.checksumSha256 === checksum) return;
  throw new StoreAnswerUnknown(
    `${prefix}${path} was written with ${bytes} bytes and the checksum ${checksum}; the store has ${stored?.bytes ?? 'no'} bytes and the checksum ${stored?.checksumSha256 ?? 'none'}.`,
  );
}
