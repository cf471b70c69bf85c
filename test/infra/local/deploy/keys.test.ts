import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decryptKey, readKey, readPrivateKey } from 'openpgp';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ensureRecipientKeys } from '../../../../infra/local/keys.ts';

let directory: string;
beforeAll(() => (directory = mkdtempSync(join(tmpdir(), 'keys-'))));
afterAll(() => rmSync(directory, { recursive: true }));

/** Feature flag of RFC 9580, 5.2.3.32: reads version 2 of the encrypted data packet. */
const SEIPD2 = 0x08;

test.each([
  ['gpg', 0],
  ['rfc9580', SEIPD2],
] as const)(
  'keys of the profile %s are version 4, on the old curve25519, and announce what they read',
  async (profile, announced) => {
    const [first, second] = await ensureRecipientKeys({ count: 2, profile, directory });
    const key = await readKey({ armoredKey: readFileSync(first!.publicPath, 'utf8') });
    expect(key.isPrivate()).toBe(false);
    expect(key.keyPacket.version).toBe(4);
    expect((await key.getEncryptionKey()).getAlgorithmInfo()).toMatchObject({
      algorithm: 'ecdh',
      curve: 'curve25519Legacy',
    });
    expect(((await key.getPrimaryUser()).selfCertification.features?.[0] ?? 0) & SEIPD2).toBe(announced);
    expect(second!.fingerprint).not.toBe(first!.fingerprint);
  },
);

test('the passphrase opens the private key', async () => {
  const [key] = await ensureRecipientKeys({ count: 1, profile: 'gpg', directory });
  const privateKey = await readPrivateKey({ armoredKey: readFileSync(key!.privatePath, 'utf8') });
  expect(privateKey.isDecrypted()).toBe(false);
  const opened = await decryptKey({ privateKey, passphrase: readFileSync(key!.passphrasePath!, 'utf8') });
  expect(opened.getFingerprint().toUpperCase()).toBe(key!.fingerprint);
});

test('a key without passphrase is open', async () => {
  const [key] = await ensureRecipientKeys({ count: 1, profile: 'gpg', directory, passphrase: false });
  expect(key!.passphrasePath).toBeNull();
  expect((await readPrivateKey({ armoredKey: readFileSync(key!.privatePath, 'utf8') })).isDecrypted()).toBe(true);
});

test('keys are made once', async () => {
  const options = { count: 2, profile: 'gpg', directory } as const;
  expect(await ensureRecipientKeys(options)).toEqual(await ensureRecipientKeys(options));
});
