import { readdirSync, readFileSync } from 'node:fs';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { inflate } from '../../../../functions/ingest/content/inflate.ts';
import { skip } from '../../../../functions/ingest/content/skip.ts';
import { formatNames, parsers, type FormatName } from '../../../../functions/ingest/formats/index.ts';
import type { Parsed } from '../../../../functions/ingest/log-record.ts';
import { chunked, collectAll, cut } from '../content/streams.ts';

const folder = new URL('../../../golden/ingest/', import.meta.url);
const samples = formatNames.flatMap((format) =>
  readdirSync(new URL(`${format}/`, folder))
    .filter((name) => !name.endsWith('.expected.json'))
    .map((name) => ({ format, name })),
);

const bytesOf = (format: FormatName, name: string): Buffer => readFileSync(new URL(`${format}/${name}`, folder));
const parse = (
  format: FormatName,
  name: string,
  bytes: AsyncIterable<Uint8Array>,
  resume: { resumeAt: number; header?: string } = { resumeAt: 0 },
): Promise<Parsed[]> => {
  const place = { bucket: 'logs', key: `${format}/${name}`, lastModified: new Date('2026-01-02T03:20:00Z'), ...resume };
  return collectAll(parsers[format](bytes, place));
};

it('there is a sample of every format', () => {
  expect(new Set(samples.map(({ format }) => format))).toEqual(new Set(formatNames));
});

describe.each(samples)('the sample $format/$name', ({ format, name }) => {
  const bytes = bytesOf(format, name);

  it('gives the expected documents', async () => {
    const expected = JSON.parse(bytesOf(format, `${name}.expected.json`).toString()) as unknown;
    const parsed = await parse(format, name, chunked(bytes, bytes.length));
    expect(JSON.parse(JSON.stringify(parsed))).toEqual(expected);
  });

  it('gives the same however it is compressed and cut', async () => {
    const whole = await parse(format, name, chunked(bytes, bytes.length));
    const half = bytes.length >> 1;
    const [first, second] = [bytes.subarray(0, half), bytes.subarray(half)];
    for (const compress of [gzipSync, zstdCompressSync]) {
      const compressed = Buffer.concat([compress(first), compress(second)]);
      expect(await parse(format, name, inflate(chunked(compressed, 100)))).toEqual(whole);
    }
    expect(await parse(format, name, chunked(bytes, 1))).toEqual(whole);
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(300)), async (sizes) => {
        expect(await parse(format, name, cut(bytes, sizes))).toEqual(whole);
      }),
      { seed: 6, numRuns: 20 },
    );
  });

  it('gives the rest, exactly, from the offset of any record', async () => {
    const whole = await parse(format, name, chunked(bytes, bytes.length));
    let header: string | undefined;
    for (const [index, item] of whole.entries()) {
      if ('header' in item) header = item.header;
      if (!('record' in item) || item.record.part > 0) continue;
      const { offset } = item.record;
      const resume = { resumeAt: offset, ...(header !== undefined && { header }) };
      const rest = await parse(format, name, skip(chunked(bytes, 50), offset), resume);
      expect(rest.filter((other) => !('header' in other))).toEqual(
        whole.slice(index).filter((other) => !('header' in other)),
      );
    }
  });

  it('accounts for every line', async () => {
    const kept = JSON.stringify(await parse(format, name, chunked(bytes, bytes.length)));
    // A word of each line (of each field of JSON) must be found again.
    const lost = bytes
      .toString()
      .split(/[\n,]/)
      .map((line) => /[A-Za-z0-9]{6,}/.exec(line)?.[0] ?? '')
      .filter((word) => !kept.includes(word));
    expect(lost.filter((word) => !passedOver.includes(word))).toEqual([]);
  });
});

/** What documents say beside their records, and control messages. */
const passedOver = [
  'Records',
  'fileVersion',
  'configSnapshotId',
  'configurationItems',
  'CONTROL',
  'CloudwatchLogs',
  'messageType',
  'logGroup',
  'logStream',
  'subscriptionFilters',
  'logEvents',
  'timestamp',
  'message',
];

const ofDocuments: readonly FormatName[] = ['json-array', 'cloudtrail', 'config-snapshot', 'cloudwatch-logs-delivered'];

describe('random bytes', () => {
  it.each(formatNames)('never make the parser of %s fail, and lose no line', async (format) => {
    const line = fc.string({
      unit: fc.constantFrom(...Array.from(' "[]{}<>:=-\\/0129azAZ,\r\t\u0000é')),
      maxLength: 30,
    });
    await fc.assert(
      fc.asyncProperty(fc.array(line, { maxLength: 6 }), fc.uint8Array({ maxLength: 50 }), async (all, noise) => {
        const bytes = Buffer.concat([Buffer.from(all.join('\n')), noise]);
        const parsed = await parse(format, 'garbage', chunked(bytes, 20));
        const given = parsed.flatMap((item) =>
          'record' in item ? [item.record.offset] : 'unreadable' in item ? [item.unreadable.offset] : [],
        );
        expect(given).toEqual(given.toSorted((a, b) => a - b));
        // What of a JSON document is beside its array is not given; content/json.test.ts says what is.
        if (!ofDocuments.includes(format)) {
          const written = bytes
            .toString()
            .split('\n')
            .filter((one) => one.trim() !== '');
          expect(given).toHaveLength(written.length);
        }
      }),
      { seed: 6, numRuns: 150 },
    );
  });
});
