import { encryptKey, generateKey, readPrivateKey } from 'openpgp';
import { describe, expect, test } from 'vitest';
import { readDecryptionKey } from '../../../tasks/unpack/private-key.ts';
import { unpack } from '../../../tasks/unpack/unpack.ts';
import { publicKey, secretKey } from '../consolidate/staged.ts';
import { archived, leftBehind, unpacked } from './archived.ts';

const passphrase = 'correct horse battery staple';
const locked = await encryptKey({
  privateKey: await readPrivateKey({ armoredKey: secretKey('curve25519') }),
  passphrase,
}).then((key) => key.armor());

const damaged = secretKey('curve25519').replace(/\n\n(.{30})/, '\n\n$1AAAA');

describe('a private key', () => {
  test.each<[string, string, string | undefined, RegExp]>([
    ['is missing', ' \n', undefined, /is empty/],
    ['is a public key', publicKey('curve25519'), undefined, /A public key is given/],
    [
      'is a public key under the label of a secret one',
      publicKey('curve25519').replaceAll('PUBLIC', 'PRIVATE'),
      undefined,
      /cannot be parsed/,
    ],
    ['is some other text', 'hunter2', undefined, /is not one armoured/],
    ['is two keys', secretKey('curve25519') + secretKey('rsa4096'), undefined, /is not one armoured/],
    ['is damaged', damaged, undefined, /cannot be parsed/],
    ['can only sign', secretKey('sign-only'), undefined, /no secret part that can decrypt/],
    ['is locked, without a passphrase', locked, undefined, /locked by a passphrase, and none/],
    ['is locked, with a wrong passphrase', locked, 'wrong horse', /passphrase does not unlock/],
  ])('that %s is refused by a message of its own, without a secret in it', async (_, armored, given, message) => {
    const error = await readDecryptionKey(armored, given).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ name: 'DecryptionKeyUnusable', message: expect.stringMatching(message) as string });
    const { message: said, stack = '', cause } = error as Error;
    for (const secret of ['hunter2', 'wrong horse', secretKey('curve25519').split('\n')[4]!])
      expect(said + stack).not.toContain(secret);
    expect(cause).toBeUndefined();
  });

  test('that is locked opens with its passphrase, and one that is not ignores it', async () => {
    expect((await readDecryptionKey(locked, passphrase)).isDecrypted()).toBe(true);
    expect((await readDecryptionKey(secretKey('curve25519'), 'not needed')).isDecrypted()).toBe(true);
  });

  test('that has expired still opens what was encrypted before', async () => {
    const date = new Date('2020-01-01T00:00:00Z');
    const { privateKey } = await generateKey({
      userIDs: { name: 'a' },
      date,
      keyExpirationTime: 60,
      format: 'armored',
    });
    expect((await readDecryptionKey(privateKey)).isDecrypted()).toBe(true);
  });
});

describe('a volume', () => {
  test('opens with a locked key and its passphrase, and neither is logged', async () => {
    const { task, restore, contents, logged } = await archived({ privateKey: locked });
    await unpack({ ...task, passphrase });
    expect((await unpacked(restore)).size).toBe(contents.size);
    expect(logged.join()).not.toContain(passphrase);
    expect(logged.join()).not.toContain('PRIVATE KEY');
  });

  test('for somebody else is refused before anything is written', async () => {
    const { task, restore } = await archived({ recipients: ['rsa4096', 'p384'], privateKey: secretKey('curve25519') });
    const puts: string[] = [];
    const put: typeof restore.put = (key, ...rest) => {
      puts.push(key);
      return restore.put(key, ...rest);
    };
    await expect(unpack({ ...task, restore: { ...restore, put } })).rejects.toMatchObject({
      name: 'DecryptionKeyUnusable',
      message: expect.stringMatching(/is not encrypted to the private key [0-9A-F]{40}: its recipients are/) as string,
    });
    expect(puts).toEqual([]);
    expect(await leftBehind(restore)).toEqual([]);
  });

  test.each([' ', publicKey('curve25519'), locked])(
    'asks the store nothing where the key is unusable',
    async (privateKey) => {
      const { task } = await archived();
      const silent = new Proxy(task.restore, {
        get: () => () => {
          throw new Error('the store was asked');
        },
      });
      await expect(unpack({ ...task, privateKey, restore: silent, archive: silent })).rejects.toMatchObject({
        name: 'DecryptionKeyUnusable',
      });
    },
  );
});
