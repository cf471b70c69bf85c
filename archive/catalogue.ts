import type { ObjectStore } from '../ports/object-store.ts';
import { ObjectMissing, SealConflict } from '../workflow/errors.ts';
import { parseArchiveId } from './archive-id.ts';
import {
  isSealed,
  listChain,
  readChainFile,
  readOriginal,
  signingKeys,
  walkLinks,
  type ChainFile,
} from './catalogue-files.ts';
import type { ChainLink } from './chain.ts';
import { parseChecksums } from './checksums.ts';
import { sha256Hex } from './digest.ts';
import { checksumsKey, manifestKey } from './keys.ts';
import { parseManifest, type Manifest } from './manifest.ts';

export { appendLink, sealArchive, writeSeal } from './seal.ts';

/** A sealed archive: its link is in the chain, and the link has a valid signature. */
export interface SealedArchive {
  readonly archiveId: string;
  readonly sequence: number;
  readonly link: ChainLink;
}

export interface Trust {
  /** Fingerprints of signing keys (hex); absent: every key of the catalogue is believed. */
  readonly trusted?: ReadonlySet<string>;
}

/** The link with the highest number, signed or not, or undefined when nothing was ever sealed. */
export async function chainTip(store: ObjectStore): Promise<ChainFile | undefined> {
  const tip = (await listChain(store)).at(-1);
  return tip && readChainFile(store, tip);
}

/** The link with this number. @throws ObjectMissing when the chain does not reach that far. */
export async function readLink(store: ObjectStore, sequence: number): Promise<ChainFile> {
  const entry = (await listChain(store))[sequence - 1];
  if (!entry) throw new ObjectMissing(`The chain has no link ${sequence}`);
  return readChainFile(store, entry);
}

/**
 * The sealed archives, newest seal first; with `notBefore` only those whose id is of that time or later, and the walk ends
 * where no more can come. Links are checked against each other as they are read; volumes that have expired do not matter.
 * @throws ChainBroken, SignatureInvalid or FormatInvalid naming the link.
 */
export async function* walkSealed(
  store: ObjectStore,
  options: Trust & { readonly notBefore?: Date } = {},
): AsyncGenerator<SealedArchive> {
  const keys = signingKeys(store, options.trusted);
  const from = options.notBefore?.getTime() ?? -Infinity;
  for await (const { entry, file } of walkLinks(store, await listChain(store), from)) {
    const { archiveId } = file.link;
    if (parseArchiveId(archiveId).createdAt.getTime() < from) continue;
    if (await isSealed(store, entry, file, keys)) yield { archiveId, sequence: file.sequence, link: file.link };
  }
}

/** An archive's link, or undefined when the archive is not sealed. */
export async function findLink(
  store: ObjectStore,
  archiveId: string,
  trust: Trust = {},
): Promise<SealedArchive | undefined> {
  const { createdAt } = parseArchiveId(archiveId);
  for await (const { entry, file } of walkLinks(store, await listChain(store), createdAt.getTime())) {
    if (file.link.archiveId !== archiveId) continue;
    if (!(await isSealed(store, entry, file, signingKeys(store, trust.trusted)))) continue;
    return { archiveId, sequence: file.sequence, link: file.link };
  }
  return undefined;
}

/**
 * The manifest of an archive, sealed or not.
 * @throws ObjectMissing when there is none, FormatInvalid when it is not in the format.
 */
export async function readManifest(store: ObjectStore, archiveId: string): Promise<Manifest> {
  return parseManifest(await readPart(store, manifestKey(archiveId)));
}

/**
 * The manifest of a sealed archive, checked by way of SHA256SUMS against the signed link.
 * @throws SealConflict when a file is not the one that was sealed.
 */
export async function readSealedManifest(store: ObjectStore, sealed: SealedArchive): Promise<Manifest> {
  const { archiveId, link } = sealed;
  const checksums = await readPart(store, checksumsKey(archiveId));
  if (sha256Hex(checksums) !== link.checksumsSha256) {
    throw new SealConflict(`${checksumsKey(archiveId)} is not the file that chain link ${link.sequence} seals`);
  }
  const key = manifestKey(archiveId);
  const bytes = await readPart(store, key);
  const listed = parseChecksums(checksums).find(({ path }) => path === key);
  if (listed?.sha256 !== sha256Hex(bytes)) throw new SealConflict(`${key} is not the file that SHA256SUMS lists`);
  return parseManifest(bytes);
}

async function readPart(store: ObjectStore, key: string): Promise<Uint8Array> {
  const bytes = await readOriginal(store, key);
  if (!bytes) throw new ObjectMissing(`The catalogue has no ${key}`);
  return bytes;
}
