import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import fc from 'fast-check';
import { decrypt, enums, type PacketList, readMessage, readPrivateKey } from 'openpgp';
import { beforeAll, describe, expect, test } from 'vitest';
import { installPython } from '../../../infra/local/servers/install/python.ts';
import { consolidate } from '../../../tasks/consolidate/consolidate.ts';
import { encrypt } from '../../../tasks/consolidate/encrypt.ts';
import { readRecipients } from '../../../tasks/consolidate/recipients.ts';
import { expectSameContents, gpgDecrypt, inTemporaryDirectory, unpackByHand } from './open-by-hand.ts';
import { now, publicKey, secretKey, stage, type TestKey } from './staged.ts';

type Profile = 'gpg' | 'rfc9580';

let python: string;
beforeAll(async () => {
  python = await installPython();
}, 300_000);

/** Decrypts with Sequoia, through its Python binding (PyPI pysequoia). */
async function sequoiaDecrypt(ciphertext: Uint8Array, secret: string): Promise<Buffer> {
  return await inTemporaryDirectory(async (directory) => {
    await writeFile(join(directory, 'secret.asc'), secret);
    await writeFile(join(directory, 'volume.tar.pgp'), ciphertext);
    const script = [
      'from pysequoia import Cert, decrypt',
      'key = Cert.from_file("secret.asc").secrets.decryptor()',
      'plain = decrypt(decryptor=key, bytes=open("volume.tar.pgp", "rb").read())',
      'open("volume.tar", "wb").write(plain.bytes)',
    ].join('\n');
    await promisify(execFile)(python, ['-c', script], { cwd: directory });
    return await readFile(join(directory, 'volume.tar'));
  });
}

const openers = { gpg: gpgDecrypt, pysequoia: sequoiaDecrypt };

describe('a volume', { timeout: 60_000 }, () => {
  test.each<[TestKey, Profile, keyof typeof openers]>([
    ['rsa4096', 'gpg', 'gpg'],
    ['curve25519', 'gpg', 'gpg'],
    ['p384', 'gpg', 'gpg'],
    ['v4-seipd2', 'gpg', 'gpg'],
    ['rsa4096', 'gpg', 'pysequoia'],
    ['v6-x25519', 'rfc9580', 'pysequoia'],
    ['v4-seipd2', 'rfc9580', 'pysequoia'],
  ])('for %s in profile %s opens with %s', async (name, profile, opener) => {
    const staged = await stage({ recipients: [name], profile });
    const { key } = await consolidate(staged.task);
    const plaintext = await openers[opener](await staged.archive.read(key), secretKey(name));
    expectSameContents(await unpackByHand(plaintext), staged.contents);
  });

  test('for three recipients opens with each key alone', async () => {
    const names: TestKey[] = ['rsa4096', 'curve25519', 'p384'];
    const staged = await stage({ contents: { a: 1000 }, recipients: names });
    const { key, recipients } = await consolidate(staged.task);
    expect(recipients).toHaveLength(3);
    const ciphertext = await staged.archive.read(key);
    for (const name of names)
      expectSameContents(await unpackByHand(await gpgDecrypt(ciphertext, secretKey(name))), staged.contents);
  });

  test('that was altered is refused by gpg', async () => {
    const staged = await stage({ contents: { a: 1000 } });
    const { key } = await consolidate(staged.task);
    const ciphertext = Buffer.from(await staged.archive.read(key));
    ciphertext[ciphertext.length - 700]! ^= 1;
    await expect(gpgDecrypt(ciphertext, secretKey('curve25519'))).rejects.toThrow();
  });
});

async function* sourceOf(content: Uint8Array): AsyncIterable<Uint8Array> {
  await Promise.resolve();
  if (content.byteLength > 0) yield content;
}

async function decrypted(ciphertext: Uint8Array, name: TestKey): Promise<Uint8Array> {
  const decryptionKeys = await readPrivateKey({ armoredKey: secretKey(name) });
  const message = await readMessage({ binaryMessage: ciphertext });
  const opened: { data: unknown } = await decrypt({ message, decryptionKeys, format: 'binary' });
  return opened.data as Uint8Array;
}

async function encrypted(content: Uint8Array, names: readonly TestKey[], profile: Profile): Promise<Buffer> {
  const { keys } = await readRecipients(names.map(publicKey).join(''), profile, now);
  return Buffer.concat(await Array.fromAsync(encrypt(sourceOf(content), keys, profile)));
}

