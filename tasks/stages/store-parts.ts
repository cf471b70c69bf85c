import { webcrypto } from 'node:crypto';
import type { ObjectStore, UploadedPart } from '../../ports/object-store.ts';
import { ObjectMissing, TaskInterrupted } from '../../workflow/errors.ts';

const MiB = 1024 * 1024;
/** S3 takes 10,000 parts; the rest is room for what encryption adds. */
const plannedParts = 9000;
/** Parts in memory on their way to the store. */
const inFlightBytes = 48 * MiB;

/** max(16 MiB, size / 9,000), whole MiB. */
export const partBytesFor = (volumeBytes: number): number =>
  Math.max(16, Math.ceil(volumeBytes / plannedParts / MiB)) * MiB;

export interface UploadTarget {
  readonly store: ObjectStore;
  readonly key: string;
  readonly uploadId: string;
  readonly signal: AbortSignal;
  /** Parts sent at the same time. */
  readonly concurrency: number;
}

export const concurrencyFor = (partBytes: number): number => Math.max(1, Math.floor(inFlightBytes / partBytes));

/**
 * Sends each chunk as one part of an open multipart upload, several at a time, with its SHA-256 for the store to verify.
 * On a failure it stops the source and the parts under way, waits for these, and throws the first error; the upload stays open.
 * @returns the parts in their order
 */
export async function storeParts(chunks: AsyncIterable<Uint8Array>, target: UploadTarget): Promise<UploadedPart[]> {
  const stop = new AbortController();
  const signal = AbortSignal.any([target.signal, stop.signal]);
  const stored: UploadedPart[] = [];
  const underWay = new Set<Promise<void>>();
  const failures: unknown[] = [];
  try {
    let number = 0;
    for await (const bytes of chunks) {
      number += 1;
      const part: Promise<void> = sendPart(target, number, bytes, signal)
        .then(
          (done) => void stored.push(done),
          (error: unknown) => void failures.push(error),
        )
        .finally(() => underWay.delete(part));
      underWay.add(part);
      if (underWay.size >= target.concurrency) await Promise.race(underWay);
      if (failures.length > 0) break;
      signal.throwIfAborted();
    }
    // Parts that are under way when the source ends are still wanted.
    if (failures.length === 0) await Promise.all(underWay);
  } catch (error) {
    failures.push(error);
  } finally {
    stop.abort();
    await Promise.all(underWay);
  }
  if (failures.length > 0) throw failures[0];
  return stored.sort((a, b) => a.number - b.number);
}

async function sendPart(
  { store, key, uploadId }: UploadTarget,
  number: number,
  bytes: Uint8Array,
  signal: AbortSignal,
): Promise<UploadedPart> {
  // In the thread pool, beside encryption.
  const digest = await webcrypto.subtle.digest('SHA-256', bytes);
  const sha256 = Buffer.from(digest).toString('base64');
  try {
    return await store.uploadPart(key, uploadId, { number, bytes, sha256 }, signal);
  } catch (cause) {
    // Only another attempt at the same volume discards an upload.
    if (cause instanceof ObjectMissing)
      throw new TaskInterrupted(`The upload of ${key} was discarded by somebody else, such as another attempt.`, {
        cause,
      });
    throw cause;
  }
}
