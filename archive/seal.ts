import { createHash } from 'node:crypto';
import type { ObjectStore } from '../ports/object-store.ts';
import type { Signer } from '../ports/signer.ts';
import { ObjectExists, SealConflict, SignerUnusable, StoreUnavailable } from '../workflow/errors.ts';
import { parseArchiveId } from './archive-id.ts';
import { listChain, readChainFile, readOriginal, walkLinks, writeOnce, type ChainFile } from './catalogue-files.ts';
import { linkBytes, parseLink } from './chain.ts';
import { checksumsBytes } from './checksums.ts';
import { sha256Hex } from './digest.ts';
import {
  chainLinkKey,
  chainSignatureKey,
  checksumsKey,
  checksumsSignatureKey,
  manifestKey,
  signingKeyKey,
} from './keys.ts';
import { FORMAT_VERSION, manifestBytes, parseManifest, type Manifest, type Signing } from './manifest.ts';
import { verifySignature } from './verify-signature.ts';

/** Losing this many races in a row means that something is wrong with the store's conditional writes. */
const MAX_RACES = 50;

/**
 * Writes what seals an archive, but the chain link: the public key, the manifest, SHA256SUMS and its signature, each once and
 * locked until `retainUntil`. Repeating it changes nothing. Where the manifest is there already and differs in nothing but the
 * tool that wrote it, that one stays.
 * @throws SealConflict when another file is at one of the keys, SignerUnusable when the signer's key is not the manifest's.
 */
export async function writeSeal(
  store: ObjectStore,
  signer: Signer,
  manifest: Manifest,
  retainUntil: Date,
): Promise<{ readonly manifestSha256: string; readonly checksumsSha256: string }> {
  const { archiveId, signing } = manifest;
  await requireKey(signer, signing, `The manifest of ${archiveId}`);
  const pem = await writePublicKey(store, signer, retainUntil);

  const written = await writeOnce(store, manifestKey(archiveId), manifestBytes(manifest), {
    retainUntil,
    contentType: 'application/json',
    accept: (found) => acceptManifest(found, manifest),
  });
  const manifestSha256 = sha256Hex(written);
  const checksums = checksumsBytes([
    { path: manifestKey(archiveId), sha256: manifestSha256 },
    ...manifest.volumes.map(({ key, sha256 }) => ({ path: key, sha256 })),
  ]);
  await writeOnce(store, checksumsKey(archiveId), checksums, { retainUntil, contentType: 'text/plain' });
  await writeSignature(store, signer, pem, {
    key: checksumsSignatureKey(archiveId),
    bytes: checksums,
    retainUntil,
    what: checksumsKey(archiveId),
  });
  return { manifestSha256, checksumsSha256: sha256Hex(checksums) };
}

/**
 * Puts an archive into the chain: the link at the next free number, then its signature. The archive is sealed when this
 * returns. A link of this archive that is there already is used, and signed if it was not; the loser of a race for a number
 * takes the next one.
 * @throws SealConflict when the archive's link is over another SHA256SUMS, ChainBroken, SignatureInvalid, SignerUnusable.
 */
export async function appendLink(
  store: ObjectStore,
  signer: Signer,
  seal: {
    readonly archiveId: string;
    readonly checksumsSha256: string;
    readonly retainUntil: Date;
    /** Default: now. */
    readonly sealedAt?: Date;
  },
): Promise<{ readonly sequence: number; readonly linkSha256: string }> {
  const pem = await writePublicKey(store, signer, seal.retainUntil);
  const file = await placeLink(store, signer, seal);
  if (file.link.checksumsSha256 !== seal.checksumsSha256) {
    throw new SealConflict(`Chain link ${file.sequence} of ${seal.archiveId} is over another SHA256SUMS than this one`);
  }
  await requireKey(signer, file.link.signing, `Chain link ${file.sequence}`);
  await writeSignature(store, signer, pem, {
    key: chainSignatureKey(file.sequence),
    bytes: file.bytes,
    retainUntil: seal.retainUntil,
    what: `chain link ${file.sequence}`,
  });
  return { sequence: file.sequence, linkSha256: file.sha256 };
}

/** `writeSeal`, then `appendLink`. */
export async function sealArchive(
  store: ObjectStore,
  signer: Signer,
  manifest: Manifest,
  retainUntil: Date,
): Promise<{ readonly sequence: number; readonly manifestSha256: string; readonly linkSha256: string }> {
  const { manifestSha256, checksumsSha256 } = await writeSeal(store, signer, manifest, retainUntil);
  const { archiveId } = manifest;
  return { manifestSha256, ...(await appendLink(store, signer, { archiveId, checksumsSha256, retainUntil })) };
}

