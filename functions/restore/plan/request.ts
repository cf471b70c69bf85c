import { z } from 'zod';
import { canonicalBytes } from '../../../archive/canonical.ts';
import { parseRecord } from '../../../archive/parse-record.ts';
import { conflictPolicy } from '../../../archive/restore-records.ts';
import { InvalidRequest, RunRecordInvalid } from '../../../workflow/errors.ts';
import { restoreRequest, type RestoreRequest } from '../../../workflow/restore-contracts.ts';

const name = z.string().min(1);

/** `runs/<restore-id>/request.json`: what was asked for, and the archives that were found for it. Written once. */
export const locatedRestore = z.strictObject({
  restoreId: name,
  /** ARN of the execution. */
  execution: name,
  conflict: conflictPolicy,
  renamePattern: name,
  thaw: z.strictObject({ tier: z.enum(['Expedited', 'Standard', 'Bulk']), days: z.int().positive() }),
  planOnly: z.boolean(),
  leaseDays: z.int().positive(),
  /** Null: as the settings say. */
  replicas: z.int().nonnegative().nullable(),
  /** Oldest first, with the names of the indices that are asked of each. */
  archives: z.array(z.strictObject({ archiveId: name, indices: z.array(name).min(1) })).min(1),
  /** What was passed over, in words. */
  warnings: z.array(z.string()),
});
export type LocatedRestore = z.infer<typeof locatedRestore>;

export const locatedRestoreBytes = (record: LocatedRestore): Uint8Array => canonicalBytes(record);
/** @throws RunRecordInvalid naming the fields that do not fit. */
export const parseLocatedRestore = (bytes: Uint8Array): LocatedRestore =>
  parseRecord(bytes, locatedRestore, 'request.json', RunRecordInvalid);

const forms =
  'The input must be {"archiveId": "<id>"} or {"from": "YYYY-MM-DD", "to": "YYYY-MM-DD"} (days of the logs), and may have ' +
  '"indices": ["name or pattern with *", ...], "conflict": "fail" | "rename" | "replace", "renamePattern": "restored-{index}" ' +
  '(with "rename"), "thaw": {"tier": "Expedited" | "Standard" | "Bulk", "days": 1-30}, "planOnly": true | false, ' +
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
  const byDate = typeof request === 'object' && request !== null && ('from' in request || 'to' in request);
  const issues = error.issues.flatMap((issue) =>
    issue.code === 'invalid_union' ? (issue.errors[byDate ? 1 : 0] ?? []) : [issue],
  );
  const faults = issues.map(({ path, message }) => `${path.join('.') || 'input'}: ${message}`);
  return `It is ${JSON.stringify(request)}: ${faults.join('; ')}`;
}
