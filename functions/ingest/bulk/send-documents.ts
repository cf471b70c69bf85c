import type { DocumentAnswer, DocumentWriter } from '../../../ports/document-writer.ts';
import { ClusterBusy, ClusterUnreachable, PermafrostError } from '../../../workflow/errors.ts';
import type { BulkBody } from './bulk-body.ts';
import type { RejectedDocument } from './bulk-item.ts';
import { verdictOn } from './verdict.ts';

/** Time and chance, to be replaced in tests. */
export interface Pace {
  /** What is left before every request must have ended. */
  timeLeftMs(): number;
  sleep(milliseconds: number): Promise<unknown>;
  /** 0 to 1, without 1. */
  random(): number;
}

export interface Hears {
  tooLarge(bytes: number): void;
  blocked(index: string): void;
}

export interface Sent {
  requests: number;
  created: number;
  duplicates: number;
  readonly rejected: RejectedDocument[];
}

const firstPauseMs = 250;
const longestPauseMs = 10_000;
/** Requests in a row without one document taken. With the pauses some 40 s on average. */
const mostVainRequests = 12;
const longestRequestSeconds = 60;
const shortestRequestMs = 1000;

/**
 * Sends documents until each has been taken or is known to be never taken: too large a request in halves, after passing trouble only
 * what is left, after a pause with full jitter that grows while nothing is taken.
 * @param hears of a request that was too large, and of each index that could not be written to until it was given up
 * @throws what stands in the way of all, or the last trouble when it does not pass in time
 */
export async function sendDocuments(
  documents: BulkBody,
  writer: DocumentWriter,
  pace: Pace,
  hears: Hears,
): Promise<Sent> {
  const sent: Sent = { requests: 0, created: 0, duplicates: 0, rejected: [] };
  const queue = documents.count === 0 ? [] : [documents];
  for (let pending = queue.shift(); pending !== undefined; pending = queue.shift()) {
    const left = await sendOnce(pending, writer, pace, sent, hears);
    if (left !== 'too-large') continue;
    if (pending.count === 1)
      sent.rejected.push({ ...pending.item(0), reason: 'too large: the cluster takes no request of its size' });
    else {
      hears.tooLarge(pending.bytes.length);
      const middle = pending.count >> 1;
      queue.unshift(pending.part(0, middle), pending.part(middle, pending.count));
    }
  }
  return sent;
}

/** The same documents until all are answered for. */
async function sendOnce(
  documents: BulkBody,
  writer: DocumentWriter,
  pace: Pace,
  sent: Sent,
  hears: Pick<Hears, 'blocked'>,
): Promise<'too-large' | undefined> {
  let pending = documents;
  let isAnyTaken = false;
  for (let vain = 0; ; vain += 1) {
    let trouble: PermafrostError;
    let blocked: ReadonlySet<string> = new Set();
    sent.requests += 1;
    try {
      const answer = await writer.create(pending.bytes, pending.count, secondsFor(pace));
      if (answer === 'too-large') return answer;
      const left = sort(pending, answer, sent);
      if (left.numbers.length === 0) return undefined;
      if (left.numbers.length < pending.count) {
        isAnyTaken = true;
        vain = 0;
      }
      if (isAnyTaken && vain + 1 >= mostVainRequests && left.isOfDocuments) {
        sent.rejected.push(...left.numbers.map((number) => ({ ...pending.item(number), reason: left.reason })));
        return undefined;
      }
      blocked = left.blocked;
      pending = pending.only(left.numbers);
      trouble = new ClusterBusy(`${pending.count} documents are not taken: ${left.reason}`);
    } catch (error) {
      if (!(error instanceof ClusterBusy || error instanceof ClusterUnreachable)) throw error;
      trouble = error;
    }
    const pauseMs = pace.random() * Math.min(longestPauseMs, firstPauseMs * 2 ** vain);
    if (vain + 1 >= mostVainRequests || pace.timeLeftMs() < pauseMs + shortestRequestMs) {
      for (const index of blocked) hears.blocked(index);
      throw trouble;
    }
    await pace.sleep(pauseMs);
  }
}

interface Left {
  /** Of the documents in their request. */
  readonly numbers: number[];
  /** Of the first. */
  reason: string;
  /** Whether the cluster's answer may be the documents' own fault, of all. */
  isOfDocuments: boolean;
  /** Indices that nothing can be written to. */
  readonly blocked: Set<string>;
}

function sort(documents: BulkBody, answers: readonly DocumentAnswer[], sent: Sent): Left {
  const left: Left = { numbers: [], reason: '', isOfDocuments: true, blocked: new Set() };
  answers.forEach((answer, number) => {
    if (answer === 'created') return void (sent.created += 1);
    if (answer === 'duplicate') return void (sent.duplicates += 1);
    const item = documents.item(number);
    const verdict = verdictOn(answer, item.index);
    if (verdict instanceof PermafrostError) throw verdict;
    const reason = `${answer.status} ${answer.type}: ${answer.reason}`;
    if (verdict === 'reject') return void sent.rejected.push({ ...item, reason });
    if (verdict === 'blocked') left.blocked.add(item.index);
    left.reason ||= reason;
    left.isOfDocuments &&= verdict === 'again-then-reject';
    left.numbers.push(number);
  });
  return left;
}

const secondsFor = (pace: Pace): number =>
  Math.min(longestRequestSeconds, Math.max(shortestRequestMs, pace.timeLeftMs()) / 1000);
