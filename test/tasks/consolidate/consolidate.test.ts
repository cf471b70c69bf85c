import { describe, expect, test } from 'vitest';
import { intentKey, planKey, receiptKey, repositoryPrefix, volumeKey } from '../../../archive/keys.ts';
import { parsePlan, planBytes } from '../../../archive/plan.ts';
import { parseVolumeIntent, parseVolumeReceipt } from '../../../archive/volume-records.ts';
import { consolidate } from '../../../tasks/consolidate/consolidate.ts';
import { expectSameContents, gpgDecrypt, unpackByHand } from './open-by-hand.ts';
import { archiveId, leftIn, now, publicKey, secretKey, stage } from './staged.ts';

const day = 24 * 3600 * 1000;
const nothing = { objects: [], uploads: [] };

describe('a volume', { timeout: 60_000 }, () => {
  test('opens by hand with gpg, tar and sha256sum, whatever the keys of its objects', async () => {
    const { task, archive, staging, contents } = await stage();
    const receipt = await consolidate(task);
    const ciphertext = await archive.read(volumeKey(archiveId, 1));
    expect(receipt.bytes).toBe(ciphertext.byteLength);
    const plaintext = await gpgDecrypt(ciphertext, secretKey('curve25519'));
    expectSameContents(await unpackByHand(plaintext), contents);
    expectSameContents(await unpackByHand(plaintext, 'C'), contents);
    expect(parseVolumeReceipt(await staging.read(receiptKey(archiveId, 1)))).toEqual(receipt);
    const { versionId, lockedUntil, ...content } = receipt;
    expect(parseVolumeIntent(await staging.read(intentKey(archiveId, 1)))).toMatchObject(content);
    expect(await archive.head(receipt.key)).toMatchObject({
      versionId,
      checksumSha256: receipt.compositeSha256,
      retention: { mode: 'COMPLIANCE', until: new Date(lockedUntil) },
    });
    expect(await leftIn(archive)).toEqual({ objects: [receipt.key], uploads: [] });
  });

  test('of 3,000 small objects holds them all', async () => {
    const many = Object.fromEntries(
      Array.from({ length: 3000 }, (_, index) => [`indices/i${index % 7}/${index}/__${index}`, index % 50]),
    );
    const { task, archive, contents } = await stage({ contents: many });
    const receipt = await consolidate({ ...task, prefetch: 64 });
    expect(receipt.objects).toBe(3000);
    const plaintext = await gpgDecrypt(await archive.read(receipt.key), secretKey('curve25519'));
    expectSameContents(await unpackByHand(plaintext), contents);
  });

  test('of several parts is stored whole', async () => {
    const { task, archive, contents, staging } = await stage({ contents: { big: 40 * 1024 * 1024 + 1, small: 3 } });
    const receipt = await consolidate(task);
    expect(parseVolumeIntent(await staging.read(intentKey(archiveId, 1))).parts).toHaveLength(3);
    const plaintext = await gpgDecrypt(await archive.read(receipt.key), secretKey('curve25519'));
    expectSameContents(await unpackByHand(plaintext), contents);
  });

  test('is locked for 30 days at first, or for the full term when that is shorter', async () => {
    const long = await stage({ contents: { a: 1 } });
    expect((await consolidate(long.task)).lockedUntil).toBe(new Date(now.getTime() + 30 * day).toISOString());
    const retainUntil = new Date(now.getTime() + day);
    const short = await stage({ contents: { a: 1 }, retainUntil });
    expect((await consolidate(short.task)).lockedUntil).toBe(retainUntil.toISOString());
  });
});

describe('staged data that changes', () => {
  const key = `${repositoryPrefix(archiveId)}indices/0/data`;
  const contents = { before: 10, 'indices/0/data': 100_000, after: 10 };

  test.each([
    ['shorter', 99_999],
    ['longer', 100_001],
    ['empty', 0],
  ])('an object that is %s than planned fails the volume and leaves nothing', async (_, bytes) => {
    const { task, staging, archive } = await stage({ contents });
    await staging.put(key, new Uint8Array(bytes));
    await expect(consolidate(task)).rejects.toMatchObject({
      name: 'ObjectLengthChanged',
      message: expect.stringContaining('indices/0/data') as string,
    });
    expect(await leftIn(archive)).toEqual(nothing);
  });

  test('an object that has vanished fails the volume and leaves nothing', async () => {
    const { task, staging, archive } = await stage({ contents });
    await staging.delete([key]);
    await expect(consolidate(task)).rejects.toMatchObject({
      name: 'ObjectVanished',
      message: expect.stringContaining('indices/0/data') as string,
    });
    expect(await leftIn(archive)).toEqual(nothing);
  });
});

describe('a plan that does not fit the task is refused before a byte is read or an upload is opened', () => {
  const untouched = async (change: (plan: ReturnType<typeof parsePlan>) => unknown): Promise<void> => {
    const { task, staging, archive } = await stage({ contents: { a: 1 } });
    const plan = parsePlan(await staging.read(planKey(archiveId)));
    await staging.put(planKey(archiveId), planBytes({ ...plan, ...(change(plan) as object) }));
    const guarded = {
      ...archive,
      startUpload: () => Promise.reject(new Error('an upload was opened')),
    };
    await expect(consolidate({ ...task, archive: guarded })).rejects.toMatchObject({ name: 'RunRecordInvalid' });
  };

  test('another profile', () => untouched(({ encryption }) => ({ encryption: { ...encryption, profile: 'rfc9580' } })));
  test('other recipients', () =>
    untouched(({ encryption }) => ({ encryption: { ...encryption, recipients: ['ABCD'] } })));
  test('another archive', () => untouched(() => ({ archiveId: 'logdata-2026-01-02t02-00-00-ffffff' })));
  test('no such volume', () => untouched(({ volumes }) => ({ volumes: [{ ...volumes[0], number: 2 }] })));
  test('another key', () => untouched(({ volumes }) => ({ volumes: [{ ...volumes[0], key: 'elsewhere' }] })));
  test('a term that is over', () => untouched(() => ({ retainUntil: '2026-01-01T00:00:00.000Z' })));
  test('no plan', async () => {
    const { task, staging } = await stage({ contents: { a: 1 } });
    await staging.delete([planKey(archiveId)]);
    await expect(consolidate(task)).rejects.toMatchObject({ name: 'RunRecordInvalid' });
  });
});

test('a key of a kind that is refused stops the task before it asks the store anything', async () => {
  const { task } = await stage({ contents: { a: 1 } });
  const silent = new Proxy(task.staging, {
    get: () => () => {
      throw new Error('the store was asked');
    },
  });
  const refused = consolidate({ ...task, staging: silent, archive: silent, recipientKeys: publicKey('expired') });
  await expect(refused).rejects.toMatchObject({ name: 'RecipientExpired' });
});

test('told to stop, the task leaves nothing and says why', async () => {
  const { task, archive } = await stage({ contents: { a: 5_000_000, b: 5_000_000 } });
  const stop = new AbortController();
  const reason = new Error('the deck is on fire');
  const get: typeof task.staging.get = (key, options) => {
    if (key.endsWith('b')) stop.abort(reason);
    return task.staging.get(key, options);
  };
  const stopped = consolidate({ ...task, staging: { ...task.staging, get }, prefetch: 1, signal: stop.signal });
  await expect(stopped).rejects.toBe(reason);
  expect(await leftIn(archive)).toEqual(nothing);
});