describe('the packets', () => {
  /** Tag and version of each packet of a message: RFC 9580, 5. */
  const packetsOf = async (ciphertext: Uint8Array): Promise<[number, number | undefined][]> => {
    const message = await readMessage({ binaryMessage: ciphertext });
    const packets: object[] = [...(message.packets as PacketList<never>)];
    return packets.map((packet) => [tagOf(packet), (packet as { version?: number }).version]);
  };
  const tagOf = (packet: object): number => (packet.constructor as unknown as { tag: number }).tag;
  const sessionKey = enums.packet.publicKeyEncryptedSessionKey;
  const protectedData = enums.packet.symEncryptedIntegrityProtectedData;

  test.each<[TestKey[], Profile, number, number]>([
    [['rsa4096'], 'gpg', 3, 1],
    [['curve25519', 'p384'], 'gpg', 3, 1],
    // A recipient that announces SEIPD version 2 does not get it in this profile.
    [['v4-seipd2'], 'gpg', 3, 1],
    [['v4-seipd2'], 'rfc9580', 6, 2],
    [['v6-x25519', 'v4-seipd2'], 'rfc9580', 6, 2],
  ])('for %j in profile %s are PKESK version %i and SEIPD version %i', async (names, profile, pkesk, seipd) => {
    expect(await packetsOf(await encrypted(new Uint8Array(5), names, profile))).toEqual([
      ...names.map(() => [sessionKey, pkesk]),
      [protectedData, seipd],
    ]);
  });

  test('inside are not compressed: random data grows by little, zeros do not shrink', async () => {
    const ciphertext = await encrypted(new Uint8Array(1_000_000), ['curve25519'], 'gpg');
    expect(ciphertext.byteLength).toBeGreaterThan(1_000_000);
    expect(ciphertext.byteLength).toBeLessThan(1_010_000);
  });

  test('hold another session key each time', async () => {
    const once = await encrypted(new Uint8Array(100), ['curve25519'], 'gpg');
    expect(once.equals(await encrypted(new Uint8Array(100), ['curve25519'], 'gpg'))).toBe(false);
  });

  test('are not made for nobody', async () => {
    await expect(encrypted(new Uint8Array(1), [], 'gpg')).rejects.toMatchObject({ name: 'NoRecipients' });
    const toNobody = Array.fromAsync(encrypt(sourceOf(new Uint8Array(1)), [], 'gpg'));
    await expect(toNobody).rejects.toMatchObject({ name: 'NoRecipients' });
  });
});

describe('what is encrypted', () => {
  test.each<[TestKey, Profile]>([
    ['curve25519', 'gpg'],
    ['v6-x25519', 'rfc9580'],
  ])('decrypts to itself, whatever its length (%s, %s)', async (name, profile) => {
    const sizes = fc.constantFrom(0, 1, 191, 192, 8383, 8384, 65_535, 65_536, 65_537, 1_048_577);
    await fc.assert(
      fc.asyncProperty(sizes, fc.integer({ min: 0, max: 255 }), async (size, fill) => {
        const content = new Uint8Array(size).fill(fill);
        const found = await decrypted(await encrypted(content, [name], profile), name);
        expect(Buffer.compare(found, content)).toBe(0);
      }),
      { numRuns: 15 },
    );
  });
});

describe('decrypt, then untar', () => {
  test('gives the staged objects back, whatever they are', { timeout: 120_000 }, async () => {
    const segment = fc.stringMatching(/^[A-Za-z0-9_ %+é日.-]{0,60}[A-Za-z0-9]$/);
    const key = fc
      .array(segment, { minLength: 1, maxLength: 5 })
      .map((parts) => parts.map((part, level) => `${level}${part}`).join('/'));
    // Each in a folder of its own, so that no key is another one's folder.
    const contents = fc
      .array(fc.tuple(key, fc.uint8Array({ maxLength: 3000 })), { minLength: 1, maxLength: 6 })
      .map((list) => Object.fromEntries(list.map(([name, content], index) => [`${index}/${name}`, content])));
    await fc.assert(
      fc.asyncProperty(contents, async (wanted) => {
        const staged = await stage({ contents: wanted });
        const receipt = await consolidate(staged.task);
        const plaintext = await decrypted(await staged.archive.read(receipt.key), 'curve25519');
        expectSameContents(await unpackByHand(plaintext), staged.contents);
      }),
      { numRuns: 12 },
    );
  });
});
