import { constants, createECDH, generateKeyPairSync, privateEncrypt, randomUUID, type KeyObject } from 'node:crypto';
import type { Signer, SigningAlgorithm } from '../../ports/signer.ts';

export interface MemorySignerOptions {
  readonly algorithm?: SigningAlgorithm;
  readonly keyId?: string;
}

/** A signer whose key pair lives in this process, for tests. Like KMS it is given digests, never the bytes. */
export function memorySigner({ algorithm = 'ECDSA_SHA_256', keyId = randomUUID() }: MemorySignerOptions = {}): Signer {
  const { privateKey, publicKey } =
    algorithm === 'ECDSA_SHA_256'
      ? generateKeyPairSync('ec', { namedCurve: 'prime256v1' })
      : generateKeyPairSync('rsa', { modulusLength: 2048 });
  return {
    algorithm,
    keyId: () => Promise.resolve(keyId),
    publicKeyPem: () => Promise.resolve(publicKey.export({ type: 'spki', format: 'pem' }).toString()),
    sign: (sha256) =>
      Promise.resolve(algorithm === 'ECDSA_SHA_256' ? signEcdsa(privateKey, sha256) : signRsa(privateKey, sha256)),
  };
}

/** DigestInfo of a SHA-256 up to the digest itself (RFC 8017, section 9.2, note 1). */
const sha256DigestInfo = Buffer.from('3031300d060960864801650304020105000420', 'hex');

function signRsa(key: KeyObject, sha256: Uint8Array): Uint8Array {
  return privateEncrypt({ key, padding: constants.RSA_PKCS1_PADDING }, Buffer.concat([sha256DigestInfo, sha256]));
}

/** Order of P-256's base point. */
const n = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;

/**
 * ECDSA over a ready digest (FIPS 186-5, section 6.4.1): node:crypto offers it only over the message. The nonce k and the
 * point k*G are a throw-away ECDH pair.
 */
function signEcdsa(key: KeyObject, sha256: Uint8Array): Uint8Array {
  const d = bigint(Buffer.from(key.export({ format: 'jwk' }).d ?? '', 'base64url'));
  for (;;) {
    const pair = createECDH('prime256v1');
    const r = bigint(pair.generateKeys().subarray(1, 33)) % n;
    const s = (inverse(bigint(pair.getPrivateKey())) * (bigint(sha256) + r * d)) % n;
    if (r === 0n || s === 0n) continue;
    const body = Buffer.concat([derInteger(r), derInteger(s)]);
    return Buffer.concat([Buffer.from([0x30, body.length]), body]);
  }
}

const bigint = (bytes: Uint8Array): bigint => BigInt(`0x${Buffer.from(bytes).toString('hex')}`);

/** By Fermat: n is prime. */
function inverse(value: bigint): bigint {
  let result = 1n;
  let base = value % n;
  for (let exponent = n - 2n; exponent > 0n; exponent >>= 1n) {
    if (exponent & 1n) result = (result * base) % n;
    base = (base * base) % n;
  }
  return result;
}

function derInteger(value: bigint): Buffer {
  const hex = value.toString(16);
  const bytes = Buffer.from(hex.padStart(hex.length + (hex.length % 2), '0'), 'hex');
  const unsigned = (bytes[0] ?? 0) >= 0x80 ? Buffer.concat([Buffer.from([0]), bytes]) : bytes;
  return Buffer.concat([Buffer.from([0x02, unsigned.length]), unsigned]);
}
