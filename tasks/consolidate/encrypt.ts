import { randomBytes } from 'node:crypto';
import { ReadableStream } from 'node:stream/web';
import { createMessage, encrypt as encryptMessage, enums, type PublicKey } from 'openpgp';
import type { EncryptionProfile } from '../../archive/plan.ts';
import { NoRecipients } from '../../workflow/errors.ts';

/**
 * Encrypts a stream to an OpenPGP message (binary, not compressed) that each of the recipients can open alone.
 * Profile `gpg`: AES-256, SEIPD version 1 (RFC 4880). Profile `rfc9580`: AES-256-GCM, SEIPD version 2 (RFC 9580).
 * The session key is given, because OpenPGP.js otherwise takes the packet version from the recipients' flags.
 * @param recipients as `readRecipients` has checked them for the profile.
 */
export async function* encrypt(
  source: AsyncIterable<Uint8Array>,
  recipients: readonly PublicKey[],
  profile: EncryptionProfile,
): AsyncIterable<Uint8Array> {
  if (recipients.length === 0) throw new NoRecipients('Nothing is encrypted to nobody.');
  const key = { algorithm: 'aes256', data: new Uint8Array(randomBytes(32)) } as const;
  const message = await createMessage({ binary: ReadableStream.from(source) as never });
  const encrypted = (await encryptMessage({
    message,
    encryptionKeys: [...recipients],
    sessionKey: profile === 'gpg' ? key : { ...key, aeadAlgorithm: 'gcm' },
    format: 'binary',
    config: { preferredCompressionAlgorithm: enums.compression.uncompressed },
  })) as unknown as ReadableStream<Uint8Array>;
  yield* encrypted;
}