async function placeLink(
  store: ObjectStore,
  signer: Signer,
  seal: Parameters<typeof appendLink>[2],
): Promise<ChainFile> {
  const { archiveId, checksumsSha256, retainUntil, sealedAt = new Date() } = seal;
  const createdAt = parseArchiveId(archiveId).createdAt.getTime();
  const signing = { keyId: await signer.keyId(), algorithm: signer.algorithm };
  for (let race = 0; race < MAX_RACES; race++) {
    const entries = await listChain(store);
    let tip: ChainFile | undefined;
    for await (const { file } of walkLinks(store, entries, createdAt)) {
      if (file.link.archiveId === archiveId) return file;
      tip ??= file;
    }
    const last = entries.at(-1);
    if (!tip && last) tip = await readChainFile(store, last);
    const sequence = (tip?.sequence ?? 0) + 1;
    const bytes = linkBytes({
      formatVersion: FORMAT_VERSION,
      sequence,
      archiveId,
      sealedAt: new Date(Math.max(sealedAt.getTime(), createdAt)).toISOString(),
      checksumsSha256,
      previousLinkSha256: tip?.sha256 ?? null,
      signing,
    });
    try {
      await store.put(chainLinkKey(sequence), bytes, { ifAbsent: true, retainUntil, contentType: 'application/json' });
      return { sequence, link: parseLink(bytes), bytes, sha256: sha256Hex(bytes) };
    } catch (error) {
      // Another archive took the number, or this very write had succeeded and its answer was lost: the next look tells.
      if (!(error instanceof ObjectExists)) throw error;
    }
  }
  throw new StoreUnavailable(`${MAX_RACES} times another archive took the next chain link`);
}

/** A signature made now is checked before it is stored: under lock it could not be corrected for years. */
async function writeSignature(
  store: ObjectStore,
  signer: Signer,
  pem: string,
  target: { key: string; bytes: Uint8Array; retainUntil: Date; what: string },
): Promise<void> {
  const { key, bytes, retainUntil, what } = target;
  const accept = (signature: Uint8Array): void => {
    verifySignature({ pem, algorithm: signer.algorithm, bytes, signature, what });
  };
  const found = await readOriginal(store, key);
  if (found) {
    accept(found);
    return;
  }
  const signature = await signer.sign(createHash('sha256').update(bytes).digest());
  try {
    accept(signature);
  } catch (cause) {
    throw new SignerUnusable(`The signer's signature of ${what} does not fit its own public key`, { cause });
  }
  await writeOnce(store, key, signature, { retainUntil, contentType: 'application/octet-stream', accept });
}

/** The key's file must stay as long as the last archive that it signed. */
async function writePublicKey(store: ObjectStore, signer: Signer, retainUntil: Date): Promise<string> {
  const key = signingKeyKey(await signer.keyId());
  const pem = await signer.publicKeyPem();
  await writeOnce(store, key, new TextEncoder().encode(pem), { retainUntil, contentType: 'application/x-pem-file' });
  const facts = await store.head(key);
  if (facts?.versionId !== undefined && (facts.retention?.until.getTime() ?? 0) < retainUntil.getTime()) {
    await store.retain(key, facts.versionId, retainUntil);
  }
  return pem;
}

async function requireKey(signer: Signer, signing: Signing, what: string): Promise<void> {
  const keyId = await signer.keyId();
  if (signing.keyId === keyId && signing.algorithm === signer.algorithm) return;
  throw new SignerUnusable(
    `${what} was made for signing key ${signing.keyId} (${signing.algorithm}), the signer is ${keyId} ` +
      `(${signer.algorithm}): finish this archive with the former key`,
  );
}

function acceptManifest(found: Uint8Array, manifest: Manifest): void {
  const existing = parseManifest(found);
  const same = Buffer.from(manifestBytes({ ...existing, tool: manifest.tool })).equals(manifestBytes(manifest));
  if (same) return;
  if (existing.signing.keyId !== manifest.signing.keyId) {
    throw new SignerUnusable(
      `The manifest of ${manifest.archiveId} names signing key ${existing.signing.keyId}, not ` +
        `${manifest.signing.keyId}: finish this archive with the former key`,
    );
  }
  throw new SealConflict(`At ${manifestKey(manifest.archiveId)} stands another manifest than this archive's`);
}
