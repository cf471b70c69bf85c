import { createHash, createPublicKey, verify, type KeyObject } from 'node:crypto';
import type { SigningAlgorithm } from '../ports/signer.ts';
import { FormatInvalid, SignatureInvalid } from '../workflow/errors.ts';

/**
 * Checks a detached signature over `bytes`: ECDSA on P-256 with SHA-256, DER (RFC 3279 section 2.2.3), or RSASSA-PKCS1-v1_5 with
 * SHA-256 (RFC 8017). The same as `openssl dgst -sha256 -verify KEY.pem -signature SIG FILE`.
 * @throws SignatureInvalid when the signature does not fit, FormatInvalid when the key is unreadable or not of the algorithm.
 */
export function verifySignature(claim: {
  pem: string;
  algorithm: SigningAlgorithm;
  bytes: Uint8Array;
  signature: Uint8Array;
  /** Names the signed file in the error. */
  what?: string;
}): void {
  const key = readPublicKey(claim.pem);
  const fits =
    claim.algorithm === 'ECDSA_SHA_256'
      ? key.asymmetricKeyType === 'ec' && key.asymmetricKeyDetails?.namedCurve === 'prime256v1'
      : key.asymmetricKeyType === 'rsa';
  if (!fits) throw new FormatInvalid(`The signing key is not one for ${claim.algorithm}`);
  let valid: boolean;
  try {
    valid = verify('sha256', claim.bytes, { key, dsaEncoding: 'der' }, claim.signature);
  } catch (cause) {
    throw new SignatureInvalid(`The signature of ${claim.what ?? 'the file'} cannot be read`, { cause });
  }
  if (!valid) throw new SignatureInvalid(`The signature of ${claim.what ?? 'the file'} does not fit its bytes and key`);
}

/**
 * A signing key's fingerprint: SHA-256 of its SubjectPublicKeyInfo in DER, hex, as
 * `openssl pkey -pubin -in KEY.pem -outform DER | sha256sum` prints it.
 */
export function keyFingerprint(pem: string): string {
  return createHash('sha256')
    .update(readPublicKey(pem).export({ type: 'spki', format: 'der' }))
    .digest('hex');
}

function readPublicKey(pem: string): KeyObject {
  // createPublicKey would also take a private key and derive the public one: such a file has no place in a catalogue.
  if (!pem.startsWith('-----BEGIN PUBLIC KEY-----'))
    throw new FormatInvalid('The signing key is not a public key in PEM');
  try {
    return createPublicKey({ key: pem, format: 'pem', type: 'spki' });
  } catch (cause) {
    throw new FormatInvalid('The signing key cannot be read', { cause });
  }
}
