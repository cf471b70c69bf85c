import { readFileSync } from 'node:fs';
import type { SavedObject } from '../../../../infra/ingest/analytics/saved-objects/visualisation.ts';

const shipped = new URL('../../../../infra/ingest/analytics/saved-objects/cloudtrail.ndjson', import.meta.url);

/** The file that is imported. */
export const shippedText = (): string => readFileSync(shipped, 'utf8');
export const shippedObjects = (): SavedObject[] =>
  shippedText()
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as SavedObject);

interface Aggregation {
  readonly type: 'count' | 'terms' | 'date_histogram';
  readonly schema: string;
  readonly params: { readonly field?: string; readonly size: number; readonly order: string };
}

export const aggregationsOf = ({ attributes }: SavedObject): Aggregation[] =>
  (JSON.parse(attributes['visState'] as string) as { aggs: Aggregation[] }).aggs;

export function queryOf({ attributes }: SavedObject): { query: string; language: string } {
  const { searchSourceJSON } = attributes['kibanaSavedObjectMeta'] as { searchSourceJSON: string };
  return (JSON.parse(searchSourceJSON) as { query: { query: string; language: string } }).query;
}

/** What Dashboards asks the cluster for a visualisation; an automatic interval is an hour here. */
export function searchOf(object: SavedObject): object {
  const { query } = queryOf(object);
  const nested = aggregationsOf(object)
    .filter(({ type }) => type !== 'count')
    .reduceRight<object>((inner, { type, params }) => {
      const own =
        type === 'terms'
          ? { terms: { field: params.field, size: params.size, order: { _count: params.order } } }
          : { date_histogram: { field: params.field, calendar_interval: 'hour', min_doc_count: 1 } };
      return { aggs: { buckets: { ...own, ...inner } } };
    }, {});
  return {
    size: 0,
    track_total_hits: true,
    query: { bool: { filter: query === '' ? [] : [{ query_string: { query, analyze_wildcard: true } }] } },
    ...nested,
  };
}

export interface Buckets {
  readonly buckets?: {
    readonly buckets: readonly (Buckets & { key: string; key_as_string?: string; doc_count: number })[];
  };
}

/** The values of each innermost bucket, and its count. */
export const rowsOf = (
  answer: { hits: { total: { value: number } }; aggregations?: Buckets } | undefined,
): (string | number)[][] =>
  answer?.aggregations ? flatten(answer.aggregations, [], 0) : [[answer?.hits.total.value ?? 0]];

const flatten = ({ buckets }: Buckets, path: readonly string[], count: number): (string | number)[][] =>
  buckets
    ? buckets.buckets.flatMap((each) => flatten(each, [...path, each.key_as_string ?? each.key], each.doc_count))
    : [[...path, count]];
