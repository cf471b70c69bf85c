import type { ObjectStore } from '../ports/object-store.ts';
import { ChainBroken, ObjectExists, ObjectMissing, SealConflict, SignatureInvalid } from '../workflow/errors.ts';
import { checkSuccession, parseLink, verifyLinkSignature, type ChainLink } from './chain.ts';
import { sha256Hex } from './digest.ts';
import { chainLinkKey, chainPrefix, chainSignatureKey, signingKeyKey } from './keys.ts';
import { keyFingerprint } from './verify-signature.ts';

/**
 * The files of the catalogue in an object store. In a versioned bucket the oldest version of a key is the file: a delete
 * marker or a later version over it changes nothing.
 */

/** The file at a key, or undefined when there has never been one. */
export async function readOriginal(store: ObjectStore, key: string): Promise<Uint8Array | undefined> {
  let versionId: string | undefined;
  for await (const version of store.listVersions(key)) {
    // Newest first, so the last one stays.
    if (version.key === key && !version.isDeleteMarker) versionId = version.versionId;
  }
  return versionId === undefined ? undefined : store.read(key, { versionId });
}

/**
 * Writes a file of the catalogue, under lock, unless it is there already. Returns the file's bytes, new or found.
 * `accept` judges bytes that were found; by default they must be equal.
 * @throws SealConflict when other bytes are at the key.
 */
export async function writeOnce(
  store: ObjectStore,
  key: string,
  bytes: Uint8Array,
  options: { retainUntil: Date; contentType: string; accept?: (found: Uint8Array) => void },
): Promise<Uint8Array> {
  const { retainUntil, contentType, accept = equalTo(bytes, key) } = options;
  let found = await readOriginal(store, key);
  if (!found) {
    try {
      await store.put(key, bytes, { ifAbsent: true, retainUntil, contentType });
      return bytes;
    } catch (error) {
      if (!(error instanceof ObjectExists)) throw error;
      found = await readOriginal(store, key);
      if (!found) throw error;
    }
  }
  accept(found);
  return found;
}

const equalTo =
  (bytes: Uint8Array, key: string) =>
  (found: Uint8Array): void => {
    if (!Buffer.from(found).equals(bytes)) throw new SealConflict(`At ${key} stands another file than this archive's`);
  };

// --- The chain ---

export interface ChainEntry {
  readonly sequence: number;
  readonly linkVersionId: string;
  readonly signatureVersionId: string | undefined;
}

export interface ChainFile {
  readonly sequence: number;
  readonly link: ChainLink;
  readonly bytes: Uint8Array;
  /** Digest of the file, hex. */
  readonly sha256: string;
}

/**
 * Every link that was ever written, oldest first. Files of other names under the prefix are passed over.
 * @throws ChainBroken when a number is missing.
 */
export async function listChain(store: ObjectStore): Promise<ChainEntry[]> {
  const originals = new Map<string, string>();
  for await (const { key, versionId, isDeleteMarker } of store.listVersions(chainPrefix)) {
    if (!isDeleteMarker) originals.set(key, versionId);
  }
  const entries: ChainEntry[] = [];
  for (const [key, linkVersionId] of originals) {
    const sequence = Number(/^(\d{8})\.json$/.exec(key.slice(chainPrefix.length))?.[1] ?? '0');
    if (sequence === 0) continue;
    if (sequence !== entries.length + 1) throw new ChainBroken(`Chain link ${entries.length + 1} is missing`);
    entries.push({ sequence, linkVersionId, signatureVersionId: originals.get(chainSignatureKey(sequence)) });
  }
  return entries;
}

/** @throws ChainBroken when the file is of another number, FormatInvalid when it is no link. */
export async function readChainFile(store: ObjectStore, entry: ChainEntry): Promise<ChainFile> {
  const key = chainLinkKey(entry.sequence);
  const bytes = await store.read(key, { versionId: entry.linkVersionId });
  const link = parseLink(bytes);
  if (link.sequence !== entry.sequence) throw new ChainBroken(`${key} holds link ${link.sequence}`);
  return { sequence: entry.sequence, link, bytes, sha256: sha256Hex(bytes) };
}

/** Sealers' clocks may differ by less than this. */
const CLOCK_SKEW_MS = 24 * 3600 * 1000;

/**
 * The links, newest first, down to the last that can have been written at `from` (milliseconds) or later.
 * @throws ChainBroken when a link is not the one that its successor was made over.
 */
export async function* walkLinks(
  store: ObjectStore,
  entries: readonly ChainEntry[],
  from: number,
): AsyncGenerator<{ entry: ChainEntry; file: ChainFile }> {
  let next: ChainFile | undefined;
  for (const entry of entries.toReversed()) {
    const file = await readChainFile(store, entry);
    if (next) checkSuccession(file, next.link);
    if (Date.parse(file.link.sealedAt) < from - CLOCK_SKEW_MS) return;
    yield { entry, file };
    next = file;
  }
}

/** True when the link has a valid signature, false when it has none. @throws SignatureInvalid when it has a wrong one. */
export async function isSealed(
  store: ObjectStore,
  entry: ChainEntry,
  file: ChainFile,
  keys: SigningKeys,
): Promise<boolean> {
  if (entry.signatureVersionId === undefined) return false;
  const signature = await store.read(chainSignatureKey(entry.sequence), { versionId: entry.signatureVersionId });
  verifyLinkSignature(file.link, file.bytes, signature, await keys(file.link.signing.keyId));
  return true;
}

/** Finds the public key of a key id. */
export type SigningKeys = (keyId: string) => Promise<string>;

/**
 * The signing keys of the catalogue, each read once. With `trusted` (fingerprints, hex) a key that is not among them is
 * refused: whoever could write to the catalogue could also add a key of his own.
 */
export function signingKeys(store: ObjectStore, trusted?: ReadonlySet<string>): SigningKeys {
  const known = new Map<string, string>();
  return async (keyId) => {
    const cached = known.get(keyId);
    if (cached !== undefined) return cached;
    const bytes = await readOriginal(store, signingKeyKey(keyId));
    if (!bytes) throw new ObjectMissing(`The catalogue has no signing key ${signingKeyKey(keyId)}`);
    const pem = new TextDecoder().decode(bytes);
    const fingerprint = keyFingerprint(pem);
    if (trusted && !trusted.has(fingerprint)) {
      throw new SignatureInvalid(`Signing key ${keyId} with fingerprint ${fingerprint} is not a trusted one`);
    }
    known.set(keyId, pem);
    return pem;
  };
}
