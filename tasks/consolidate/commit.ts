import { intentKey, receiptKey } from '../../archive/keys.ts';
import {
  type VolumeIntent,
  volumeIntentBytes,
  type VolumeReceipt,
  volumeReceiptBytes,
} from '../../archive/volume-records.ts';
import type { ObjectFacts } from '../../ports/object-store.ts';
import {
  ObjectExists,
  ObjectMissing,
  StoreAnswerUnknown,
  TaskInterrupted,
  VolumeConflict,
} from '../../workflow/errors.ts';
import { type Attempt, fits, readIntent, readReceipt } from './attempt.ts';

export interface Settled {
  /** Present when an earlier attempt's work was enough: the volume is done. */
  readonly receipt?: VolumeReceipt;
  /** Upload id of an intent that came to nothing and may be written over. */
  readonly deadUploadId?: string;
}

/**
 * Makes the best of what earlier attempts left: a receipt that fits the object ends the matter; an object that fits the intent
 * gets its receipt; an upload that an intent describes is completed. Else every upload left at the key is discarded.
 * @throws VolumeConflict when an object stands at the key that neither record explains.
 */
export async function settleEarlierAttempts(attempt: Attempt): Promise<Settled> {
  const { archive, volume } = attempt;
  const receipt = await readReceipt(attempt);
  const intent = await readIntent(attempt);
  const stored = await archive.head(volume.key);
  if (stored && receipt && fits(stored, receipt) && stored.versionId === receipt.versionId) return { receipt };
  if (stored && intent && fits(stored, intent)) return { receipt: await writeReceipt(attempt, intent, stored) };
  if (stored) throw conflict(attempt);
  if (intent) {
    try {
      return { receipt: await completeAndReceipt(attempt, intent) };
    } catch (error) {
      if (!(error instanceof ObjectMissing)) throw error;
    }
  }
  for await (const upload of archive.listUploads(volume.key))
    if (upload.key === volume.key) await archive.abortUpload(upload.key, upload.uploadId);
  return intent ? { deadUploadId: intent.uploadId } : {};
}

/**
 * Publishes a finished upload. The intent is written first: it tells an attempt that comes after a crash what it must find at
 * the key, since ciphertext is never made twice the same, and a locked object can be neither replaced nor deleted.
 * @param deadUploadId an intent with this upload id is written over.
 */
export async function commit(attempt: Attempt, intent: VolumeIntent, deadUploadId?: string): Promise<VolumeReceipt> {
  const { staging, archive, archiveId, volume } = attempt;
  const key = intentKey(archiveId, volume.number);
  try {
    await staging.put(key, volumeIntentBytes(intent), { ifAbsent: true, contentType: 'application/json' });
  } catch (error) {
    if (!(error instanceof ObjectExists)) throw error;
    const other = await readIntent(attempt);
    if (other?.uploadId === deadUploadId) await staging.put(key, volumeIntentBytes(intent));
    else if (other?.uploadId !== intent.uploadId) {
      // Another attempt at this volume is running, and was first: it is as good as this one.
      await archive.abortUpload(volume.key, intent.uploadId);
      const { receipt } = await settleEarlierAttempts(attempt);
      if (receipt) return receipt;
      throw new TaskInterrupted(`Another attempt at volume ${volume.number} came first and did not end.`);
    }
  }
  return await completeAndReceipt(attempt, intent);
}

async function completeAndReceipt(attempt: Attempt, intent: VolumeIntent): Promise<VolumeReceipt> {
  const { archive, volume } = attempt;
  let failure: unknown;
  try {
    await archive.completeUpload(volume.key, intent.uploadId, intent.parts);
  } catch (error) {
    failure = error;
  }
  // What stands at the key decides, not the answer: a completion that succeeded and was repeated, by the client's own retry or
  // by another attempt, is answered with a refusal.
  const stored = await archive.head(volume.key);
  if (stored && fits(stored, intent)) return await writeReceipt(attempt, intent, stored);
  if (stored) throw conflict(attempt, failure);
  throw failure instanceof Error
    ? failure
    : new StoreAnswerUnknown(`${volume.key} was completed, yet there is no object.`);
}

async function writeReceipt(attempt: Attempt, intent: VolumeIntent, stored: ObjectFacts): Promise<VolumeReceipt> {
  const { staging, archive, archiveId, volume } = attempt;
  if (stored.versionId === undefined)
    throw new StoreAnswerUnknown(`${volume.key} has no version id: its bucket must be versioned, with Object Lock.`);
  let lockedUntil = stored.retention?.until;
  if (!lockedUntil) {
    // Not shown to who may not read it; setting it again only ever lengthens it.
    await archive.retain(volume.key, stored.versionId, attempt.lockUntil);
    lockedUntil = attempt.lockUntil;
  }
  const { key, bytes, sha256, tar, objects, objectBytes, recipients, compositeSha256 } = intent;
  const receipt: VolumeReceipt = {
    archiveId,
    volume: volume.number,
    key,
    bytes,
    sha256,
    tar,
    objects,
    objectBytes,
    recipients,
    compositeSha256,
    versionId: stored.versionId,
    lockedUntil: lockedUntil.toISOString(),
  };
  await staging.put(receiptKey(archiveId, volume.number), volumeReceiptBytes(receipt), {
    contentType: 'application/json',
  });
  return receipt;
}

const conflict = ({ volume }: Attempt, cause?: unknown): VolumeConflict =>
  new VolumeConflict(`An object stands at ${volume.key} that neither its intent nor its receipt explains.`, { cause });
