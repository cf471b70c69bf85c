import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { encryptKey, generateKey, readKey } from 'openpgp';
import type { EncryptionProfile } from '../../archive/plan.ts';

export interface RecipientKeysOptions {
  count: number;
  /** `gpg`: curve25519, version 4, readable by GnuPG 2.2. `rfc9580`: the same, announcing SEIPDv2. */
  profile: EncryptionProfile;
  /** Default `.local/keys`. */
  directory?: string;
  /** False: the private keys are not protected; default true. */
  passphrase?: boolean;
}

/** A key pair for tests and trials, in armored files. */
export interface RecipientKey {
  publicPath: string;
  privatePath: string;
  /** File whose whole content, without line end, is the passphrase; null where there is none. */
  passphrasePath: string | null;
  /** Upper-case hexadecimal. */
  fingerprint: string;
}

const defaultDirectory = fileURLToPath(new URL('../../.local/keys', import.meta.url));

/** Makes recipients' keys once, and finds them again ever after. They protect nothing but test data. */
export async function ensureRecipientKeys(options: RecipientKeysOptions): Promise<RecipientKey[]> {
  const { count, profile, directory = defaultDirectory, passphrase = true } = options;
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const keys: RecipientKey[] = [];
  for (let number = 1; number <= count; number += 1) {
    const name = `${profile}-${number}${passphrase ? '' : '-open'}`;
    keys.push(
      await ensureKey(join(directory, name), profile, passphrase, `Recipient ${number} (${profile}, test key)`),
    );
  }
  return keys;
}

async function ensureKey(
  path: string,
  profile: EncryptionProfile,
  isProtected: boolean,
  name: string,
): Promise<RecipientKey> {
  const publicPath = `${path}.public.asc`;
  const privatePath = `${path}.private.asc`;
  const passphrasePath = isProtected ? `${path}.passphrase` : null;
  if (!existsSync(publicPath)) {
    const passphrase = isProtected ? randomBytes(18).toString('base64url') : undefined;
    const { privateKey, publicKey } = await generateKey({
      type: 'ecc',
      curve: 'curve25519Legacy', // the newer form of the same curve is unknown to GnuPG 2.2
      userIDs: [{ name, email: 'recipient@example.test' }],
      format: 'object',
      config: { aeadProtect: profile === 'rfc9580', v6Keys: false },
    });
    const config = { aeadProtect: false }; // the way to protect a private key that every reader knows
    const kept = passphrase === undefined ? privateKey : await encryptKey({ privateKey, passphrase, config });
    if (passphrasePath && passphrase !== undefined) writeFileSync(passphrasePath, passphrase, { mode: 0o600 });
    writeFileSync(privatePath, kept.armor(), { mode: 0o600 });
    writeFileSync(`${publicPath}.new`, publicKey.armor());
    renameSync(`${publicPath}.new`, publicPath); // last: where the public key is, the others are too
  }
  const key = await readKey({ armoredKey: readFileSync(publicPath, 'utf8') });
  return { publicPath, privatePath, passphrasePath, fingerprint: key.getFingerprint().toUpperCase() };
}
