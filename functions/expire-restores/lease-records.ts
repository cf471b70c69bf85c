import { recordsPrefix, restoreRecordKey } from '../../archive/keys.ts';
import { parseRestoreRecord, restoreRecordBytes, type RestoreRecord } from '../../archive/restore-records.ts';
import type { ObjectStore } from '../../ports/object-store.ts';
import { RunRecordInvalid } from '../../workflow/errors.ts';

/** Restore records as lists of leases. A record is never removed: it keeps what became of each index. */

export type Lease = RestoreRecord['indices'][number];

/** Told of at the first daily run within this time before its end: at least a day before, however late a run is. */
const tellHours = 36;

export const isOver = (lease: Lease, at: Date): boolean =>
  lease.ended === undefined && lease.leaseUntil !== null && new Date(lease.leaseUntil) <= at;

/** Ends soon, and nobody has been told. */
export const isToTell = (lease: Lease, at: Date): boolean =>
  lease.ended === undefined &&
  lease.toldAt === undefined &&
  lease.leaseUntil !== null &&
  !isOver(lease, at) &&
  Date.parse(lease.leaseUntil) - at.getTime() <= tellHours * 3_600_000;

export async function listRecordKeys(restore: ObjectStore): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key } of restore.list(recordsPrefix)) if (key.endsWith('.json')) keys.push(key);
  return keys;
}

/** @throws RunRecordInvalid naming the key: of what cannot be read, nothing is removed. */
export async function readLeaseRecord(restore: ObjectStore, key: string): Promise<RestoreRecord> {
  const bytes = await restore.read(key);
  try {
    return parseRestoreRecord(bytes);
  } catch (error) {
    if (!(error instanceof RunRecordInvalid)) throw error;
    throw new RunRecordInvalid(`${key}: ${error.message}`, { cause: error });
  }
}

/** Changes those leases of a restore's record for which `change` returns something, and nothing else of it. */
export async function changeLeases(
  restore: ObjectStore,
  restoreId: string,
  change: (lease: Lease) => Promise<Partial<Pick<Lease, 'toldAt' | 'ended'>> | undefined>,
): Promise<void> {
  const key = restoreRecordKey(restoreId);
  const record = await readLeaseRecord(restore, key);
  const indices: Lease[] = [];
  let changed = false;
  try {
    for (const lease of record.indices) {
      indices.push(lease);
      const changes = await change(lease);
      if (!changes) continue;
      indices[indices.length - 1] = { ...lease, ...changes };
      changed = true;
    }
  } finally {
    // Also when the cluster fails on the way: what was removed until then is on record.
    const rest = record.indices.slice(indices.length);
    if (changed) {
      const bytes = restoreRecordBytes({ ...record, indices: [...indices, ...rest] });
      await restore.put(key, bytes, { contentType: 'application/json' });
    }
  }
}
