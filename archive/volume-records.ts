import { z } from 'zod';
import { RunRecordInvalid } from '../workflow/errors.ts';
import { canonicalBytes } from './canonical.ts';
import { parseRecord } from './parse-record.ts';

const sha256Hex = z.string().regex(/^[0-9a-f]{64}$/);
const bytes = z.number().int().nonnegative();

/** What a volume holds, known once its stream has ended. Digests are hex, lengths are bytes. */
const volumeContent = {
  archiveId: z.string(),
  volume: z.number().int().positive(),
  key: z.string(),
  /** The ciphertext. */
  bytes,
  sha256: sha256Hex,
  /** `data.tar` inside. */
  tar: z.strictObject({ bytes, sha256: sha256Hex }),
  objects: z.number().int().nonnegative(),
  /** Sum of the objects' lengths. */
  objectBytes: bytes,
  /** Fingerprints of the recipients it was encrypted to, sorted. */
  recipients: z.array(z.string()).min(1),
  /** S3's checksum of the whole object: base64(SHA-256 of the concatenated part digests)-N. */
  compositeSha256: z.string().regex(/^[A-Za-z0-9+/]{43}=-\d+$/),
};

/**
 * `volume-N.intent.json`: written after the last part and before the multipart upload is completed, so that a task
 * that dies in between can be followed by one that knows what it must find at the key.
 */
export const volumeIntent = z.strictObject({
  ...volumeContent,
  uploadId: z.string(),
  parts: z.array(z.strictObject({ number: z.number().int().positive(), etag: z.string(), sha256: z.string() })).min(1),
});
export type VolumeIntent = z.infer<typeof volumeIntent>;

/** `volume-N.receipt.json`: the volume is stored. */
export const volumeReceipt = z.strictObject({
  ...volumeContent,
  versionId: z.string(),
  /** End of the provisional lock that the upload carried. */
  lockedUntil: z.iso.datetime(),
});
export type VolumeReceipt = z.infer<typeof volumeReceipt>;

/** `volume-N.failure.json`: why the last attempt at the volume failed. Removed by the attempt that succeeds. */
export const volumeFailure = z.strictObject({
  archiveId: z.string(),
  volume: z.number().int().positive(),
  error: z.string(),
  message: z.string(),
  at: z.iso.datetime(),
});
export type VolumeFailure = z.infer<typeof volumeFailure>;

export const volumeIntentBytes = (record: VolumeIntent): Uint8Array => canonicalBytes(record);
export const volumeReceiptBytes = (record: VolumeReceipt): Uint8Array => canonicalBytes(record);
export const volumeFailureBytes = (record: VolumeFailure): Uint8Array => canonicalBytes(record);

/** @throws RunRecordInvalid naming the fields that do not fit; so do the two below. */
export const parseVolumeIntent = (bytes: Uint8Array): VolumeIntent =>
  parseRecord(bytes, volumeIntent, 'volume intent', RunRecordInvalid);
export const parseVolumeReceipt = (bytes: Uint8Array): VolumeReceipt =>
  parseRecord(bytes, volumeReceipt, 'volume receipt', RunRecordInvalid);
export const parseVolumeFailure = (bytes: Uint8Array): VolumeFailure =>
  parseRecord(bytes, volumeFailure, 'volume failure record', RunRecordInvalid);
