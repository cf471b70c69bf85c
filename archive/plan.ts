import { z } from 'zod';
import { RunRecordInvalid } from '../workflow/errors.ts';
import { canonicalBytes } from './canonical.ts';
import { parseRecord } from './parse-record.ts';

/** Encryption profiles of the archive format (docs/archive-format.md). */
export const encryptionProfile = z.enum(['gpg', 'rfc9580']);
export type EncryptionProfile = z.infer<typeof encryptionProfile>;

/** One staged object: its key relative to the repository prefix, and its length in bytes as listed. */
export const plannedObject = z.strictObject({ key: z.string().min(1), bytes: z.number().int().nonnegative() });
export type PlannedObject = z.infer<typeof plannedObject>;

export const plannedVolume = z.strictObject({
  /** From 1. */
  number: z.number().int().positive(),
  /** Key in the archive bucket. */
  key: z.string(),
  /** Names of the indices that have objects in this volume, sorted. */
  indices: z.array(z.string()),
  /** In the order in which they stand in the tar. */
  objects: z.array(plannedObject),
});
export type PlannedVolume = z.infer<typeof plannedVolume>;

/** `runs/<archive-id>/plan.json`: written once, read ever after. */
export const plan = z.strictObject({
  archiveId: z.string(),
  /** End of the full retention term of every version of this archive. */
  retainUntil: z.iso.datetime(),
  encryption: z.strictObject({
    profile: encryptionProfile,
    /** Fingerprints of the recipients' primary keys, upper-case hex, sorted. */
    recipients: z.array(z.string()).min(1),
  }),
  /** The folder of each index in the repository: `indices/<repositoryId>/`. */
  indices: z.array(z.strictObject({ name: z.string().min(1), repositoryId: z.string().min(1) })).min(1),
  volumes: z.array(plannedVolume).min(1),
});
export type Plan = z.infer<typeof plan>;

export const planBytes = (record: Plan): Uint8Array => canonicalBytes(record);
/** @throws RunRecordInvalid naming the fields that do not fit. */
export const parsePlan = (bytes: Uint8Array): Plan => parseRecord(bytes, plan, 'plan.json', RunRecordInvalid);
