import { z } from 'zod';
import { canonicalBytes } from '../../../archive/canonical.ts';
import { parseRecord } from '../../../archive/parse-record.ts';
import { conflictPolicy, snapshotOrigin, thawOptions } from '../../../archive/restore-records.ts';
import { InvalidRequest, RunRecordInvalid } from '../../../workflow/errors.ts';
import { restoreRequest, type RestoreRequest } from '../../../workflow/restore-contracts.ts';

const name = z.string().min(1);

const locatedFields = {
  restoreId: name,
  /** ARN of the execution. */
  execution: name,
  conflict: conflictPolicy,
  renamePattern: name,
  planOnly: z.boolean(),
  leaseDays: z.int().positive(),
  /** Null: as the settings say. */
  replicas: z.int().nonnegative().nullable(),
  /** What was passed over, in words. */
  warnings: z.array(z.string()),
};

/** `runs/<restore-id>/request.json`: what was asked for, and what was found for it. Written once. Those of archives name no source. */
export const locatedRestore = z.discriminatedUnion('source', [
  z.strictObject({
    source: z.literal('archives').optional(),
    ...locatedFields,
    thaw: thawOptions,
    /** Oldest first, with the names of the indices that are asked of each. */
    archives: z.array(z.strictObject({ archiveId: name, indices: z.array(name).min(1) })).min(1),
  }),
  z.strictObject({
    source: z.literal('snapshots'),
    ...locatedFields,
    snapshot: z.strictObject({
      ...snapshotOrigin.shape,
      startedAt: z.iso.datetime(),
      /** Those that are asked of it. */
      indices: z.array(name).min(1),
    }),
  }),
]);
export type LocatedRestore = z.infer<typeof locatedRestore>;
export type LocatedSnapshot = Extract<LocatedRestore, { readonly source: 'snapshots' }>;
export type LocatedArchives = Exclude<LocatedRestore, LocatedSnapshot>;

export const locatedRestoreBytes = (record: LocatedRestore): Uint8Array => canonicalBytes(record);
/** @throws RunRecordInvalid naming the fields that do not fit. */
export const parseLocatedRestore = (bytes: Uint8Array): LocatedRestore =>
  parseRecord(bytes, locatedRestore, 'request.json', RunRecordInvalid);

const forms =
  'The input must be {"archiveId": "<id>"}, {"from": "YYYY-MM-DD", "to": "YYYY-MM-DD"} (days of the logs), or {"source": ' +
  '"snapshots", "snapshot": "<name>", "repository": "<name>"} (both names as wanted), and may have ' +
  '"indices": ["name or pattern with *", ...], "conflict": "fail" | "rename" | "replace", "renamePattern": "restored-{index}" ' +
  '(with "rename"), "thaw": {"tier": "Expedited" | "Standard" | "Bulk", "days": 1-30} (of archives), "planOnly": true | false, ' +
  '"leaseDays": 1-3650, "replicas": 0-5';

/** Reads an execution's input. @throws InvalidRequest with the accepted forms and what does not fit them. */
export function parseRestoreRequest(request: unknown): RestoreRequest {
  const parsed = restoreRequest.safeParse(request);
  if (!parsed.success) throw new InvalidRequest(`${forms}. ${faultsOf(request, parsed.error)}`);
  // A pattern without its policy would restore under the original names, which nobody who writes one expects.
  const hasPattern = typeof request === 'object' && request !== null && 'renamePattern' in request;
  if (hasPattern && parsed.data.conflict !== 'rename') {
    throw new InvalidRequest(`${forms}. "renamePattern" needs "conflict": "rename"`);
  }
  return parsed.data;
}

function faultsOf(request: unknown, error: z.ZodError): string {
  const form = formOf(request);
  const issues = error.issues.flatMap((issue) =>
    issue.code === 'invalid_union' ? (issue.errors[form] ?? []) : [issue],
  );
  const faults = issues.map(({ path, message }) => `${path.join('.') || 'input'}: ${message}`);
  return `It is ${JSON.stringify(request)}: ${faults.join('; ')}`;
}

/** Which of the accepted forms the input was meant to be, by its place in the union. */
function formOf(request: unknown): number {
  if (typeof request !== 'object' || request === null) return 0;
  if ('source' in request) return 2;
  return 'from' in request || 'to' in request ? 1 : 0;
}
