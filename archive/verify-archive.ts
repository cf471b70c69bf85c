import type { ObjectStore } from '../ports/object-store.ts';
import { ArchiveNotSealed, FormatInvalid, ObjectMissing, SealConflict } from '../workflow/errors.ts';
import type { SealedArchive } from './catalogue.ts';
import { parseChecksums } from './checksums.ts';
import { sha256Hex } from './digest.ts';
import { chainLinkKey, checksumsKey, checksumsSignatureKey, manifestKey } from './keys.ts';
import { parseManifest, type Manifest } from './manifest.ts';
import { coveredWarning, verifyChain, type ChainOptions, type VerifiedChain } from './verify-chain.ts';
import { verifySignedBy, type VerifySigned } from './verify-keys.ts';
import { verifyVolumes } from './verify-volumes.ts';

export interface VerifyOptions extends ChainOptions {
  /** The chain, where it was verified already: one walk serves many archives. */
  readonly chain?: VerifiedChain;
  /** Decides whether the term of the volumes' lock has ended. Default: now. */
  readonly now?: Date;
}

export interface VerifiedArchive {
  readonly manifest: Manifest;
  readonly link: SealedArchive;
  /** What was found and does not count, in words: later versions of catalogue files. */
  readonly warnings: readonly string[];
}

/**
 * Proves, reading no volume, that an archive is the one that was sealed: the whole chain, its link, SHA256SUMS by the link's
 * digest and by its signature, the manifest by SHA256SUMS, and of every volume that the stored version is there, is the newest
 * of its key, has the manifest's length, and is locked until the end of its term. What the volumes hold is proven when they are
 * unpacked, against the manifest's digests.
 * @throws ArchiveNotSealed, ChainBroken, SignatureInvalid, SealConflict, FormatInvalid, VolumeNotAsSealed: each names the file and the check.
 */
export async function verifyArchive(
  store: ObjectStore,
  archiveId: string,
  options: VerifyOptions,
): Promise<VerifiedArchive> {
  const chain = options.chain ?? (await verifyChain(store, options));
  const link = linkOf(chain, archiveId);
  const { manifest, warnings } = await verifyCatalogue(store, link, verifySignedBy(store, options.trusted));
  await verifyVolumes(store, manifest, options.now ?? new Date());
  return { manifest, link, warnings: [...(options.chain ? [] : chain.warnings), ...warnings] };
}

/** @throws ArchiveNotSealed when no signed link is the archive's, SealConflict when two seal different things. */
export function linkOf(chain: VerifiedChain, archiveId: string): SealedArchive {
  const [link, ...others] = chain.sealed.filter((sealed) => sealed.archiveId === archiveId);
  if (!link)
    throw new ArchiveNotSealed(`No signed link of the chain (${chain.tip?.sequence ?? 0} links) seals ${archiveId}`);
  const other = others.find((one) => one.link.checksumsSha256 !== link.link.checksumsSha256);
  if (other) {
    throw new SealConflict(
      `${chainLinkKey(link.sequence)} and ${chainLinkKey(other.sequence)} seal different archives of the id ${archiveId}`,
    );
  }
  return link;
}

/**
 * An archive's manifest, proven by SHA256SUMS, its signature, and the link. The volumes are not looked at.
 * @throws SignatureInvalid, SealConflict or FormatInvalid naming the file.
 */
export async function verifyCatalogue(
  store: ObjectStore,
  { archiveId, link }: SealedArchive,
  verifySigned: VerifySigned,
): Promise<{ manifest: Manifest; warnings: string[] }> {
  const [sums, signature, manifest] = await readOriginals(store, [
    checksumsKey(archiveId),
    checksumsSignatureKey(archiveId),
    manifestKey(archiveId),
  ]);
  if (sha256Hex(sums.bytes) !== link.checksumsSha256) {
    throw new SealConflict(`${sums.key} has another digest than ${chainLinkKey(link.sequence)} seals`);
  }
  const listed = inFile(sums.key, () => parseChecksums(sums.bytes));
  const digest = listed.find(({ path }) => path === manifest.key)?.sha256;
  if (digest !== sha256Hex(manifest.bytes)) {
    throw new SealConflict(`${manifest.key} has another digest than ${sums.key} lists`);
  }
  const content = inFile(manifest.key, () => parseManifest(manifest.bytes));
  if (content.archiveId !== archiveId)
    throw new SealConflict(`${manifest.key} is the manifest of ${content.archiveId}`);
  await verifySigned(sums.key, content.signing, sums.bytes, signature.bytes);

  const expected = new Map([
    [manifest.key, digest],
    ...content.volumes.map(({ key, sha256 }) => [key, sha256] as const),
  ]);
  const differing =
    listed.find(({ path, sha256 }) => expected.get(path) !== sha256)?.path ??
    [...expected.keys()].find((key) => !listed.some(({ path }) => path === key));
  if (differing !== undefined) throw new SealConflict(`${sums.key} and ${manifest.key} disagree about ${differing}`);

  const covered = [sums, signature, manifest].filter(({ isCovered }) => isCovered).map(({ key }) => key);
  return { manifest: content, warnings: covered.length === 0 ? [] : [coveredWarning(covered)] };
}

interface Original {
  readonly key: string;
  readonly bytes: Uint8Array;
  /** A later version or delete marker stands over it. */
  readonly isCovered: boolean;
}

type OriginalsOf<K extends readonly string[]> = { [P in keyof K]: Original };

/** The oldest version of each key. @throws ObjectMissing naming the key that has never had one. */
const readOriginals = async <const K extends readonly string[]>(store: ObjectStore, keys: K): Promise<OriginalsOf<K>> =>
  (await Promise.all(keys.map((key) => readOriginal(store, key)))) as OriginalsOf<K>;

async function readOriginal(store: ObjectStore, key: string): Promise<Original> {
  const versions = (await Array.fromAsync(store.listVersions(key))).filter((version) => version.key === key);
  const original = versions.findLast(({ isDeleteMarker }) => !isDeleteMarker);
  if (!original) throw new ObjectMissing(`${key} is not in the catalogue`);
  const { versionId } = original;
  return { key, bytes: await store.read(key, { versionId }), isCovered: versions.length > 1 };
}

function inFile<T>(key: string, parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    if (!(error instanceof FormatInvalid)) throw error;
    throw new FormatInvalid(`${key}: ${error.message}`, { cause: error });
  }
}
