import { decryptSessionKeys, type PrivateKey, readMessage } from 'openpgp';
import { DecryptionKeyUnusable, VolumeCorrupt } from '../../workflow/errors.ts';
import { packetTag } from './packets.ts';
import { fingerprint } from './private-key.ts';

const sessionKeyBytes = 32;

/**
 * Opens the session key of a message with a private key: one of the recipients' packets must be for it.
 * @param recipients bodies of the message's encrypted session key packets.
 * @param protectedData first octets of the protected data's body: version and what goes with it.
 * @throws DecryptionKeyUnusable when the message is not for this key; VolumeCorrupt when it holds several session keys.
 */
export async function openSessionKey(
  recipients: readonly Uint8Array[],
  protectedData: Uint8Array,
  key: PrivateKey,
): Promise<Uint8Array> {
  const head = [
    ...recipients.map((body) => packet(packetTag.sessionKey, body)),
    packet(packetTag.protectedData, protectedData),
  ];
  const message = await readMessage({ binaryMessage: Buffer.concat(head) }).catch((cause: unknown) => {
    throw new VolumeCorrupt('The encrypted session keys of the OpenPGP message cannot be read.', { cause });
  });
  const wanted = message.getEncryptionKeyIDs().map((id) => id.toHex().toUpperCase());
  const own = new Set(key.getKeys().map((part) => part.getKeyID().toHex().toUpperCase()));
  if (!wanted.some((id) => own.has(id)))
    throw new DecryptionKeyUnusable(
      `The volume is not encrypted to the private key ${fingerprint(key)}: its recipients are ${wanted.join(', ') || 'none'}.`,
    );
  const found = await decryptSessionKeys({ message, decryptionKeys: key }).catch(() => {
    throw new DecryptionKeyUnusable(`The private key ${fingerprint(key)} does not open the volume's session key.`);
  });
  const [sessionKey] = found;
  // Several would each have to be tried: no writer of volumes makes more than one.
  if (found.length !== 1 || sessionKey === undefined)
    throw new VolumeCorrupt(`The OpenPGP message holds ${found.length} session keys for the same private key.`);
  const algorithm = sessionKey.algorithm ?? 'aes256';
  if (algorithm !== 'aes256' || sessionKey.data.byteLength !== sessionKeyBytes)
    throw new VolumeCorrupt(`The OpenPGP message has a session key for ${algorithm}; volumes use AES-256.`);
  return sessionKey.data;
}

/** In the new format, with a length of five octets (RFC 9580, section 4.2.1). */
function packet(tag: number, body: Uint8Array): Uint8Array {
  const header = Buffer.from([0xc0 | tag, 0xff, 0, 0, 0, 0]);
  header.writeUInt32BE(body.byteLength, 2);
  return Buffer.concat([header, body]);
}
