import { describe, expect, test } from 'vitest';
import { readRecipients } from '../../../tasks/consolidate/recipients.ts';
import { now, publicKey, secretKey, type TestKey } from './staged.ts';

const refusal = async (armored: string, profile: 'gpg' | 'rfc9580'): Promise<string> =>
  await readRecipients(armored, profile, now).then(
    () => 'accepted',
    (error: unknown) => (error instanceof Error ? `${error.name}: ${error.message}` : 'no error'),
  );

describe('recipients that are taken', () => {
  test.each<[TestKey, 'gpg' | 'rfc9580']>([
    ['rsa4096', 'gpg'],
    ['curve25519', 'gpg'],
    ['p384', 'gpg'],
    ['v4-seipd2', 'gpg'],
    ['v4-seipd2', 'rfc9580'],
    ['v6-x25519', 'rfc9580'],
  ])('%s in profile %s', async (name, profile) => {
    const { keys, fingerprints } = await readRecipients(publicKey(name), profile, now);
    expect(fingerprints).toEqual(keys.map((key) => key.getFingerprint().toUpperCase()));
    expect(keys.map((key) => key.isPrivate())).toEqual([false]);
  });

  test('several, in the order of their fingerprints, each once', async () => {
    const names: TestKey[] = ['rsa4096', 'curve25519', 'p384', 'rsa4096'];
    const one = await readRecipients(names.map(publicKey).join(''), 'gpg', now);
    const other = await readRecipients(names.toReversed().map(publicKey).join('\n\n'), 'gpg', now);
    expect(one.fingerprints).toHaveLength(3);
    expect(one.fingerprints).toEqual([...one.fingerprints].sort());
    expect(other.fingerprints).toEqual(one.fingerprints);
  });
});

describe('recipients that are refused, each with its own message', () => {
  test.each<[string, string, 'gpg' | 'rfc9580', RegExp]>([
    ['no key', '', 'gpg', /^NoRecipients: .*nobody could open/],
    ['blank', ' \n\n', 'gpg', /^NoRecipients/],
    ['garbage', 'garbage', 'gpg', /^RecipientUnreadable: .*no complete armoured key/],
    ['a key cut off', publicKey('curve25519').slice(0, 300), 'gpg', /^RecipientUnreadable/],
    ['a damaged key', publicKey('p384').replace('D', 'E'), 'gpg', /^RecipientUnreadable: .*cannot be parsed/],
    ['a key and garbage', `${publicKey('p384')}garbage`, 'gpg', /^RecipientUnreadable/],
    ['a secret key', secretKey('curve25519'), 'gpg', /^RecipientIsSecretKey: .*SECRET.*leaked/],
    ['a secret key labelled public', secretKey('p384').replaceAll('PRIVATE', 'PUBLIC'), 'gpg', /^RecipientIsSecretKey/],
    ['a secret v6 key', secretKey('v6-x25519'), 'rfc9580', /^RecipientIsSecretKey/],
    ['an expired key', publicKey('expired'), 'gpg', /^RecipientExpired: .*expired at 2021-01-01/],
    ['an expired subkey', publicKey('expired-subkey'), 'gpg', /^RecipientExpired: The encryption subkey/],
    ['a revoked key', publicKey('revoked'), 'gpg', /^RecipientRevoked: .*is revoked/],
    ['a signing key', publicKey('sign-only'), 'gpg', /^RecipientCannotEncrypt: Nothing can be encrypted/],
    ['a v6 key for gpg', publicKey('v6-x25519'), 'gpg', /^RecipientUnsupported: .*version 6/],
    ['an algorithm that gpg lacks', publicKey('v4-x25519'), 'gpg', /^RecipientUnsupported: .*ed25519/],
    ['no SEIPDv2 for rfc9580', publicKey('curve25519'), 'rfc9580', /^RecipientUnsupported: .*SEIPDv2/],
    ['one bad among good', publicKey('p384') + publicKey('revoked'), 'gpg', /^RecipientRevoked/],
  ])('%s', async (_, armored, profile, message) => {
    expect(await refusal(armored, profile)).toMatch(message);
  });

  test('a key is taken until the moment it expires', async () => {
    const before = new Date('2020-12-31T23:59:59Z');
    expect((await readRecipients(publicKey('expired'), 'gpg', before)).fingerprints).toHaveLength(1);
  });

  test('no message holds a part of a secret key', async () => {
    const body = secretKey('curve25519').split('\n').slice(2, -3);
    const message = await refusal(secretKey('curve25519'), 'gpg');
    for (const line of body.filter((text) => text.length > 8)) expect(message).not.toContain(line);
  });
});
