import { describe, expect, test } from 'vitest';
import { unpackReceiptKey } from '../../../archive/keys.ts';
import type { EncryptionProfile } from '../../../archive/plan.ts';
import { parseUnpackReceipt } from '../../../archive/restore-records.ts';
import { unpack } from '../../../tasks/unpack/unpack.ts';
import { expectSameContents } from '../consolidate/open-by-hand.ts';
import { secretKey, type TestKey } from '../consolidate/staged.ts';
import { archived, archiveId, repository, restoreId, unpacked } from './archived.ts';

const only = (contents: ReadonlyMap<string, Uint8Array>, keep: (path: string) => boolean): Map<string, Uint8Array> =>
  new Map([...contents].filter(([path]) => keep(path)));

describe('a volume that the consolidate task made', () => {
  test.each<[EncryptionProfile, TestKey[]]>([
    ['gpg', ['curve25519']],
    ['gpg', ['rsa4096', 'p384', 'curve25519']],
    ['rfc9580', ['v6-x25519', 'v4-seipd2']],
  ])('comes back byte by byte (profile %s, recipients %j, each key alone)', async (profile, recipients) => {
    for (const recipient of recipients) {
      const { task, restore, contents } = await archived({ profile, recipients, privateKey: secretKey(recipient) });
      const receipt = await unpack(task);
      expectSameContents(await unpacked(restore), contents);
      expect(receipt).toEqual({
        restoreId,
        archiveId,
        volume: 1,
        objects: contents.size,
        bytes: [...contents.values()].reduce((sum, { byteLength }) => sum + byteLength, 0),
        checkedObjects: contents.size,
      });
      expect(parseUnpackReceipt(await restore.read(unpackReceiptKey(restoreId, archiveId, 1)))).toEqual(receipt);
    }
  });

  test('gives only the root metadata and the asked indices, and checks the others', async () => {
    const { task, restore, contents } = await archived({ wanted: ['xyz'] });
    const receipt = await unpack(task);
    const wanted = only(contents, (path) => !path.startsWith('indices/AbC_-1/'));
    expectSameContents(await unpacked(restore), wanted);
    expect(receipt).toMatchObject({ objects: wanted.size, checkedObjects: contents.size });
  });

  test('of 3,000 small objects gives them all', async () => {
    const many = Object.fromEntries(
      Array.from({ length: 3000 }, (_, index) => [`indices/xyz/${index % 7}/__${index}`, index % 50]),
    );
    const { task, restore, contents } = await archived({ contents: many });
    expect(await unpack(task)).toMatchObject({ objects: 3000, checkedObjects: 3000 });
    expectSameContents(await unpacked(restore), contents);
  });

  test('with long and foreign names gives them unchanged', async () => {
    const contents = {
      ...repository,
      [`indices/xyz/${'n'.repeat(98)}/${Array.from({ length: 8 }, (_, level) => String(level).repeat(98)).join('/')}`]: 900,
      'indices/xyz/ünïcödé/日本語/🧊': 513,
      'indices/xyz/with space/per%20cent+plus': 3,
    };
    const { task, restore, contents: wanted } = await archived({ contents });
    await unpack(task);
    expectSameContents(await unpacked(restore), wanted);
  });

  test('with objects of several parts stores them whole', async () => {
    const { task, restore, contents } = await archived({
      contents: { 'index-0': 5, 'indices/xyz/0/__big': 40 * 1024 * 1024 + 1, 'indices/xyz/0/__eight': 8 * 1024 * 1024 },
    });
    await unpack(task);
    expectSameContents(await unpacked(restore), contents);
  });
});
