import type { PrivateKey } from 'openpgp';
import type { EncryptionProfile } from '../../archive/plan.ts';
import { VolumeCorrupt } from '../../workflow/errors.ts';
import { byteReader, type ByteReader } from './byte-reader.ts';
import { packetBody, type PacketHeader, packetHeader, packetName, packetTag } from './packets.ts';
import { openVersion1, openVersion2, version2HeaderBytes } from './protected-data.ts';
import { openSessionKey } from './session-key.ts';

/** An encrypted session key of RSA 16384 has 2 KiB, of the largest post-quantum algorithms less. */
const largestSessionKeyBytes = 8192;
const mostRecipients = 1000;
const versionOf = { gpg: 1, rfc9580: 2 } as const;

/**
 * Decrypts a volume as `encrypt` made it (docs/archive-format.md, section 8): one OpenPGP message to one or more recipients,
 * integrity protected, neither compressed nor signed. NOTHING that is given is authenticated before the stream has ended
 * without an error: whoever stores it must take it away again after one.
 *
 * Keys and encrypted session keys are OpenPGP.js's part. The data itself is not: on a stream that was altered in the few
 * octets of an inner packet header, its 6.3.2 reads all that follows into memory, or never settles (both measured), and a task
 * must end by a named error in bounded memory whatever it is given. The cipher, the digests and the AEAD are node:crypto's.
 * @throws DecryptionKeyUnusable before anything is given, VolumeCorrupt at any time
 */
export async function* decrypt(
  source: AsyncIterable<Uint8Array>,
  key: PrivateKey,
  profile: EncryptionProfile,
): AsyncIterable<Uint8Array> {
  const reader = byteReader(source);
  try {
    yield* literalData(openMessage(reader, key, profile));
  } finally {
    await reader.leave();
  }
}

async function* openMessage(
  reader: ByteReader,
  key: PrivateKey,
  profile: EncryptionProfile,
): AsyncIterable<Uint8Array> {
  const { recipients, header } = await readRecipients(reader);
  const body = byteReader(packetBody(reader, header));
  const version = await body.take(1);
  if (version[0] !== versionOf[profile])
    throw new VolumeCorrupt(
      `The volume is protected by version ${version[0] ?? 'none'} of the OpenPGP packet; profile ${profile} has version ${versionOf[profile]}.`,
    );
  const start = profile === 'gpg' ? Buffer.alloc(0) : await body.take(version2HeaderBytes);
  const sessionKey = await openSessionKey(recipients, Buffer.concat([version, start]), key);
  const open = profile === 'gpg' ? openVersion1 : openVersion2;
  yield* open(remainder(start, body), sessionKey);
  const next = await packetHeader(reader);
  if (next)
    throw new VolumeCorrupt(`After the encrypted data comes ${packetName(next.tag)}, where the volume must end.`);
}

async function readRecipients(reader: ByteReader): Promise<{ recipients: Uint8Array[]; header: PacketHeader }> {
  const recipients: Uint8Array[] = [];
  for (;;) {
    const header = await packetHeader(reader);
    if (!header) throw new VolumeCorrupt('The OpenPGP message ends before its encrypted data.');
    if (header.tag === packetTag.protectedData) return { recipients, header };
    if (header.tag !== packetTag.sessionKey || header.partial || header.length > largestSessionKeyBytes)
      throw new VolumeCorrupt(
        `The volume begins with ${packetName(header.tag)} of ${header.length} bytes, where only encrypted session keys may stand.`,
      );
    if (recipients.length === mostRecipients)
      throw new VolumeCorrupt(`The volume has more than ${mostRecipients} recipients.`);
    const body = await reader.take(header.length);
    if (body.byteLength < header.length) throw new VolumeCorrupt('The OpenPGP message ends within a session key.');
    recipients.push(body);
  }
}

async function* remainder(start: Uint8Array, reader: ByteReader): AsyncIterable<Uint8Array> {
  if (start.byteLength > 0) yield start;
  for (let next = await reader.some(Infinity); next; next = await reader.some(Infinity)) yield next;
}

/** The content of the one literal data packet that `plaintext` must be (RFC 9580, section 5.9). */
async function* literalData(plaintext: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
  const reader = byteReader(plaintext);
  try {
    const header = await packetHeader(reader);
    if (header?.tag !== packetTag.literal)
      throw new VolumeCorrupt(
        `The volume decrypts to ${header ? packetName(header.tag) : 'nothing'}, not to plain literal data.`,
      );
    const content = byteReader(packetBody(reader, header));
    const [, nameBytes = 0] = await content.take(2);
    // The file name and a date.
    await content.take(nameBytes + 4);
    yield* remainder(Buffer.alloc(0), content);
    // Also brings the integrity check to its end.
    const next = await packetHeader(reader);
    if (next)
      throw new VolumeCorrupt(`The volume decrypts to more than one packet: then comes ${packetName(next.tag)}.`);
  } finally {
    await reader.leave();
  }
}
