import type { ObjectStore } from '../ports/object-store.ts';
import { FormatInvalid, ObjectMissing, SignatureInvalid } from '../workflow/errors.ts';
import { signingKeys } from './catalogue-files.ts';
import { signingKeyKey } from './keys.ts';
import type { Signing } from './manifest.ts';
import { verifySignature } from './verify-signature.ts';

/** Checks a signature of the catalogue. `file` is the key of the signed file, and stands in every refusal. */
export type VerifySigned = (file: string, signing: Signing, bytes: Uint8Array, signature: Uint8Array) => Promise<void>;

/**
 * Signatures by keys whose fingerprint (archive/verify-signature.ts, `keyFingerprint`) is among `trusted`; the keys themselves are read
 * from the catalogue, once each.
 * The returned function throws SignatureInvalid, or FormatInvalid for a key of another kind than the file says.
 */
export function verifySignedBy(store: ObjectStore, trusted: ReadonlySet<string>): VerifySigned {
  const keys = signingKeys(store, trusted);
  return async (file, { keyId, algorithm }, bytes, signature) => {
    try {
      verifySignature({ pem: await keys(keyId), algorithm, bytes, signature, what: file });
    } catch (error) {
      if (error instanceof ObjectMissing) {
        throw new SignatureInvalid(`${file} names ${signingKeyKey(keyId)} as its key, which is not in the catalogue`, {
          cause: error,
        });
      }
      if (error instanceof SignatureInvalid) throw new SignatureInvalid(`${file}: ${error.message}`, { cause: error });
      if (error instanceof FormatInvalid) {
        throw new FormatInvalid(`${file}, by ${signingKeyKey(keyId)}: ${error.message}`, { cause: error });
      }
      throw error;
    }
  };
}
