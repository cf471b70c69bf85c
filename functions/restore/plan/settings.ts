import { z } from 'zod';
import { openSearchSnapshotReader } from '../../../ports/opensearch-snapshot-contents.ts';
import type { SnapshotReader } from '../../../ports/snapshot-contents.ts';
import type { clusterVariables } from '../../connect.ts';
import { commaSeparated } from '../../comma-separated.ts';
import { indexPattern } from '../../index-pattern.ts';
import { namePrefixVariable } from '../../snapshot/snapshot-name.ts';

/** Variables of the planning functions. */

/** Fingerprints of signing keys (archive/verify-signature.ts), from the configuration: what the bucket says of itself proves nothing. */
export const trustVariables = {
  TRUSTED_SIGNING_KEYS: commaSeparated
    .pipe(z.array(z.string().regex(/^[0-9a-f]{64}$/i, 'must be a list of fingerprints, 64 hex digits each')).min(1))
    .transform((fingerprints) => new Set(fingerprints.map((fingerprint) => fingerprint.toLowerCase()))),
};

/** Patterns of index names with date tokens (functions/index-pattern.ts). */
export const patternVariables = {
  INDEX_PATTERNS: commaSeparated.pipe(z.array(z.string()).min(1)).transform((patterns) => patterns.map(indexPattern)),
};

/** The snapshot repository of this deployment, and what begins the names of its schedule's snapshots. */
export const snapshotsVariables = {
  /** Empty: none is configured. */
  SNAPSHOT_REPOSITORY: z.string(),
  ...namePrefixVariable,
};

export const connectSnapshotReader = (variables: z.output<z.ZodObject<typeof clusterVariables>>): SnapshotReader =>
  openSearchSnapshotReader({ endpoint: variables.DOMAIN_ENDPOINT, region: variables.AWS_REGION });

export interface SnapshotsSettings {
  readonly repository: string;
  readonly prefix: string;
}
