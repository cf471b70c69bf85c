import { createHash } from 'node:crypto';
import { GetPublicKeyCommand, type KMSClient } from '@aws-sdk/client-kms';

/** The fingerprint that the restore's settings pin: SHA-256 of the public key as KMS gives it, hex. */
export async function signingKeyFingerprint(kms: KMSClient, keyArn: string): Promise<string> {
  const { PublicKey = new Uint8Array() } = await kms.send(new GetPublicKeyCommand({ KeyId: keyArn }));
  return createHash('sha256').update(PublicKey).digest('hex');
}
