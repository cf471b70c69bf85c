import { decryptKey, type PrivateKey, readPrivateKey } from 'openpgp';
import { DecryptionKeyUnusable } from '../../workflow/errors.ts';

// No error of this file has a cause: what a parser says about a secret must not come near a log.

/**
 * Parses the armoured secret key and unlocks it.
 * @param passphrase only for a key that is locked.
 * @throws DecryptionKeyUnusable saying what is wrong, never what it holds.
 */
export async function readDecryptionKey(armored: string, passphrase?: string): Promise<PrivateKey> {
  const key = await parse(armored);
  const print = fingerprint(key);
  // A key that has expired or was revoked still opens what was encrypted before.
  const parts = await key.getDecryptionKeys(undefined, null).catch(() => undefined);
  if (!parts || parts.length === 0)
    throw new DecryptionKeyUnusable(`The private key ${print} has no secret part that can decrypt.`);
  const locked = parts.filter(({ keyPacket }) => !(keyPacket as { isDecrypted(): boolean }).isDecrypted());
  if (locked.length === 0) return key;
  if (passphrase === undefined)
    throw new DecryptionKeyUnusable(`The private key ${print} is locked by a passphrase, and none is given.`);
  return await decryptKey({ privateKey: key, passphrase }).catch(() => {
    throw new DecryptionKeyUnusable(`The passphrase does not unlock the private key ${print}.`);
  });
}

export const fingerprint = (key: PrivateKey): string => key.getFingerprint().toUpperCase();

async function parse(armored: string): Promise<PrivateKey> {
  if (armored.trim() === '') throw new DecryptionKeyUnusable('The private key is empty.');
  const blocks = [...armored.matchAll(/-----BEGIN PGP ([A-Z ]+)-----/g)].map(([, kind]) => kind);
  if (blocks[0] === 'PUBLIC KEY BLOCK')
    throw new DecryptionKeyUnusable('A public key is given where the private key belongs: nothing can be decrypted.');
  if (blocks.length !== 1 || blocks[0] !== 'PRIVATE KEY BLOCK')
    throw new DecryptionKeyUnusable(
      'The private key is not one armoured OpenPGP secret key (BEGIN PGP PRIVATE KEY BLOCK ... END PGP PRIVATE KEY BLOCK).',
    );
  return await readPrivateKey({ armoredKey: armored }).catch(() => {
    throw new DecryptionKeyUnusable('The private key cannot be parsed: it is damaged, or holds no secret key.');
  });
}
