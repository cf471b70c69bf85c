import type { DocumentRefused } from '../../../ports/document-writer.ts';
import { IndexMissing, NotAllowed, type PermafrostError } from '../../../workflow/errors.ts';

/**
 * What to do with a document that was refused: send it `again`, as the cluster's state may change (`blocked`: as its index may be
 * written to again); `reject` it, as the document will not;
 * `again-then-reject`, as it may be either; or stop with an error, as every other document would meet the same.
 */
export type Verdict = 'again' | 'blocked' | 'again-then-reject' | 'reject' | PermafrostError;

const passing: ReadonlySet<number> = new Set([429, 502, 503, 504]);

export function verdictOn({ status, type, reason }: DocumentRefused, index: string): Verdict {
  if (passing.has(status)) return 'again';
  // A block is lifted again, such as the one that stands while an archived index is compared and deleted.
  if (type.endsWith('_block_exception')) return 'blocked';
  // It is opened or replaced, as by a restore.
  if (type === 'index_closed_exception') return 'again';
  // The cluster has as many shards as it may: says nothing about the document whose index would be one more.
  if (/maximum (normal )?shards open/.test(reason)) return 'again';
  if (status === 401 || status === 403) return new NotAllowed(`Writing to ${index}: ${type}: ${reason}`);
  if (type === 'index_not_found_exception')
    return new IndexMissing(`${index} is not there, and the cluster does not create it by itself: ${reason}`);
  if (status >= 500) return 'again-then-reject';
  return 'reject';
}
