import { execFileSync } from 'node:child_process';
import { createHash, generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { keyFingerprint, verifySignature } from '../../archive/verify-signature.ts';
import { memorySigner } from '../support/memory-signer.ts';

const bytes = Buffer.from('bytes');
const digest = createHash('sha256').update(bytes).digest();
const named = (name: string): unknown => expect.objectContaining({ name });
const pemOf = (type: 'p384' | 'ed25519'): string => {
  const pair =
    type === 'p384' ? generateKeyPairSync('ec', { namedCurve: 'secp384r1' }) : generateKeyPairSync('ed25519');
  return pair.publicKey.export({ type: 'spki', format: 'pem' }).toString();
};

describe('verifying a signature', () => {
  it.each(['ECDSA_SHA_256', 'RSASSA_PKCS1_V1_5_SHA_256'] as const)(
    '%s: refuses any flipped bit of the first and last byte',
    async (algorithm) => {
      const signer = memorySigner({ algorithm });
      const pem = await signer.publicKeyPem();
      const signature = Buffer.from(await signer.sign(digest));
      expect(() => verifySignature({ pem, algorithm, bytes, signature })).not.toThrow();
      for (const place of [0, signature.length - 1]) {
        for (let bit = 0; bit < 8; bit++) {
          const altered = Buffer.from(signature);
          altered[place]! ^= 1 << bit;
          expect(() => verifySignature({ pem, algorithm, bytes, signature: altered })).toThrow(
            named('SignatureInvalid'),
          );
        }
      }
    },
  );

  it('refuses another key, an empty signature, and no signature at all', async () => {
    const signer = memorySigner();
    const claim = { pem: await signer.publicKeyPem(), algorithm: signer.algorithm, bytes };
    const foreign = await memorySigner().sign(digest);
    for (const signature of [foreign, new Uint8Array(), Buffer.from('no')]) {
      expect(() => verifySignature({ ...claim, signature })).toThrow(named('SignatureInvalid'));
    }
  });

  it('refuses a key of another algorithm or curve', async () => {
    const rsa = memorySigner({ algorithm: 'RSASSA_PKCS1_V1_5_SHA_256' });
    const signature = await rsa.sign(digest);
    for (const pem of [await rsa.publicKeyPem(), pemOf('p384'), pemOf('ed25519')]) {
      expect(() => verifySignature({ pem, algorithm: 'ECDSA_SHA_256', bytes, signature })).toThrow(
        named('FormatInvalid'),
      );
    }
  });

  it('refuses a private key where a public one belongs, and garbage', () => {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
    const secret = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
    const garbage = '-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n';
    for (const pem of [secret, garbage, '']) expect(() => keyFingerprint(pem)).toThrow(named('FormatInvalid'));
  });
});

describe('a key fingerprint', () => {
  it('is what openssl and sha256sum print', async () => {
    const pem = await memorySigner().publicKeyPem();
    const der = execFileSync('openssl', ['pkey', '-pubin', '-outform', 'DER'], { input: pem });
    const printed = execFileSync('sha256sum', { input: der, encoding: 'utf8' });
    expect(`${keyFingerprint(pem)}  -\n`).toBe(printed);
  });
});
