import { intentKey, receiptKey } from '../../archive/keys.ts';
import {
  parseVolumeIntent,
  parseVolumeReceipt,
  type VolumeIntent,
  type VolumeReceipt,
} from '../../archive/volume-records.ts';
import type { PlannedVolume } from '../../archive/plan.ts';
import type { ObjectFacts, ObjectStore } from '../../ports/object-store.ts';
import { ObjectMissing, RunRecordInvalid } from '../../workflow/errors.ts';

/** One try at one volume: where it reads, where it writes, and until when its object is locked at first. */
export interface Attempt {
  readonly staging: ObjectStore;
  readonly archive: ObjectStore;
  readonly archiveId: string;
  readonly volume: PlannedVolume;
  readonly recipients: readonly string[];
  /** End of the provisional lock. */
  readonly lockUntil: Date;
}

/** Length and composite checksum are S3's own: an object that has both has every byte. */
export const fits = (stored: ObjectFacts, record: VolumeIntent | VolumeReceipt): boolean =>
  stored.bytes === record.bytes && stored.checksumSha256 === record.compositeSha256;

export async function readIntent(attempt: Attempt): Promise<VolumeIntent | undefined> {
  const key = intentKey(attempt.archiveId, attempt.volume.number);
  const bytes = await readOptional(attempt.staging, key);
  return bytes && requireSameVolume(attempt, key, parseVolumeIntent(bytes));
}

export async function readReceipt(attempt: Attempt): Promise<VolumeReceipt | undefined> {
  const key = receiptKey(attempt.archiveId, attempt.volume.number);
  const bytes = await readOptional(attempt.staging, key);
  return bytes && requireSameVolume(attempt, key, parseVolumeReceipt(bytes));
}

async function readOptional(store: ObjectStore, key: string): Promise<Uint8Array | undefined> {
  try {
    return await store.read(key);
  } catch (error) {
    if (error instanceof ObjectMissing) return undefined;
    throw error;
  }
}

function requireSameVolume<R extends VolumeIntent | VolumeReceipt>(attempt: Attempt, key: string, record: R): R {
  const { archiveId, volume, recipients } = attempt;
  const sameVolume = record.archiveId === archiveId && record.volume === volume.number && record.key === volume.key;
  const sameContent =
    record.objects === volume.objects.length &&
    record.objectBytes === volume.objects.reduce((sum, { bytes }) => sum + bytes, 0) &&
    record.recipients.join() === recipients.join();
  if (!sameVolume || !sameContent)
    throw new RunRecordInvalid(`${key} does not fit the plan of volume ${volume.number}.`);
  return record;
}
