import { z } from 'zod';
import type { ObjectStore } from '../ports/object-store.ts';
import { RunRecordInvalid } from '../workflow/errors.ts';
import { archiveId } from './archive-id.ts';
import { canonicalBytes } from './canonical.ts';
import { drillsPrefix } from './keys.ts';
import { signing } from './manifest.ts';
import { parseRecord } from './parse-record.ts';

/**
 * The evidence of restore drills, in the restore bucket under `drills/`: what was restored and what was seen of it, each report
 * with a signature by a key of the restore side's own. JSON as the archive format has it: RFC 8785 and one line feed.
 */

const count = z.int().nonnegative();
const text = z.string().min(1);
const time = z.iso.datetime({ offset: true });
const sha256Hex = z.string().regex(/^[0-9a-f]{64}$/, 'must be 64 lower-case hex digits');

const common = {
  formatVersion: z.literal(1),
  /** Also an execution name: `drill-YYYY-MM-DDtHH-MM-SS-xxxxxx`, as archive ids are made. */
  drillId: archiveId,
  /** When the report was written. */
  writtenAt: time,
  /** The drill's own execution: who started it is in its history. */
  execution: z.strictObject({ arn: text, startedAt: time }),
  tool: z.strictObject({ name: text, version: text }),
  /** The index, as the archive names it, and why it was picked. */
  index: text,
  reason: z.string(),
  /** The key that signs this report. Never a key that signs archives. */
  signing,
};

export const passedEvidence = z.strictObject({
  ...common,
  verdict: z.literal('passed'),
  /** Sequence in the chain; digests of `catalog/<archive-id>/manifest.json` and `SHA256SUMS`, as they were sealed. */
  archive: z.strictObject({
    archiveId,
    sequence: z.int().positive(),
    manifestSha256: sha256Hex,
    checksumsSha256: sha256Hex,
  }),
  restore: z.strictObject({ restoreId: text, executionArn: text, startedAt: time, endedAt: time, seconds: count }),
  /** Seen by the drill itself, in the cluster, against the manifest. */
  checked: z.strictObject({
    name: text,
    uuid: text,
    shards: count,
    documents: count,
    /** False: documents were written while the snapshot was taken; count and mapping were then not compared. */
    documentsExact: z.boolean(),
    samples: count,
    at: time,
  }),
});

export const failedEvidence = z.strictObject({
  ...common,
  verdict: z.literal('failed'),
  archive: z.strictObject({ archiveId, sequence: z.int().positive() }),
  /** Null where it was not started. */
  restoreExecutionArn: text.nullable(),
  /** The state of the drill that failed, and why. */
  failure: z.strictObject({ state: text, error: text, cause: z.string() }),
});

export const evidence = z.discriminatedUnion('verdict', [passedEvidence, failedEvidence]);
export type PassedEvidence = z.infer<typeof passedEvidence>;
export type FailedEvidence = z.infer<typeof failedEvidence>;
export type Evidence = z.infer<typeof evidence>;

// --- Keys in the restore bucket ---
export const drillPrefix = (drillId: string): string => `${drillsPrefix}${drillId}/`;
/** Of a drill that passed. */
export const reportKey = (drillId: string): string => `${drillPrefix(drillId)}report.json`;
/** Of the attempt that failed after so many redrives of the drill. */
export const failureReportKey = (drillId: string, redrives: number): string =>
  `${drillPrefix(drillId)}failure-${redrives}.json`;
export const reportSignatureKey = (key: string): string => `${key}.sig`;
/** The same for people. */
export const reportPageKey = (key: string): string => key.replace(/\.json$/, '.html');
export const evidenceKeyKey = (keyId: string): string => `${drillsPrefix}keys/${keyId}.pem`;

export const evidenceBytes = (value: Evidence): Uint8Array => canonicalBytes(value);

/** @throws RunRecordInvalid naming the fields that do not fit. */
export const parseEvidence = (bytes: Uint8Array): Evidence =>
  parseRecord(bytes, evidence, 'drill report', RunRecordInvalid);

/** Keys of all reports, passed and failed, in the order of their drills' times. */
export async function listReports(restore: ObjectStore): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key } of restore.list(drillsPrefix)) {
    if (/^drills\/drill-[^/]+\/(report|failure-\d+)\.json$/.test(key)) keys.push(key);
  }
  return keys;
}
