import type { ObjectStore } from '../ports/object-store.ts';
import { ChainBroken, FormatInvalid } from '../workflow/errors.ts';
import { listChain, readChainFile, type ChainEntry } from './catalogue-files.ts';
import type { SealedArchive } from './catalogue.ts';
import { checkSuccession, type ChainLink } from './chain.ts';
import { catalogPrefix, chainLinkKey, chainPrefix, chainSignatureKey } from './keys.ts';
import { inParallel } from './verify-in-parallel.ts';
import { verifySignedBy } from './verify-keys.ts';

/** The whole chain of a bucket, every link and signature of it checked. */
export interface VerifiedChain {
  /** The links that have a signature, oldest first; an archive can have more than one. */
  readonly sealed: readonly SealedArchive[];
  /** Number and digest (hex) of the newest link, to compare with a notification that was kept; undefined for an empty chain. */
  readonly tip: { readonly sequence: number; readonly sha256: string } | undefined;
  /** What was found and does not count, in words. */
  readonly warnings: readonly string[];
}

export interface ChainOptions {
  /** Fingerprints of signing keys, lower-case hex, from outside the bucket. */
  readonly trusted: ReadonlySet<string>;
  /** Files that are read at a time. Default 32. */
  readonly parallelReads?: number;
}

/**
 * Checks the chain from its first link to its tip: every number is there, each link holds the digest of the one before it, every
 * signature is by a trusted key. The oldest version of a file counts: delete markers and later versions change nothing, and
 * are reported. A link without signature is a seal that was cut short: it stays in the chain and seals nothing.
 * @throws ChainBroken, SignatureInvalid, FormatInvalid naming the file.
 */
export async function verifyChain(store: ObjectStore, options: ChainOptions): Promise<VerifiedChain> {
  const verifySigned = verifySignedBy(store, options.trusted);
  const entries = await listChain(store);
  const warnings = await reviewVersions(store, entries.length);
  const files = await inParallel(entries, options.parallelReads ?? 32, async (entry) => {
    const { link, bytes, sha256 } = await readLinkFile(store, entry);
    const versionId = entry.signatureVersionId;
    if (versionId !== undefined) {
      const signature = await store.read(chainSignatureKey(entry.sequence), { versionId });
      await verifySigned(chainLinkKey(entry.sequence), link.signing, bytes, signature);
    }
    return { link, sha256, isSealed: versionId !== undefined };
  });
  for (const [position, { link }] of files.entries()) {
    const previous = files[position - 1];
    if (previous) checkSuccession(previous, link);
  }
  const last = files.at(-1);
  return {
    sealed: files.filter(({ isSealed }) => isSealed).map(({ link }) => sealedBy(link)),
    tip: last && { sequence: last.link.sequence, sha256: last.sha256 },
    warnings,
  };
}

const sealedBy = (link: ChainLink): SealedArchive => ({ archiveId: link.archiveId, sequence: link.sequence, link });

async function readLinkFile(store: ObjectStore, entry: ChainEntry): ReturnType<typeof readChainFile> {
  try {
    return await readChainFile(store, entry);
  } catch (error) {
    if (!(error instanceof FormatInvalid)) throw error;
    throw new FormatInvalid(`${chainLinkKey(entry.sequence)}: ${error.message}`, { cause: error });
  }
}

/**
 * Looks for what has been put over files of the chain, and for the signature of a link that is gone.
 * @throws ChainBroken for such a signature: a link is written before its signature, so it has been removed.
 */
async function reviewVersions(store: ObjectStore, links: number): Promise<string[]> {
  const seen = new Set<string>();
  const covered = new Set<string>();
  for await (const { key, isDeleteMarker } of store.listVersions(chainPrefix)) {
    if (seen.has(key)) covered.add(key);
    seen.add(key);
    const signed = Number(/^(\d{8})\.json\.sig$/.exec(key.slice(chainPrefix.length))?.[1] ?? '0');
    if (signed > links && !isDeleteMarker)
      throw new ChainBroken(`${key} is there, its chain link ${signed} is missing`);
  }
  return covered.size === 0 ? [] : [coveredWarning([...covered])];
}

/** Says that later versions or delete markers of these files were passed over. */
export function coveredWarning(keys: readonly string[]): string {
  const named = keys.slice(0, 5).join(', ') + (keys.length > 5 ? `, and ${keys.length - 5} more` : '');
  return `Later versions or delete markers stand over files of ${catalogPrefix}; the original versions count: ${named}`;
}
