import { describe, expect, test } from 'vitest';
import { volumeKey } from '../../../archive/keys.ts';
import { type EncryptionProfile } from '../../../archive/plan.ts';
import { decrypt } from '../../../tasks/unpack/decrypt.ts';
import { readDecryptionKey } from '../../../tasks/unpack/private-key.ts';
import { unpack } from '../../../tasks/unpack/unpack.ts';
import { secretKey, type TestKey } from '../consolidate/staged.ts';
import { archived, archiveId, leftBehind, repository, unpacked } from './archived.ts';
import { collected, inPieces } from './sealed.ts';

const key = volumeKey(archiveId, 1);

/** Deterministic numbers from 0 to below `limit`: mulberry32. */
function seeded(seed: number): (limit: number) => number {
  let state = seed;
  return (limit) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % limit;
  };
}

describe.each<[EncryptionProfile, TestKey]>([
  ['gpg', 'curve25519'],
  ['rfc9580', 'v6-x25519'],
])('a volume of profile %s', (profile, recipient) => {
  test('with one flipped bit, at any of 200 places, is refused and leaves nothing', { timeout: 120_000 }, async () => {
    const { task, archive, restore } = await archived({ profile, recipients: [recipient] });
    const whole = await archive.read(key);
    const random = seeded(0x5eed);
    // The beginning has the packets' headers; most places are anywhere.
    for (let round = 0; round < 200; round += 1) {
      const at = round < 40 ? round * 4 : random(whole.byteLength);
      const altered = Uint8Array.from(whole);
      altered[at]! ^= 1 << random(8);
      archive.overwrite(key, altered);
      const error = await unpack(task).catch((reason: unknown) => reason);
      expect(error, `flipped at ${at}`).toMatchObject({
        name: 'VolumeCorrupt',
        message: expect.stringContaining(`The ciphertext of ${key} has`) as string,
      });
      expect(await leftBehind(restore), `flipped at ${at}`).toEqual([]);
    }
    archive.overwrite(key, whole);
    await unpack(task);
    expect((await unpacked(restore)).size).toBe(Object.keys(repository).length);
  });

  test('that was altered or cut off never decrypts to its end', { timeout: 120_000 }, async () => {
    const { archive } = await archived({ profile, recipients: [recipient] });
    const whole = await archive.read(key);
    const secret = await readDecryptionKey(secretKey(recipient));
    const outcome = async (bytes: Uint8Array): Promise<unknown> =>
      await collected(decrypt(inPieces(bytes, 1000), secret, profile)).catch((error: unknown) => error);
    const refused = { name: expect.stringMatching(/^(VolumeCorrupt|DecryptionKeyUnusable)$/) as string };
    const plaintext = (await outcome(whole)) as Buffer;
    const random = seeded(7);
    for (let round = 0; round < 400; round += 1) {
      const at = round < 250 ? round : random(whole.byteLength);
      const altered = Uint8Array.from(whole);
      altered[at]! ^= 1 << random(8);
      const flipped = await outcome(altered);
      // A few bits of an encrypted session key mean nothing: without them, it opens the same message.
      if (flipped instanceof Error) expect(flipped, `flipped at ${at}`).toMatchObject(refused);
      else expect([at < 250, plaintext.equals(flipped as Buffer)], `flipped at ${at}`).toEqual([true, true]);
      expect(await outcome(whole.subarray(0, at)), `cut off at ${at}`).toMatchObject(refused);
    }
    expect(await outcome(Buffer.concat([whole, Buffer.from([0xca, 0x03, 0x50, 0x47, 0x50])]))).toMatchObject(refused);
  });
});

test('a truncated volume is refused by its length, before anything is written', async () => {
  const { task, archive, restore } = await archived();
  const whole = await archive.read(key);
  for (const bytes of [0, 1, 100, whole.byteLength - 1]) {
    archive.overwrite(key, whole.subarray(0, bytes));
    const refused = { name: 'VolumeCorrupt', message: expect.stringContaining(`has ${bytes} bytes where`) as string };
    await expect(unpack(task)).rejects.toMatchObject(refused);
    expect(await leftBehind(restore)).toEqual([]);
  }
});

test('a volume in the place of another one of the same length is refused', async () => {
  const one = await archived();
  const other = await archived();
  one.archive.overwrite(key, await other.archive.read(key));
  await expect(unpack(one.task)).rejects.toMatchObject({
    name: 'VolumeCorrupt',
    message: expect.stringContaining('where the signed manifest says') as string,
  });
  expect(await leftBehind(one.restore)).toEqual([]);
});

test('a newer version over the sealed one is not read', async () => {
  const { task, archive, restore, contents } = await archived();
  await archive.put(key, new Uint8Array(10));
  await unpack(task);
  expect((await unpacked(restore)).size).toBe(contents.size);
});

test('a version that is gone, and one that is frozen, are named', async () => {
  const gone = await archived();
  const missing = { ...gone.archive, get: () => gone.archive.get('nowhere') };
  await expect(unpack({ ...gone.task, archive: missing })).rejects.toMatchObject({ name: 'VolumeNotAsSealed' });
  const frozen = await archived();
  frozen.archive.freeze(key);
  await expect(unpack(frozen.task)).rejects.toMatchObject({ name: 'ObjectFrozen' });
  expect(await leftBehind(frozen.restore)).toEqual([]);
});
