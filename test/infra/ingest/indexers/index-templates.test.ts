import { readdirSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { formatNames, type FormatName } from '../../../../functions/ingest/formats/index.ts';
import { templateOf, templatesFor } from '../../../../infra/ingest/indexers/index-templates.ts';
import { asRequests } from '../../../../infra/ingest/indexers/put-index-templates.ts';
import { goldenDocuments } from './golden-documents.ts';

interface Field {
  readonly type?: string;
  readonly enabled?: boolean;
  readonly dynamic?: boolean;
  readonly properties?: Fields;
}
type Fields = Readonly<Record<string, Field>>;
interface Template {
  readonly settings: { readonly index: { readonly mapping: { readonly total_fields: { readonly limit: number } } } };
  readonly mappings: { readonly dynamic: boolean; readonly properties: Fields };
}

const contentOf = (format: FormatName): Template => templateOf(format).template as unknown as Template;
const countOf = (fields: Fields): number =>
  Object.values(fields).reduce((sum, { properties = {} }) => sum + 1 + countOf(properties), 0);

test('each format has a template, and nothing else has', () => {
  const files = readdirSync(new URL('../../../../infra/ingest/indexers/index-templates', import.meta.url));
  expect(files.sort()).toEqual(formatNames.map((format) => `${format}.json`).sort());
});

describe.each(formatNames)('the template of %s', (format) => {
  const { settings, mappings } = contentOf(format);

  test('knows every field of the samples', () => {
    for (const document of goldenDocuments(format))
      for (const name of Object.keys(document)) expect(mappings.properties).toHaveProperty([name]);
  });

  test('grows by no document', () => {
    expect(mappings.dynamic).toBe(false);
    const grows = (fields: Fields): string[] =>
      Object.entries(fields).flatMap(([name, { enabled, dynamic, properties }]) =>
        properties ? [...(dynamic === false ? [] : [name]), ...grows(properties)] : enabled === undefined ? [] : [],
      );
    expect(grows(mappings.properties)).toEqual([]);
    expect(countOf(mappings.properties)).toBeLessThan(settings.index.mapping.total_fields.limit);
  });

  test('has the time as a date', () => {
    expect(mappings.properties['@timestamp']).toEqual({ type: 'date' });
  });
});

test.each(['json', 'requestParameters', 'serviceEventDetails'])('%s is kept, not indexed', (name) => {
  expect(contentOf('cloudwatch-logs-delivered').mappings.properties[name]).toEqual({ type: 'object', enabled: false });
});

describe('the templates of settings', () => {
  const templates = templatesFor({
    prefix: 'permafrost',
    indexers: [
      { format: 'json-lines', indexPattern: 'logs-YYYY.MM.DD' },
      { format: 'json-lines', indexPattern: 'logs-YYYY.MM.DD' },
      { format: 'text', indexPattern: 'logs-web-YYYY.MM.DD' },
      { format: 'vpc-flow-logs', indexPattern: 'logdata-DDMMYYYY' },
    ],
  });

  test('are one for each index pattern', () => {
    expect(templates.map(({ name, body }) => [name, body.index_patterns])).toEqual([
      ['permafrost-logs-yyyy.mm.dd', ['logs-*.*.*']],
      ['permafrost-logs-web-yyyy.mm.dd', ['logs-web-*.*.*']],
      ['permafrost-logdata-ddmmyyyy', ['logdata-*']],
    ]);
  });

  test('prefer the narrower pattern', () => {
    const [wide, narrow] = templates.map(({ body }) => body.priority);
    expect(narrow).toBeGreaterThan(wide!);
  });

  test('are printed as requests', () => {
    const requests = asRequests(templates).split(/^PUT /m).slice(1);
    expect(requests).toHaveLength(3);
    const [line = '', ...body] = requests[2]!.split('\n');
    expect(line).toBe('_index_template/permafrost-logdata-ddmmyyyy');
    expect(JSON.parse(body.join('\n'))).toEqual(templates[2]!.body);
  });
});
