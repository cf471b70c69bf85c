/** Logs of all formats, as they lie in a bucket, and as they must be in the cluster. */
import { gzipSync } from 'node:zlib';
import { PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { expect } from 'vitest';
import { documentId } from '../../functions/ingest/documents/document-id.ts';
import { formatNames, type FormatName } from '../../functions/ingest/formats/index.ts';
import { indexPattern } from '../../functions/index-pattern.ts';
import { makeLog, shownOf } from '../support/made-logs.ts';
import type { StoredObject } from '../support/notifications.ts';
import { ask } from './stack.ts';

/** By format, the documents that must be there: what each shows by its id. */
export type Documents = ReadonlyMap<FormatName, Map<string, string>>;
export const noDocuments = (): Documents => new Map(formatNames.map((format) => [format, new Map<string, string>()]));

export interface DroppedLog extends StoredObject {
  readonly format: FormatName;
}

/** Puts the log of this number into the bucket, gzip, below `<format>/`, under a key that has to be encoded; says what must come of it. */
export async function dropLog(
  s3: S3Client,
  bucket: string,
  number: number,
  random: () => number,
  expected: Documents,
): Promise<DroppedLog> {
  const format = formatNames[number % formatNames.length]!;
  const log = makeLog(format, `log ${number}`, 5 + Math.floor(random() * 75));
  const key = `${format}/2024 ä+b/${number}.log.gz`;
  const Body = gzipSync(log.content);
  const { ETag, VersionId: versionId } = await s3.send(new PutObjectCommand({ Bucket: bucket, Key: key, Body }));
  const eTag = ETag!.replaceAll('"', '');
  const source = { bucket, key, eTag, ...(versionId !== undefined && { versionId }) };
  for (const { shows, ...record } of log.records) expected.get(format)!.set(documentId(record, source), shows);
  return { ...source, bytes: Body.length, format };
}

/** The indices of a pattern for the days of which the logs are; one by one, as a cluster may refuse to delete by wildcard. */
export const indicesOf = (pattern: string): string =>
  [
    { YYYY: '2024', MM: '02', DD: '28' },
    { YYYY: '2024', MM: '02', DD: '29' },
    { YYYY: '2024', MM: '03', DD: '01' },
  ]
    .map((day: Record<string, string>) => indexPattern(pattern).text.replaceAll(/YYYY|MM|DD/g, (token) => day[token]!))
    .join(',');

/** Every document is there, with its id, and no other. @param indicesOf a format, as a path of the cluster has them */
export async function expectDocuments(expected: Documents, indicesOf: (format: FormatName) => string): Promise<void> {
  const found = new Map<FormatName, [id: string, shows: string][]>();
  for (const format of formatNames) found.set(format, await documentsOf(format, indicesOf(format)));
  const counts = (of: ReadonlyMap<FormatName, { readonly size: number } | { readonly length: number }>): object =>
    Object.fromEntries([...of].map(([format, some]) => [format, 'size' in some ? some.size : some.length]));
  expect(counts(found)).toEqual(counts(expected));
  for (const format of formatNames)
    expect(found.get(format)!.sort(byId), format).toEqual([...expected.get(format)!].sort(byId));
}

async function documentsOf(format: FormatName, indices: string): Promise<[id: string, shows: string][]> {
  await ask('POST', `/${indices}/_refresh`);
  const { hits } = await ask<{ hits: { hits: { _id: string; _source: Record<string, unknown> }[] } }>(
    'POST',
    `/${indices}/_search`,
    { size: 10_000 },
  );
  return hits.hits.map(({ _id, _source }) => [_id, shownOf(format, _source)]);
}

const byId = ([one]: [string, string], [other]: [string, string]): number => (one < other ? -1 : one > other ? 1 : 0);
