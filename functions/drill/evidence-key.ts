import { KMSClient } from '@aws-sdk/client-kms';
import { z } from 'zod';
import { keyFingerprint } from '../../archive/verify-signature.ts';
import { kmsSigner } from '../../ports/kms-signer.ts';
import type { Signer } from '../../ports/signer.ts';
import { SignerUnusable } from '../../workflow/errors.ts';

/** The key of the restore side's own that signs drill reports. */
export const evidenceVariables = {
  EVIDENCE_KEY_ID: z.string().min(1),
  EVIDENCE_ALGORITHM: z.enum(['ECDSA_SHA_256', 'RSASSA_PKCS1_V1_5_SHA_256']),
};

type Variables = z.output<z.ZodObject<typeof evidenceVariables>>;

export const connectEvidenceSigner = (variables: Variables): Signer =>
  kmsSigner({ client: new KMSClient(), key: variables.EVIDENCE_KEY_ID, algorithm: variables.EVIDENCE_ALGORITHM });

/**
 * The public key of the evidence signer, in PEM. Whoever restores must not be able to seal: a key that readers of archives
 * trust is refused.
 * @throws SignerUnusable when the key is one that signs archives
 */
export async function requireOwnKey(signer: Signer, trusted: ReadonlySet<string>): Promise<string> {
  const pem = await signer.publicKeyPem();
  if (!trusted.has(keyFingerprint(pem))) return pem;
  throw new SignerUnusable(`The evidence key ${await signer.keyId()} is a key that signs archives: it must be another`);
}
