import { parseArchiveId } from '../../archive/archive-id.ts';
import type { ChecksumEntry } from '../../archive/checksums.ts';
import { compositeSha256 } from '../../archive/digest.ts';
import { repositoryPrefix } from '../../archive/keys.ts';
import type { EncryptionProfile } from '../../archive/plan.ts';
import type { VolumeIntent, VolumeReceipt } from '../../archive/volume-records.ts';
import type { ObjectStore, UploadedPart } from '../../ports/object-store.ts';
import type { Log } from '../log.ts';
import { chunk } from '../stages/chunk.ts';
import { type Digest, digest } from '../stages/digest.ts';
import { concurrencyFor, partBytesFor, storeParts } from '../stages/store-parts.ts';
import type { Attempt } from './attempt.ts';
import { commit, settleEarlierAttempts } from './commit.ts';
import { digestEach } from './digest-each.ts';
import { encrypt } from './encrypt.ts';
import { outerTar, outerTarBytes } from './outer-tar.ts';
import { readPlanned } from './planned.ts';
import { prefetch } from './prefetch.ts';
import { progress } from './progress.ts';
import { readStaged } from './read-staged.ts';
import { readRecipients, type Recipients } from './recipients.ts';
import { tar, tarBytes } from './tar.ts';

/** Fewer, larger chunks make hashing and encrypting 1.3 times faster than network buffers of 64 KiB do. */
const streamChunkBytes = 4 * 1024 * 1024;
const provisionalLockMilliseconds = 30 * 24 * 3600 * 1000;

export interface ConsolidateTask {
  readonly staging: ObjectStore;
  readonly archive: ObjectStore;
  readonly archiveId: string;
  /** Number in the plan, from 1. */
  readonly volume: number;
  /** Armoured public keys. */
  readonly recipientKeys: string;
  readonly profile: EncryptionProfile;
  /** Staged objects read at the same time. */
  readonly prefetch: number;
  readonly now: () => Date;
  /** Stops the task; its reason is what the task then throws. */
  readonly signal: AbortSignal;
  readonly log: Log;
}

/**
 * Makes one volume of an archive from the staged objects that the plan lists for it: reads them ahead, writes them into a tar,
 * digests it, wraps it, encrypts it and stores it under lock. What an earlier attempt finished is kept.
 * On an error neither an object nor an upload is left behind. Throws errors of workflow/errors.ts.
 */
export async function consolidate(task: ConsolidateTask): Promise<VolumeReceipt> {
  const recipients = await readRecipients(task.recipientKeys, task.profile, task.now());
  const attempt = await planAttempt(task, recipients);
  const { receipt, deadUploadId } = await settleEarlierAttempts(attempt);
  if (receipt) {
    task.log('INFO', 'An earlier attempt had stored the volume', { key: receipt.key, versionId: receipt.versionId });
    return receipt;
  }
  const { archive, volume, lockUntil } = attempt;
  task.signal.throwIfAborted();
  const uploadId = await archive.startUpload(volume.key, {
    retainUntil: lockUntil,
    contentType: 'application/pgp-encrypted',
  });
  try {
    const intent = await storeVolume(task, attempt, recipients, uploadId);
    task.signal.throwIfAborted();
    return await commit(attempt, intent, deadUploadId);
  } catch (error) {
    await archive.abortUpload(volume.key, uploadId).catch((cause: unknown) => {
      task.log('WARN', 'The upload could not be discarded; the next attempt will', { cause: String(cause) });
    });
    throw error;
  }
}

async function planAttempt(task: ConsolidateTask, recipients: Recipients): Promise<Attempt> {
  const { staging, archive, archiveId, profile } = task;
  const now = task.now();
  const { fingerprints } = recipients;
  const planned = await readPlanned(staging, {
    archiveId,
    volume: task.volume,
    profile,
    recipients: fingerprints,
    now,
  });
  const provisional = Math.min(now.getTime() + provisionalLockMilliseconds, planned.retainUntil.getTime());
  // S3 keeps lock dates to the second; rounded up, so that a short full term is never missed by a fraction.
  const lockUntil = new Date(Math.ceil(provisional / 1000) * 1000);
  return { staging, archive, archiveId, volume: planned.volume, recipients: fingerprints, lockUntil };
}

/** The whole stream, from staged objects to stored parts; answers with all that is known of the volume at its end. */
async function storeVolume(
  task: ConsolidateTask,
  { staging, archive, archiveId, volume, recipients: fingerprints }: Attempt,
  recipients: Recipients,
  uploadId: string,
): Promise<VolumeIntent> {
  const stop = new AbortController();
  const signal = AbortSignal.any([task.signal, stop.signal]);
  const modified = parseArchiveId(archiveId).createdAt;
  const partBytes = partBytesFor(outerTarBytes(volume.objects));
  const checksums: ChecksumEntry[] = [];
  let innerTar: Digest | undefined;
  let ciphertext: Digest | undefined;

  const read = (object: (typeof volume.objects)[number], until: AbortSignal): AsyncIterable<Uint8Array> =>
    readStaged(staging, repositoryPrefix(archiveId), object, until);
  const ahead = prefetch(volume.objects, read, { concurrency: task.prefetch, signal });
  const watched = progress(ahead, volume.objects, task.log);
  const objects = digestEach(watched, (entry) => checksums.push(entry));
  const data = chunk(tar(objects, modified), streamChunkBytes);
  const inner = { stream: data, bytes: tarBytes(volume.objects), objects: () => checksums };
  const plaintext = outerTar(inner, modified, (found) => (innerTar = found));
  const encrypted = encrypt(plaintext, recipients.keys, task.profile);
  const parts = chunk(
    digest(encrypted, (found) => (ciphertext = found)),
    partBytes,
  );

  let stored: UploadedPart[];
  try {
    stored = await storeParts(parts, {
      store: archive,
      key: volume.key,
      uploadId,
      signal,
      concurrency: concurrencyFor(partBytes),
    });
  } finally {
    stop.abort();
  }
  return {
    archiveId,
    volume: volume.number,
    key: volume.key,
    ...ciphertext!,
    tar: innerTar!,
    objects: volume.objects.length,
    objectBytes: volume.objects.reduce((sum, object) => sum + object.bytes, 0),
    recipients: [...fingerprints],
    compositeSha256: compositeSha256(stored.map((part) => part.sha256)),
    uploadId,
    parts: stored,
  };
}
