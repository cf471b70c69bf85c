import { type Key, type PublicKey, readKeys, type Subkey } from 'openpgp';
import type { EncryptionProfile } from '../../archive/plan.ts';
import {
  NoRecipients,
  RecipientCannotEncrypt,
  RecipientExpired,
  RecipientIsSecretKey,
  RecipientRevoked,
  RecipientUnreadable,
  RecipientUnsupported,
} from '../../workflow/errors.ts';

export interface Recipients {
  readonly keys: readonly PublicKey[];
  /** Fingerprints of the primary keys, upper-case hex, sorted, each once. */
  readonly fingerprints: readonly string[];
}

/** What GnuPG 2.2 has (its `gpg --version`), by the names of OpenPGP.js. */
const gnupgAlgorithms = new Set([
  'rsaEncryptSign',
  'rsaEncrypt',
  'rsaSign',
  'elgamal',
  'dsa',
  'ecdh',
  'ecdsa',
  'eddsaLegacy',
]);

/** Feature flag "Version 2 Symmetrically Encrypted and Integrity Protected Data packet", RFC 9580, 5.2.3.32. */
const announcesSeipd2 = 0x08;

/**
 * Parses the recipients' public keys and refuses, before any byte is read, each that could not open the archive.
 * @param armored blocks of armoured public keys one after another; a block may hold several keys. Nothing else may stand between them.
 * @throws NoRecipients, RecipientUnreadable, RecipientIsSecretKey, RecipientRevoked, RecipientExpired, RecipientCannotEncrypt,
 * RecipientUnsupported (not for this profile)
 */
export async function readRecipients(armored: string, profile: EncryptionProfile, now: Date): Promise<Recipients> {
  const keys = new Map<string, PublicKey>();
  for (const block of armorBlocks(armored))
    for (const key of await parse(block)) {
      await requireUsable(key, now);
      await requireProfile(key, profile, now);
      keys.set(fingerprint(key), key.toPublic());
    }
  // With a session key given, OpenPGP.js would encrypt to nobody without a complaint.
  if (keys.size === 0) throw new NoRecipients('No recipient key is configured: nobody could open the archive.');
  const fingerprints = [...keys.keys()].sort();
  return { keys: fingerprints.map((print) => keys.get(print)!), fingerprints };
}

const fingerprint = (key: Key): string => key.getFingerprint().toUpperCase();

function armorBlocks(armored: string): string[] {
  const pattern = /-----BEGIN PGP ([A-Z ]+)-----.*?-----END PGP \1-----/gs;
  const around = armored.replace(pattern, '').trim();
  if (around !== '')
    throw new RecipientUnreadable(
      'The recipients hold text that is no complete armoured key (BEGIN PGP PUBLIC KEY BLOCK ... END PGP PUBLIC KEY BLOCK).',
    );
  return [...armored.matchAll(pattern)].map(([block]) => block);
}

async function parse(block: string): Promise<Key[]> {
  if (block.startsWith('-----BEGIN PGP PRIVATE KEY')) throw secretKey('A recipient');
  const keys = await readKeys({ armoredKeys: block }).catch((cause: unknown) => {
    throw new RecipientUnreadable(`A recipient's key cannot be parsed: ${reason(cause)}`, { cause });
  });
  if (keys.length === 0) throw new RecipientUnreadable('A recipient holds no key.');
  // The label of the armour proves nothing.
  for (const key of keys) if (key.isPrivate()) throw secretKey(fingerprint(key));
  return keys;
}

const secretKey = (which: string): RecipientIsSecretKey =>
  new RecipientIsSecretKey(
    `${which} is a SECRET key. Give the public key only, and treat this secret key as leaked: it stands in the task's settings.`,
  );

const reason = (cause: unknown): string => (cause instanceof Error ? cause.message : String(cause));

async function requireUsable(key: Key, now: Date): Promise<void> {
  const print = fingerprint(key);
  if (await key.isRevoked(undefined, undefined, now)) throw new RecipientRevoked(`Recipient ${print} is revoked.`);
  const expires = await key.getExpirationTime();
  if (expires instanceof Date && expires <= now)
    throw new RecipientExpired(`Recipient ${print} expired at ${expires.toISOString()}.`);
  try {
    await key.getEncryptionKey(undefined, now);
  } catch (cause) {
    throw await whyItCannotEncrypt(key, now, cause);
  }
}

/** The primary key is good, yet nothing can be encrypted to it: because its encryption subkeys have ended, or there are none. */
async function whyItCannotEncrypt(key: Key, now: Date, cause: unknown): Promise<Error> {
  const print = fingerprint(key);
  // A signing subkey's end explains nothing.
  const subkeys = key.getSubkeys().filter((subkey) => encryptionAlgorithms.has(subkey.getAlgorithmInfo().algorithm));
  for (const subkey of subkeys) {
    const end = await endOf(subkey, now);
    if (end === 'revoked')
      return new RecipientRevoked(`The encryption subkey of recipient ${print} is revoked.`, { cause });
    if (end === 'expired')
      return new RecipientExpired(`The encryption subkey of recipient ${print} has expired.`, { cause });
  }
  return new RecipientCannotEncrypt(`Nothing can be encrypted to recipient ${print}: ${reason(cause)}`, { cause });
}

const encryptionAlgorithms = new Set([
  'rsaEncryptSign',
  'rsaEncrypt',
  'elgamal',
  'ecdh',
  'x25519',
  'x448',
  'pqc_mlkem_x25519',
]);

async function endOf(subkey: Subkey, now: Date): Promise<'revoked' | 'expired' | undefined> {
  const binding = subkey.bindingSignatures.at(-1);
  if (binding && (await subkey.isRevoked(binding, subkey.keyPacket, now))) return 'revoked';
  const expires = await subkey.getExpirationTime(now);
  return expires instanceof Date && expires <= now ? 'expired' : undefined;
}

async function requireProfile(key: Key, profile: EncryptionProfile, now: Date): Promise<void> {
  const print = fingerprint(key);
  if (profile === 'gpg') {
    const { version } = key.keyPacket;
    if (version !== 4)
      throw new RecipientUnsupported(
        `Recipient ${print} is a version ${version} key, which GnuPG 2.2 cannot read: the gpg profile takes version 4 keys.`,
      );
    for (const part of [key, await key.getEncryptionKey(undefined, now)]) {
      const { algorithm } = part.getAlgorithmInfo();
      if (!gnupgAlgorithms.has(algorithm))
        throw new RecipientUnsupported(
          `Recipient ${print} uses ${algorithm}, which GnuPG 2.2 lacks: not for the gpg profile.`,
        );
    }
  } else {
    const { features } = await selfSignature(key, now);
    if (((features?.[0] ?? 0) & announcesSeipd2) === 0)
      throw new RecipientUnsupported(
        `Recipient ${print} does not announce SEIPDv2 (AEAD), which the rfc9580 profile writes: use the gpg profile, or a newer key.`,
      );
  }
}

/** Is public in OpenPGP.js, yet missing from its type declarations. */
async function selfSignature(key: Key, now: Date): Promise<{ readonly features: Uint8Array | null }> {
  const own = key as Key & { getPrimarySelfSignature(date: Date): Promise<{ readonly features: Uint8Array | null }> };
  return await own.getPrimarySelfSignature(now);
}
