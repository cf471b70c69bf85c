import { z } from 'zod';
import { RunRecordInvalid } from '../workflow/errors.ts';
import { archiveId } from './archive-id.ts';
import { canonicalBytes } from './canonical.ts';
import { parseRecord } from './parse-record.ts';

/** The records of a run that are no volume's: what was selected, what it was before the snapshot, what the snapshot holds. */

const count = z.int().nonnegative();
const sha256Hex = z.string().regex(/^[0-9a-f]{64}$/, 'must be 64 lower-case hex digits');
const name = z.string().min(1);

/** The highest sequence number of a shard's operations; -1 while it has had none. One entry per primary shard, in order. */
export const shardState = z.strictObject({ maxSeqNo: z.int().min(-1) });
/** A document and the digest of its source (archive/observe.ts, `sourceSha256`). */
export const sample = z.strictObject({ id: z.string().min(1), sourceSha256: sha256Hex });
export type ShardState = z.infer<typeof shardState>;
export type Sample = z.infer<typeof sample>;

export const clusterIdentity = z.strictObject({ uuid: name, name, version: name });
export type ClusterIdentity = z.infer<typeof clusterIdentity>;

export const selectedIndex = z.strictObject({
  name,
  uuid: name,
  /** `index.version.created` as a version (`3.8.0`), or as the cluster gives it where it cannot be read. */
  createdVersion: name,
  /** Bytes of the primary shards as the cluster reports them. */
  bytes: count,
  documents: count,
  /** The sealed archive that holds an earlier state of this index. */
  supersedes: archiveId.nullable(),
});
export type SelectedIndex = z.infer<typeof selectedIndex>;

/** `runs/<archive-id>/selection.json`: frozen once, before anything else happens. */
export const selection = z.strictObject({
  archiveId,
  /** What asked for the run. */
  reason: z.enum(['schedule', 'date', 'indices']),
  cluster: clusterIdentity,
  indices: z.array(selectedIndex).min(1),
});
export type Selection = z.infer<typeof selection>;

export const observedIndex = z.strictObject({
  name,
  uuid: name,
  documents: count,
  mappingSha256: sha256Hex,
  shards: z.array(shardState).min(1),
  samples: z.array(sample).max(100),
});
export type ObservedIndex = z.infer<typeof observedIndex>;

/** `runs/<archive-id>/observation.json`: the selected indices just before the snapshot started. */
export const observation = z.strictObject({ archiveId, indices: z.array(observedIndex).min(1) });
export type Observation = z.infer<typeof observation>;

export const snapshotIndex = z.strictObject({
  name,
  uuid: name,
  documents: z.strictObject({ count, exact: z.boolean() }),
  shards: z.array(shardState).min(1),
  mappingSha256: sha256Hex,
  samples: z.array(sample).max(100),
});
export type SnapshotIndex = z.infer<typeof snapshotIndex>;

/** `runs/<archive-id>/snapshot.json`: what the snapshot holds, established once it had ended. */
export const snapshotRecord = z.strictObject({
  archiveId,
  snapshot: z.strictObject({ name, uuid: name }),
  indices: z.array(snapshotIndex).min(1),
});
export type SnapshotRecord = z.infer<typeof snapshotRecord>;

export const selectionBytes = (record: Selection): Uint8Array => canonicalBytes(record);
export const observationBytes = (record: Observation): Uint8Array => canonicalBytes(record);
export const snapshotRecordBytes = (record: SnapshotRecord): Uint8Array => canonicalBytes(record);

/** @throws RunRecordInvalid naming the fields that do not fit; so do the two below. */
export const parseSelection = (bytes: Uint8Array): Selection =>
  parseRecord(bytes, selection, 'selection.json', RunRecordInvalid);
export const parseObservation = (bytes: Uint8Array): Observation =>
  parseRecord(bytes, observation, 'observation.json', RunRecordInvalid);
export const parseSnapshotRecord = (bytes: Uint8Array): SnapshotRecord =>
  parseRecord(bytes, snapshotRecord, 'snapshot.json', RunRecordInvalid);
