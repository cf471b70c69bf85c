import { z } from 'zod';
import { RunRecordInvalid } from '../workflow/errors.ts';
import { archiveId } from './archive-id.ts';
import { canonicalBytes } from './canonical.ts';
import { manifestIndex, manifestVolume } from './manifest.ts';
import { parseRecord } from './parse-record.ts';

/** The records of a restore, in the restore bucket under `runs/<restore-id>/` and `records/`. */

const count = z.int().nonnegative();
const name = z.string().min(1);
const time = z.iso.datetime({ offset: true });
export const conflictPolicy = z.enum(['fail', 'rename', 'replace']);
export type ConflictPolicy = z.infer<typeof conflictPolicy>;

/** What an index is restored as. */
export const restoreTarget = z.strictObject({
  /** As the signed manifest has it: what the restored index must hold. */
  index: manifestIndex,
  /** The name that it ends with. */
  to: name,
  /** With `replace`, where an index has the name: the archive's copy is restored and verified under this name first. */
  via: name.nullable(),
});
export type RestoreTarget = z.infer<typeof restoreTarget>;

/** An archive's part in a restore. Signature, chain, digests and locks were verified when this was written. */
export const plannedArchive = z.strictObject({
  archiveId,
  /** The read-only repository: `<restore-id>-<n>`. */
  repository: name,
  snapshot: name,
  profile: z.enum(['gpg', 'rfc9580']),
  targets: z.array(restoreTarget).min(1),
  /** Only the volumes that hold the root metadata or asked indices. `number` as in the key, from 1. */
  volumes: z.array(z.strictObject({ number: z.int().positive(), ...manifestVolume.shape })).min(1),
  /** `indices/<repositoryId>/` of every index of the archive: no other folder may stand in its tars. */
  repositoryIds: z.array(name).min(1),
  /** Folders of the asked indices: only these, and the root metadata, are written. */
  wantedRepositoryIds: z.array(name).min(1),
});
export type PlannedArchive = z.infer<typeof plannedArchive>;

/** What a snapshot says of an index. It is not signed, and knows no documents. */
export const snapshotIndex = z.strictObject({
  name,
  /** Primary shards, all of them in the snapshot. */
  shards: z.int().positive(),
  /** Of the primary shards. */
  bytes: count,
});
export type SnapshotIndex = z.infer<typeof snapshotIndex>;

export const snapshotTarget = z.strictObject({ ...restoreTarget.shape, index: snapshotIndex });
export type SnapshotTarget = z.infer<typeof snapshotTarget>;

/** Where a snapshot lies; the UUID tells it from a later one of the same name. */
export const snapshotOrigin = z.strictObject({ repository: name, name, uuid: name });
export type SnapshotOrigin = z.infer<typeof snapshotOrigin>;

/** The snapshot that a restore is made from. */
export const plannedSnapshot = z.strictObject({
  /** In the snapshot repository, as the cluster has it registered. */
  origin: snapshotOrigin,
  /** The read-only repository over the same place, for the time of this restore: `<restore-id>-1`. */
  repository: name,
  snapshot: name,
  targets: z.array(snapshotTarget).min(1),
});
export type PlannedSnapshot = z.infer<typeof plannedSnapshot>;

const planned = {
  restoreId: name,
  conflict: conflictPolicy,
  replicas: count,
  leaseDays: z.int().positive(),
  /** Execution ARN: who asked is in its history. */
  execution: name,
};
export const thawOptions = z.strictObject({
  tier: z.enum(['Expedited', 'Standard', 'Bulk']),
  days: z.int().positive(),
});

/** `runs/<restore-id>/plan.json`: written once, read ever after. Plans of archives name no source. */
export const restorePlan = z.discriminatedUnion('source', [
  z.strictObject({
    source: z.literal('archives').optional(),
    ...planned,
    archives: z.array(plannedArchive).min(1),
    thaw: thawOptions,
  }),
  z.strictObject({
    source: z.literal('snapshots'),
    ...planned,
    /** None: there is nothing to thaw and nothing to unpack. */
    archives: z.array(plannedArchive).max(0),
    snapshot: plannedSnapshot,
  }),
]);
export type RestorePlan = z.infer<typeof restorePlan>;

/** `runs/<restore-id>/<archive-id>/volume-N.receipt.json`: every check of the volume agreed, and its objects are under the prefix. */
export const unpackReceipt = z.strictObject({
  restoreId: name,
  archiveId,
  volume: z.int().positive(),
  /** Objects written (of the asked indices and the root metadata), and their bytes. */
  objects: count,
  bytes: count,
  /** Objects in the volume, written or not. */
  checkedObjects: count,
});
export type UnpackReceipt = z.infer<typeof unpackReceipt>;

/** How the lease of a restored index ended. */
export const leaseEnd = z.strictObject({
  at: time,
  /** `gone`: no index had the name any more; `replaced`: another index had it, and was left alone. */
  outcome: z.enum(['removed', 'gone', 'replaced']),
});
export type LeaseEnd = z.infer<typeof leaseEnd>;

const restoredIndexFields = {
  /** Its name in the archive or snapshot. */
  from: name,
  name,
  /** As restored: an index that has the name later and another UUID is not this one. */
  uuid: name,
  documents: count,
  /** Null: it took the place of an index that was there, and stays. */
  leaseUntil: time.nullable(),
  /** When its coming removal was told of. */
  toldAt: time.optional(),
  /** Once it is no longer looked after. */
  ended: leaseEnd.optional(),
};

/** Those of archives name no source. */
export const restoredIndex = z.discriminatedUnion('source', [
  z.strictObject({ source: z.literal('archive').optional(), archiveId, ...restoredIndexFields }),
  z.strictObject({
    source: z.literal('snapshot'),
    /** There is none. */
    archiveId: z.undefined().optional(),
    snapshot: snapshotOrigin,
    /** What the snapshot held of it. */
    shards: z.int().positive(),
    bytes: count,
    ...restoredIndexFields,
  }),
]);
export type RestoredIndex = z.infer<typeof restoredIndex>;

/** Where a restored index came from, in words. */
export const originOf = (index: RestoredIndex): string =>
  index.source === 'snapshot'
    ? `snapshot ${index.snapshot.name} of repository ${index.snapshot.repository}`
    : `archive ${index.archiveId}`;

/** `records/<restore-id>.json`: what was restored, until when it stays, and later, that it was told of and removed. */
export const restoreRecord = z.strictObject({
  restoreId: name,
  execution: name,
  restoredAt: time,
  indices: z.array(restoredIndex).min(1),
});
export type RestoreRecord = z.infer<typeof restoreRecord>;

export const restorePlanBytes = (record: RestorePlan): Uint8Array => canonicalBytes(record);
export const unpackReceiptBytes = (record: UnpackReceipt): Uint8Array => canonicalBytes(record);
export const restoreRecordBytes = (record: RestoreRecord): Uint8Array => canonicalBytes(record);

/** @throws RunRecordInvalid naming the fields that do not fit; so do the two below. */
export const parseRestorePlan = (bytes: Uint8Array): RestorePlan =>
  parseRecord(bytes, restorePlan, 'plan.json', RunRecordInvalid);
export const parseUnpackReceipt = (bytes: Uint8Array): UnpackReceipt =>
  parseRecord(bytes, unpackReceipt, 'volume receipt', RunRecordInvalid);
export const parseRestoreRecord = (bytes: Uint8Array): RestoreRecord =>
  parseRecord(bytes, restoreRecord, 'restore record', RunRecordInvalid);
