import { z } from 'zod';
import { ChainBroken, FormatInvalid } from '../workflow/errors.ts';
import { archiveId } from './archive-id.ts';
import { canonicalBytes } from './canonical.ts';
import { sha256Hex } from './digest.ts';
import { FORMAT_VERSION, refuseOtherVersions, signing } from './manifest.ts';
import { checkRecord, parseJson } from './parse-record.ts';
import { verifySignature } from './verify-signature.ts';

/** `catalog/chain/NNNNNNNN.json`, docs/archive-format.md section 7. */

const hex = z.string().regex(/^[0-9a-f]{64}$/, 'must be 64 lower-case hex digits');

export const chainLink = z
  .strictObject({
    formatVersion: z.literal(FORMAT_VERSION),
    /** From 1. */
    sequence: z.int().positive(),
    archiveId,
    /** The sealer's clock; never before the archive id's time. */
    sealedAt: z.iso.datetime(),
    /** Digest of `catalog/<archive-id>/SHA256SUMS`. */
    checksumsSha256: hex,
    /** Digest of the previous link's file; null in link 1 alone. */
    previousLinkSha256: hex.nullable(),
    signing,
  })
  .refine((link) => (link.sequence === 1) === (link.previousLinkSha256 === null), {
    path: ['previousLinkSha256'],
    error: 'is null in link 1 and in no other',
  });
export type ChainLink = z.infer<typeof chainLink>;

/** @throws FormatInvalid when the link is not one of the format. */
export function linkBytes(link: ChainLink): Uint8Array {
  return canonicalBytes(checkRecord(link, chainLink, `Chain link ${link.sequence}`, FormatInvalid));
}

/** @throws FormatInvalid naming the fields that do not fit. */
export function parseLink(bytes: Uint8Array): ChainLink {
  const value = parseJson(bytes, 'The chain link', FormatInvalid);
  refuseOtherVersions(value, 'The chain link');
  return checkRecord(value, chainLink, 'The chain link', FormatInvalid);
}

/** A link's file, with its signature where it has one. */
export interface LinkFile {
  readonly bytes: Uint8Array;
  readonly signature?: Uint8Array;
}

export interface VerifiedLink {
  readonly link: ChainLink;
  /** Digest of the link's file, hex. */
  readonly sha256: string;
  /** True where the link has its own signature, and with it the archive counts as sealed. */
  readonly sealed: boolean;
}

/**
 * Checks a stretch of the chain, oldest link first: numbers without gaps, each link holding the digest of the one before it,
 * every signature that is there. A link without signature is a seal that was never finished: it stays in the chain.
 * `pemOf` finds the public key of a key id, or refuses one that is not trusted.
 * @throws ChainBroken, SignatureInvalid or FormatInvalid naming the link.
 */
export function verifyLinks(files: readonly LinkFile[], pemOf: (keyId: string) => string): VerifiedLink[] {
  const verified: VerifiedLink[] = [];
  for (const { bytes, signature } of files) {
    const link = parseLink(bytes);
    const previous = verified.at(-1);
    if (previous) checkSuccession(previous, link);
    if (signature) verifyLinkSignature(link, bytes, signature, pemOf(link.signing.keyId));
    verified.push({ link, sha256: sha256Hex(bytes), sealed: signature !== undefined });
  }
  return verified;
}

/** @throws ChainBroken unless `next` is the link after `previous`. */
export function checkSuccession(previous: { link: ChainLink; sha256: string }, next: ChainLink): void {
  if (next.sequence !== previous.link.sequence + 1) {
    throw new ChainBroken(`Chain link ${previous.link.sequence} is followed by link ${next.sequence}`);
  }
  if (next.previousLinkSha256 !== previous.sha256) {
    throw new ChainBroken(
      `Chain link ${next.sequence} was made over another link ${previous.link.sequence}: that file is not the original`,
    );
  }
}

/** @throws SignatureInvalid naming the link. */
export function verifyLinkSignature(link: ChainLink, bytes: Uint8Array, signature: Uint8Array, pem: string): void {
  const { algorithm } = link.signing;
  verifySignature({ pem, algorithm, bytes, signature, what: `chain link ${link.sequence}` });
}
