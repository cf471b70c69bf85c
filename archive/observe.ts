import { canonicalText } from './canonical.ts';
import { sha256Hex } from './digest.ts';
import type { ObservedIndex, Sample, ShardState, SnapshotIndex } from './run-records.ts';

/**
 * Digest of a document: SHA-256 of its parsed `_source` as canonical JSON (RFC 8785, no line feed). Member order, white space
 * and the spelling of numbers therefore do not matter; numbers count as IEEE 754 doubles. Log lines do carry lone surrogates
 * (OpenSearch stores and returns them), which canonical JSON refuses: each counts as U+FFFD.
 */
export function sourceSha256(source: unknown): string {
  return sha256Hex(new TextEncoder().encode(canonicalText(wellFormed(source))));
}

/** Digest of an index's mapping: SHA-256 of the parsed `mappings` object as canonical JSON. */
export function mappingSha256(mapping: unknown): string {
  return sourceSha256(mapping);
}

function wellFormed(value: unknown): unknown {
  if (typeof value === 'string') return value.toWellFormed();
  if (Array.isArray(value)) return value.map(wellFormed);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key.toWellFormed(), wellFormed(member)]));
}

/** An index just after its snapshot ended; `samples` are the same ids read again, those that are still there. */
export interface AfterSnapshot {
  readonly documents: number;
  readonly shards: readonly ShardState[];
  readonly samples: readonly Sample[];
}

/**
 * What can be promised of an index in the snapshot, from what it was before and after.
 * - Nothing was written meanwhile (same count, same `maxSeqNo` of every shard): the numbers are exact.
 * - Else the numbers *before* are recorded: documents that came during the snapshot make the index archived again later,
 *   where the numbers after could hide documents that the snapshot has not.
 * - Samples that were the same before and after are the same in the snapshot. Others are left out.
 */
export function settle(before: ObservedIndex, after: AfterSnapshot): SnapshotIndex {
  const exact =
    before.documents === after.documents &&
    before.shards.length === after.shards.length &&
    before.shards.every((shard, number) => shard.maxSeqNo === after.shards[number]?.maxSeqNo);
  const again = new Map(after.samples.map((sample) => [sample.id, sample.sourceSha256]));
  return {
    name: before.name,
    uuid: before.uuid,
    documents: { count: before.documents, exact },
    shards: before.shards,
    mappingSha256: before.mappingSha256,
    samples: exact ? before.samples : before.samples.filter(({ id, sourceSha256 }) => again.get(id) === sourceSha256),
  };
}
