import { StatesServiceError } from './errors.ts';
import type { ExecutionRecord } from './execution.ts';

const DAY_MS = 86_400_000;
const REDRIVABLE_DAYS = 14;
const MAXIMUM_OPEN_DAYS = 365;
/** AWS: "the execution event history count is less than 24,999". */
const REDRIVABLE_EVENTS = 24_999;
const TOKENS_KEPT = 10;
const TOKEN_VALID_MS = 15 * 60_000;

export type RedriveStatus = 'REDRIVABLE' | 'NOT_REDRIVABLE' | 'REDRIVABLE_BY_MAP_RUN';

/** Whether an execution can be redriven now, and AWS's words for why not (API DescribeExecution, redriveStatusReason). */
export function redriveStatusOf(
  record: ExecutionRecord,
  now: number,
): { redriveStatus: RedriveStatus; redriveStatusReason?: string } {
  const reason = reasonAgainst(record, now);
  if (reason !== undefined) return { redriveStatus: 'NOT_REDRIVABLE', redriveStatusReason: reason };
  return { redriveStatus: record.parent ? 'REDRIVABLE_BY_MAP_RUN' : 'REDRIVABLE' };
}

function reasonAgainst(record: ExecutionRecord, now: number): string | undefined {
  if (record.status === 'RUNNING' || record.status === 'SUCCEEDED')
    return `Execution is ${record.status} and cannot be redriven.`;
  if (now - (record.stopDate ?? now) > REDRIVABLE_DAYS * DAY_MS) return 'Execution redrivable period exceeded.';
  if (now - record.startDate > MAXIMUM_OPEN_DAYS * DAY_MS) return 'Execution has exceeded the max execution time.';
  if (record.events.length >= REDRIVABLE_EVENTS) return 'Execution history event limit exceeded.';
  return undefined;
}

/** Refuses what RedriveExecution refuses: all but unsuccessful executions of the last 14 days, and children of a Map Run. */
export function assertRedrivable(record: ExecutionRecord, now: number): void {
  const { redriveStatus, redriveStatusReason } = redriveStatusOf(record, now);
  if (redriveStatus === 'REDRIVABLE') return;
  throw new StatesServiceError(
    'ExecutionNotRedrivable',
    redriveStatusReason ??
      'Execution was started by a Map Run and cannot be redriven directly: redrive the parent execution.',
  );
}

/** The date of an earlier redrive with this token: one of the last ten, first used within 15 minutes (API RedriveExecution). */
export function redriveWithToken(record: ExecutionRecord, token: string | undefined, now: number): number | undefined {
  return record.redriveTokens.find((used) => used.token === token && now - used.date <= TOKEN_VALID_MS)?.date;
}

/**
 * Turns an ended execution back into a running one: same name, ARN, start date and input, one redrive more, and its frame, which
 * says at which state it goes on, as it was left. The state machine's timeout starts anew with the attempt.
 */
export function reopen(record: ExecutionRecord, now: number, token?: string): void {
  record.status = 'RUNNING';
  record.redriveCount += 1;
  record.redriveDate = now;
  if (token !== undefined) record.redriveTokens = [...record.redriveTokens, { token, date: now }].slice(-TOKENS_KEPT);
  delete record.stopDate;
  delete record.error;
  delete record.cause;
}
