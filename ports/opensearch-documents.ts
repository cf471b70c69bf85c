/** Documents of one index, picked so that the same content always gives the same ones. */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { Document } from './cluster.ts';
import { type Ask, names } from './opensearch-client.ts';

const hitsSchema = z.object({
  timed_out: z.literal(false),
  _shards: z.object({ failed: z.literal(0) }),
  hits: z.object({ hits: z.array(z.object({ _id: z.string(), _source: z.unknown().optional() })) }),
});

/** A search returns no more than 10,000 hits (`index.max_result_window`). */
const mostHits = 10_000;
const idsPerSearch = 1000;

async function search(ask: Ask, index: string, query: object, size: number, source: boolean): Promise<Document[]> {
  const answer = await ask(hitsSchema, {
    method: 'POST',
    path: `/${names([index])}/_search`,
    query: { allow_partial_search_results: false },
    body: { query, size, sort: ['_doc'], _source: source, track_total_hits: false },
  });
  return answer.hits.hits.map((hit) => ({ id: hit._id, source: hit._source }));
}

/**
 * The documents with these ids, in the order of the ids. A search, not a get: it also finds documents with a routing of their own.
 * `source` is parsed by JSON's usual rules, numbers as doubles: what canonical JSON (RFC 8785) is made of, too.
 */
export async function documentsById(ask: Ask, index: string, ids: readonly string[]): Promise<Document[]> {
  const found: Document[] = [];
  for (let at = 0; at < ids.length; at += idsPerSearch) {
    const some = ids.slice(at, at + idsPerSearch);
    const documents = await search(ask, index, { ids: { values: some } }, some.length, true);
    const places = new Map(some.map((id, place) => [id, place]));
    found.push(...documents.sort((one, other) => (places.get(one.id) ?? 0) - (places.get(other.id) ?? 0)));
  }
  return found;
}

/** `count` different whole numbers from 0 to `below` - 1, in a scattered order that depends on the seed only. */
function drawn(count: number, below: number, seed: number): number[] {
  if (count >= below) return Array.from({ length: below }, (_, number) => number);
  const numbers = new Set<number>();
  for (let draw = 0; numbers.size < count; draw++) {
    const digest = createHash('sha256').update(`${seed}/${draw}`).digest();
    numbers.add(Number(digest.readBigUInt64BE() % BigInt(below)));
  }
  return [...numbers];
}

/**
 * Up to `size` documents, by sequence number: a document keeps its number in a snapshot and after a restore under any name.
 * (`random_score` does not serve: it mixes in the index's name.) Of an index where most documents were replaced or deleted,
 * fewer may be found.
 * @param maxSeqNos highest sequence number of each primary shard
 */
export async function sampleDocuments(
  ask: Ask,
  index: string,
  { size, seed, maxSeqNos }: { readonly size: number; readonly seed: number; readonly maxSeqNos: readonly number[] },
): Promise<Document[]> {
  const below = Math.max(...maxSeqNos, -1) + 1;
  const perSearch = Math.max(1, Math.floor(mostHits / Math.max(1, maxSeqNos.length)));
  let candidates: string[] = [];
  // Updates and deletions leave gaps: first a few numbers, then as many as one search can answer.
  for (const count of [Math.min(4 * size, perSearch), perSearch]) {
    if (below === 0 || candidates.length >= size) break;
    const numbers = drawn(count, below, seed);
    const hits = await search(ask, index, { terms: { _seq_no: numbers } }, numbers.length * maxSeqNos.length, false);
    candidates = hits.map(({ id }) => id);
  }
  const rank = (id: string): string => createHash('sha256').update(`${seed}/${id}`).digest('hex');
  const ranked = candidates
    .map((id) => ({ id, rank: rank(id) }))
    .sort((one, other) => (one.rank < other.rank ? -1 : 1));
  return documentsById(
    ask,
    index,
    ranked.slice(0, size).map(({ id }) => id),
  );
}
