/** What Permafrost asks of a signing key. The private half never leaves its keeper. */

export type SigningAlgorithm = 'ECDSA_SHA_256' | 'RSASSA_PKCS1_V1_5_SHA_256';

/**
 * Contract, held by every implementation (test/ports/signer.contract.ts):
 * - `sign` takes the SHA-256 of the bytes that are signed (32 bytes) and returns a signature (ECDSA: DER) that
 *   `openssl dgst -sha256 -verify KEY.pem -signature SIG BYTES` accepts.
 * - `publicKeyPem` is the SubjectPublicKeyInfo of the same key, PEM.
 * - Failures are `SignerUnavailable` (retryable), `SignerUnusable`, or `NotAllowed`.
 */
export interface Signer {
  readonly algorithm: SigningAlgorithm;
  /** A name for the key that is safe as an object key: `[A-Za-z0-9-]+`, for KMS the key's UUID. */
  keyId(): Promise<string>;
  sign(sha256: Uint8Array): Promise<Uint8Array>;
  publicKeyPem(): Promise<string>;
}
