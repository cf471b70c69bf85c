import { describe, expect, it } from 'vitest';
import { deepestNesting, isTooDeep } from '../../../../functions/ingest/content/nesting.ts';
import { parsers, type FormatName } from '../../../../functions/ingest/formats/index.ts';
import { documentMaker } from '../../../../functions/ingest/make-document.ts';

const nested = (depth: number, value = '1'): string => `${'{"a":'.repeat(depth)}${value}${'}'.repeat(depth)}`;

describe('nesting', () => {
  it.each([
    [deepestNesting, false],
    [deepestNesting + 1, true],
  ])('of %d levels is too deep: %s', (depth, tooDeep) => {
    expect(isTooDeep(nested(depth))).toBe(tooDeep);
    expect(isTooDeep(`[${'{},'.repeat(600)}${nested(depth - 1)}]`)).toBe(tooDeep);
  });

  it('does not count brackets side by side, nor those in strings', () => {
    expect(isTooDeep(`[${'[],{},'.repeat(2000)}1]`)).toBe(false);
    expect(isTooDeep(nested(10, JSON.stringify(`"\\${'{['.repeat(2000)}`)))).toBe(false);
  });
});

/** A line that anybody can write who writes logs. */
const deep = nested(50_000);
const cloudwatch = (...messages: string[]): string => {
  const logEvents = messages.map((message, id) => ({ id: `${id}`, timestamp: 1_767_323_045_678, message }));
  return JSON.stringify({ messageType: 'DATA_MESSAGE', owner: '1', logGroup: 'g', logStream: 's', logEvents });
};
const item = { resourceType: 'AWS::S3::Bucket', configuration: deep };

describe('a line of JSON that is nested too deep', () => {
  it.each<[FormatName, string, number]>([
    ['json-lines', `${deep}\n{"message":"the next"}`, 1],
    ['json-array', `[${deep},\n{"message":"the next"}]`, 1],
    ['cloudwatch-logs-delivered', cloudwatch(deep, 'the next'), 2],
    ['config-snapshot', JSON.stringify({ configurationItems: [item, { ...item, configuration: '"the next"' }] }), 2],
  ])('of %s is passed over or kept as text, and the next is read', async (format, text, documents) => {
    const lastModified = new Date('2026-01-02T03:20:00Z');
    const make = documentMaker('logs-YYYY.MM.DD');
    const made: string[] = [];
    for await (const some of parsers[format](bytesOf(text), { bucket: 'b', key: 'k', lastModified, resumeAt: 0 }))
      for (const parsed of some)
        if ('record' in parsed) made.push(make(parsed.record, { bucket: 'b', key: 'k' }, lastModified).document);
    expect(made).toHaveLength(documents);
    expect(made.at(-1)).toContain('the next');
  });
});

async function* bytesOf(text: string): AsyncGenerator<Uint8Array> {
  await Promise.resolve();
  yield Buffer.from(text);
}
