import { restoredRepositoryPrefix, unpackReceiptKey } from '../../archive/keys.ts';
import { parseUnpackReceipt, type UnpackReceipt } from '../../archive/restore-records.ts';
import type { ObjectStore } from '../../ports/object-store.ts';
import { ObjectMissing } from '../../workflow/errors.ts';
import { readJournal, type Written, type WrittenObject } from './journal.ts';
import type { UnpackWork } from './planned.ts';

/**
 * The receipt of an earlier attempt, when all that it wrote is still there in its length. Else everything that earlier attempts
 * left is removed, and the answer is undefined.
 */
export async function settleEarlierAttempts(
  restore: ObjectStore,
  work: UnpackWork,
): Promise<UnpackReceipt | undefined> {
  const receipt = await readReceipt(restore, work);
  const written = await readJournal(restore, work);
  if (receipt && (await areThere(restore, work, receipt, written.objects))) return receipt;
  await discardWritten(restore, work, written);
  return undefined;
}

/** Removes the receipt, every object that the journal names, its unfinished uploads, and last the journal itself. */
export async function discardWritten(restore: ObjectStore, work: UnpackWork, written: Written): Promise<void> {
  const prefix = prefixOf(work);
  const objects = new Set(written.objects.map(({ path }) => prefix + path));
  await restore.delete([receiptKeyOf(work)]);
  for await (const { key, uploadId } of restore.listUploads(prefix))
    if (objects.has(key)) await restore.abortUpload(key, uploadId);
  await restore.delete([...objects]);
  await restore.delete(written.keys);
}

const receiptKeyOf = ({ restoreId, archiveId, volume }: UnpackWork): string =>
  unpackReceiptKey(restoreId, archiveId, volume);
const prefixOf = ({ restoreId, archiveId }: UnpackWork): string => restoredRepositoryPrefix(restoreId, archiveId);

async function readReceipt(restore: ObjectStore, work: UnpackWork): Promise<UnpackReceipt | undefined> {
  let bytes: Uint8Array;
  try {
    bytes = await restore.read(receiptKeyOf(work));
  } catch (error) {
    if (error instanceof ObjectMissing) return undefined;
    throw error;
  }
  return parseUnpackReceipt(bytes);
}

async function areThere(
  restore: ObjectStore,
  work: UnpackWork,
  receipt: UnpackReceipt,
  objects: readonly WrittenObject[],
): Promise<boolean> {
  const sameWork =
    receipt.restoreId === work.restoreId && receipt.archiveId === work.archiveId && receipt.volume === work.volume;
  const bytes = objects.reduce((sum, object) => sum + object.bytes, 0);
  if (!sameWork || receipt.objects !== objects.length || receipt.bytes !== bytes) return false;
  const missing = new Map(objects.map(({ path, bytes: length }) => [prefixOf(work) + path, length]));
  for await (const { key, bytes: length } of restore.list(prefixOf(work)))
    if (missing.get(key) === length) missing.delete(key);
  return missing.size === 0;
}
