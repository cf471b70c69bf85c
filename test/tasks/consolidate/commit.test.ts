import { describe, expect, test } from 'vitest';
import { intentKey, receiptKey, volumeKey } from '../../../archive/keys.ts';
import { parseVolumeIntent, parseVolumeReceipt, volumeIntentBytes } from '../../../archive/volume-records.ts';
import type { ObjectStore } from '../../../ports/object-store.ts';
import { consolidate } from '../../../tasks/consolidate/consolidate.ts';
import { StoreUnavailable } from '../../../workflow/errors.ts';
import { archiveId, leftIn, now, stage, type Staged } from './staged.ts';

const key = volumeKey(archiveId, 1);
const intentAt = intentKey(archiveId, 1);
const receiptAt = receiptKey(archiveId, 1);
const contents = { a: 10, b: 20 };

/** A store in which one call fails, once, instead of being made. */
function failingOnce(store: ObjectStore, method: keyof ObjectStore, when: (key: string) => boolean): ObjectStore {
  let failed = false;
  const original = (...args: unknown[]): unknown => (store[method] as (...args: unknown[]) => unknown)(...args);
  const faulty = (...args: unknown[]): unknown => {
    if (failed || !when(String(args[0]))) return original(...args);
    failed = true;
    return Promise.reject(new StoreUnavailable(`${method} failed`));
  };
  return { ...store, [method]: faulty };
}

async function expectOneVolume({ staging, archive }: Staged): Promise<void> {
  expect(await leftIn(archive)).toEqual({ objects: [key], uploads: [] });
  expect(await Array.fromAsync(archive.listVersions(''))).toHaveLength(1);
  const receipt = parseVolumeReceipt(await staging.read(receiptAt));
  expect(await archive.head(key)).toMatchObject({
    versionId: receipt.versionId,
    checksumSha256: receipt.compositeSha256,
  });
}

describe('a storage failure leaves neither object nor upload, and the next attempt succeeds', () => {
  test.each<[string, 'staging' | 'archive', keyof ObjectStore, string]>([
    ['opening the upload', 'archive', 'startUpload', key],
    ['sending a part', 'archive', 'uploadPart', key],
    ['writing the intent', 'staging', 'put', intentAt],
    ['completing the upload', 'archive', 'completeUpload', key],
  ])('%s', async (_, where, method, at) => {
    const staged = await stage({ contents });
    const store = failingOnce(staged[where], method, (asked) => asked === at);
    await expect(consolidate({ ...staged.task, [where]: store })).rejects.toMatchObject({ name: 'StoreUnavailable' });
    expect(await leftIn(staged.archive)).toEqual({ objects: [], uploads: [] });
    await consolidate(staged.task);
    await expectOneVolume(staged);
  });

  test('discarding the upload as well: the error stays the first one, and the next attempt discards it', async () => {
    const staged = await stage({ contents });
    const archive = failingOnce(
      failingOnce(staged.archive, 'uploadPart', () => true),
      'abortUpload',
      () => true,
    );
    await expect(consolidate({ ...staged.task, archive })).rejects.toMatchObject({ message: 'uploadPart failed' });
    expect((await leftIn(staged.archive)).uploads).toEqual([key]);
    await consolidate(staged.task);
    await expectOneVolume(staged);
  });
});

