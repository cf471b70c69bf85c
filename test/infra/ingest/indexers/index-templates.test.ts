import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { formatNames, type FormatName } from '../../../../functions/ingest/formats/index.ts';
import { runCommand } from '../../../../infra/ingest/commands/command.ts';
import { ingestSchema } from '../../../../infra/ingest/config/schema.ts';
import { templateOf, templatesFor } from '../../../../infra/ingest/indexers/index-templates.ts';
import {
  asRequests,
  putIndexTemplates,
  templatesOfSettings,
} from '../../../../infra/ingest/indexers/put-index-templates.ts';
import { keptTerminal } from '../commands/terminal.ts';
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

describe('the command', () => {
  const folder = mkdtempSync(join(tmpdir(), 'permafrost-templates-'));
  afterAll(() => rmSync(folder, { recursive: true }));
  const example = JSON.parse(
    readFileSync(new URL('../../../../infra/ingest/config/example.json', import.meta.url), 'utf8'),
  ) as Record<string, unknown>;
  const print = async (parts: readonly string[]): Promise<string[]> => {
    const file = join(folder, `${parts.join('-')}.json`);
    writeFileSync(file, JSON.stringify(Object.fromEntries(parts.map((part) => [part, example[part]]))));
    const said: string[] = [];
    const terminal = { say: (line: string) => void said.push(line), stop: new AbortController().signal };
    await putIndexTemplates.run(
      { config: file, print: true, endpoint: undefined, 'user-parameter': undefined },
      terminal,
    );
    return said.join('\n').match(/(?<=^PUT _index_template\/).*$/gm) ?? [];
  };

  test('maps what indexers of objects write, and what that of log groups writes, each in its domain', async () => {
    const [objects, groups] = [
      ['permafrost-logdata-ddmmyyyy', 'permafrost-trail-yyyy.mm.dd'],
      ['permafrost-cwl-yyyy.mm.dd'],
    ];
    expect(await print(['indexers', 'subscriptions', 'analytics'])).toEqual([...objects, ...groups]);
    expect(await print(['subscriptions'])).toEqual(groups);
    expect(await print(['indexers'])).toEqual(objects);
    const [of, other] = templatesOfSettings(ingestSchema.parse(example));
    expect([of, other]).toMatchObject([
      { region: 'eu-west-1' },
      { endpoint: expect.stringContaining('https://') as string },
    ]);
    expect(other!.templates[0]!.body.template).toEqual(contentOf('cloudwatch-logs-delivered'));
  });

  test('says when there is nothing that it could map', async () => {
    await expect(print(['analytics'])).rejects.toThrow('has neither indexers nor subscriptions');
  });

  test('says that its file is not there, and how to name another', async () => {
    const file = join(folder, 'nowhere.json');
    const terminal = keptTerminal();
    expect(await runCommand(putIndexTemplates, ['--config', file], terminal)).toBe(1);
    expect(terminal.lines).toEqual([expect.stringContaining(`${file} is not there; --config FILE names another`)]);
  });
});
