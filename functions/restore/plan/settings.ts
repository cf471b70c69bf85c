import { z } from 'zod';
import { indexPattern } from '../../index-pattern.ts';

/** Variables that both planning functions read. */

const list = z.string().transform((text) =>
  text
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== ''),
);

/** Fingerprints of signing keys (archive/verify-signature.ts), from the configuration: what the bucket says of itself proves nothing. */
export const trustVariables = {
  TRUSTED_SIGNING_KEYS: list
    .pipe(z.array(z.string().regex(/^[0-9a-f]{64}$/i, 'must be a list of fingerprints, 64 hex digits each')).min(1))
    .transform((fingerprints) => new Set(fingerprints.map((fingerprint) => fingerprint.toLowerCase()))),
};

/** Patterns of index names with date tokens (functions/index-pattern.ts). */
export const patternVariables = {
  INDEX_PATTERNS: list.pipe(z.array(z.string()).min(1)).transform((patterns) => patterns.map(indexPattern)),
};
