/** What the lane changes in the restore bucket, past the workflows. */
import { recordsPrefix, restoredPrefix } from '../../archive/keys.ts';
import { parseRestoreRecord, restoreRecordBytes } from '../../archive/restore-records.ts';
import type { ObjectStore } from '../../ports/object-store.ts';
import { s3ObjectStore } from '../../ports/s3-object-store.ts';
import { endpoints, s3 } from '../stack/stack.ts';

const restoreBucket = s3ObjectStore(s3, endpoints.buckets.restore!);

async function keysBelow(store: ObjectStore, prefix: string): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key } of store.list(prefix)) keys.push(key);
  return keys;
}

/** The lease of every restored index has ended yesterday. */
export async function endLeases(): Promise<void> {
  const leaseUntil = new Date(Date.now() - 86_400_000).toISOString();
  for (const key of await keysBelow(restoreBucket, recordsPrefix)) {
    const record = parseRestoreRecord(await restoreBucket.read(key));
    const indices = record.indices.map((lease) => (lease.leaseUntil === null ? lease : { ...lease, leaseUntil }));
    await restoreBucket.put(key, restoreRecordBytes({ ...record, indices }));
  }
}

/** Flips a bit in the largest blob that has been unpacked and is about to be restored from. */
export async function spoilPlaintext(): Promise<void> {
  let largest = { key: '', bytes: 0 };
  for await (const object of restoreBucket.list(restoredPrefix))
    if (object.key.includes('/__') && object.bytes > largest.bytes) largest = object;
  const bytes = Uint8Array.from(await restoreBucket.read(largest.key));
  bytes[bytes.length >> 1]! ^= 1;
  await restoreBucket.put(largest.key, bytes);
}

/** A failed restore keeps what passed its checks for a redrive: here none comes. */
export const discardPlaintext = async (): Promise<void> =>
  restoreBucket.delete(await keysBelow(restoreBucket, restoredPrefix));