describe('the next attempt', () => {
  test('writes the receipt of an object that fits the intent', async () => {
    const staged = await stage({ contents });
    const first = await consolidate(staged.task);
    await staged.staging.delete([receiptAt]);
    expect(await consolidate(staged.task)).toEqual(first);
    await expectOneVolume(staged);
  });

  test('locks such an object again when it may not see the lock', async () => {
    const staged = await stage({ contents });
    await consolidate(staged.task);
    await staged.staging.delete([receiptAt]);
    const head: ObjectStore['head'] = async (...args) => {
      const facts = await staged.archive.head(...args);
      return (
        facts && {
          key,
          bytes: facts.bytes,
          versionId: facts.versionId!,
          checksumSha256: facts.checksumSha256!,
          storageClass: 'STANDARD',
          access: 'ready',
        }
      );
    };
    const later = new Date(now.getTime() + 3_600_000);
    const receipt = await consolidate({ ...staged.task, archive: { ...staged.archive, head }, now: () => later });
    expect((await staged.archive.head(key))?.retention?.until.toISOString()).toBe(receipt.lockedUntil);
    expect(new Date(receipt.lockedUntil).getTime()).toBe(later.getTime() + 30 * 24 * 3_600_000);
  });

  test('starts over when the upload of the intent is gone, and other uploads with it', async () => {
    const staged = await stage({ contents });
    const intent = { ...parseVolumeIntent(await intentOfAnother(staged)), uploadId: 'gone' };
    await staged.staging.put(intentAt, volumeIntentBytes(intent));
    await staged.archive.startUpload(key);
    await staged.archive.startUpload(`${key}.other`);
    const receipt = await consolidate(staged.task);
    expect(receipt.sha256).not.toBe(intent.sha256);
    expect(await leftIn(staged.archive)).toEqual({ objects: [key], uploads: [`${key}.other`] });
    expect(parseVolumeIntent(await staged.staging.read(intentAt)).sha256).toBe(receipt.sha256);
  });

  test.each([
    ['no record', false],
    ['the intent of another', true],
  ])('stops at a foreign object with %s, and leaves it alone', async (_, withIntent) => {
    const staged = await stage({ contents });
    if (withIntent) await staged.staging.put(intentAt, await intentOfAnother(staged));
    await staged.archive.put(key, new Uint8Array(3));
    // Before anything is uploaded in vain.
    const startUpload = (): Promise<string> => Promise.reject(new Error('an upload was opened'));
    const archive = { ...staged.archive, startUpload };
    await expect(consolidate({ ...staged.task, archive })).rejects.toMatchObject({ name: 'VolumeConflict' });
    expect(await staged.archive.read(key)).toHaveLength(3);
  });

  test('stops at records that do not fit the plan', async () => {
    const staged = await stage({ contents });
    const intent = parseVolumeIntent(await intentOfAnother(staged));
    await staged.staging.put(intentAt, volumeIntentBytes({ ...intent, objects: 3 }));
    await expect(consolidate(staged.task)).rejects.toMatchObject({ name: 'RunRecordInvalid' });
    await staged.staging.put(intentAt, new TextEncoder().encode('{'));
    await expect(consolidate(staged.task)).rejects.toMatchObject({ name: 'RunRecordInvalid' });
  });
});

/** A well-formed intent for the same volume, from a run over other stores. */
async function intentOfAnother(staged: Staged): Promise<Uint8Array> {
  const archive = (await stage({ contents })).archive;
  const before = await staged.staging.list(intentAt)[Symbol.asyncIterator]().next();
  expect(before.done).toBe(true);
  await consolidate({ ...staged.task, archive });
  const intent = await staged.staging.read(intentAt);
  await staged.staging.delete([intentAt, receiptAt]);
  return intent;
}

describe('two attempts at once', () => {
  test('end with one volume, on which both agree or one gives way', async () => {
    for (let round = 0; round < 10; round += 1) {
      const staged = await stage({ contents });
      const outcomes = await Promise.allSettled([consolidate(staged.task), consolidate(staged.task)]);
      const receipts = outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []));
      expect(receipts.length).toBeGreaterThan(0);
      for (const outcome of outcomes)
        if (outcome.status === 'rejected') expect(outcome.reason).toMatchObject({ name: 'TaskInterrupted' });
      for (const receipt of receipts) expect(receipt).toEqual(receipts[0]);
      await expectOneVolume(staged);
    }
  });

  test('the one that comes second to the intent takes the first one’s volume', async () => {
    const staged = await stage({ contents });
    let raced = false;
    const put: ObjectStore['put'] = async (at, ...rest) => {
      if (at === intentAt && !raced) {
        raced = true;
        await consolidate({ ...staged.task, archive: { ...staged.archive, listUploads: () => none() } });
      }
      return await staged.staging.put(at, ...rest);
    };
    const receipt = await consolidate({ ...staged.task, staging: { ...staged.staging, put } });
    expect(receipt).toEqual(parseVolumeReceipt(await staged.staging.read(receiptAt)));
    await expectOneVolume(staged);
  });
  // eslint-disable-next-line @typescript-eslint/require-await -- an empty stream
  async function* none(): AsyncIterable<never> {
    yield* [];
  }
});
