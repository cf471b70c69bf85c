/** The index templates of the indexers on a real node: each is taken, and takes every document of its format's samples. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { formatNames, type FormatName } from '../../functions/ingest/formats/index.ts';
import { templatesFor } from '../../infra/ingest/indexers/index-templates.ts';
import { putTemplates } from '../../infra/ingest/indexers/put-index-templates.ts';
import { openSearchAsk } from '../../ports/opensearch-client.ts';
import { goldenDocuments } from '../infra/ingest/indexers/golden-documents.ts';
import { ask, openSearchUrl, operator } from './stack.ts';

const templates = templatesFor({
  prefix: 'templates-test',
  indexers: formatNames.map((format) => ({ format, indexPattern: `tt-${format}-YYYY.MM.DD` })),
});
const indexOf = (format: FormatName): string => `tt-${format}-2026.01.02`;

const found = async (format: FormatName, query: object): Promise<number> => {
  const path = `/${indexOf(format)}/_count`;
  return (await ask<{ count: number }>('POST', path, { query })).count;
};

beforeAll(async () => {
  const lines: string[] = [];
  const say = (line: string): number => lines.push(line);
  const { region, credentials } = operator;
  const signed = openSearchAsk({
    endpoint: openSearchUrl,
    region,
    credentials: () => Promise.resolve(credentials),
  });
  await putTemplates(templates, signed, { say, stop: new AbortController().signal });
  expect(lines).toHaveLength(formatNames.length);
});
afterAll(async () => {
  for (const format of formatNames) await ask('DELETE', `/${indexOf(format)}?ignore_unavailable=true`);
  for (const { name } of templates) await ask('DELETE', `/_index_template/${name}`);
});

describe.each(formatNames)('%s', (format) => {
  test('takes every document of the samples, and makes no field of its own', async () => {
    const documents = goldenDocuments(format);
    expect(documents.length).toBeGreaterThan(0);
    const body = documents.map((document) => `{"create":{}}\n${JSON.stringify(document)}\n`).join('');
    const { errors, items } = await ask<{ errors: boolean; items: unknown[] }>(
      'POST',
      `/${indexOf(format)}/_bulk?refresh=true`,
      body,
    );
    expect(errors, JSON.stringify(items)).toBe(false);
    expect(await found(format, { exists: { field: '@timestamp' } })).toBe(documents.length);
    // Values that are not of the type of their field.
    expect(await found(format, { exists: { field: '_ignored' } })).toBe(0);

    const answer = await ask<Record<string, { mappings: { properties: object } }>>(
      'GET',
      `/${indexOf(format)}/_mapping`,
    );
    const { mappings } = templates.find(({ name }) => name.startsWith(`templates-test-tt-${format}-`))!.body
      .template as unknown as { mappings: { properties: object } };
    expect(Object.keys(answer[indexOf(format)]!.mappings.properties).sort()).toEqual(
      Object.keys(mappings.properties).sort(),
    );
  });
});

test('finds by address, by name and by word', async () => {
  expect(await found('alb-access-logs', { term: { client_ip: '192.168.0.0/16' } })).toBeGreaterThan(0);
  expect(await found('cloudtrail', { term: { 'userIdentity.type': 'Root' } })).toBeGreaterThan(0);
  expect(await found('cloudwatch-logs-delivered', { match: { message: 'RequestId' } })).toBeGreaterThan(0);
  expect(await found('vpc-flow-logs', { term: { action: 'REJECT' } })).toBeGreaterThan(0);
});

test('keeps a document with a value that is not of its type', async () => {
  const index = indexOf('nlb-access-logs');
  await ask('POST', `/${index}/_doc?refresh=true`, { '@timestamp': '2026-01-02', client_ip: 'none', sent_bytes: 'x' });
  expect(await found('nlb-access-logs', { exists: { field: 'client_ip' } })).toBeGreaterThan(0);
  expect(await found('nlb-access-logs', { terms: { _ignored: ['client_ip'] } })).toBe(1);
});
