/** Reads 300 MiB of gzip, members after members, and an array of 100 MiB; says how much memory that took. */
import { gzipSync } from 'node:zlib';
import { inflate } from '../../../../functions/ingest/content/inflate.ts';
import { jsonElements } from '../../../../functions/ingest/content/json-elements.ts';
import { lines } from '../../../../functions/ingest/content/lines.ts';

const mebibyte = 1024 * 1024;
const record = `{"n":1,"text":"${'x'.repeat(1024 - 17)}"}\n`;
const member = gzipSync(record.repeat(1024));

async function* repeated(chunk: Uint8Array, times: number, ends: readonly string[]): AsyncGenerator<Uint8Array> {
  if (ends[0]) yield await Promise.resolve(Buffer.from(ends[0]));
  for (let time = 0; time < times; time++) yield await Promise.resolve(chunk);
  if (ends[1]) yield Buffer.from(ends[1]);
}

async function count(portions: AsyncIterable<Iterable<unknown>>): Promise<number> {
  let all = 0;
  for await (const items of portions) for (const _item of items) all++;
  return all;
}

const read = {
  lines: await count(lines(inflate(repeated(member, 300, [])))),
  elements: await count(
    jsonElements(repeated(Buffer.from(`${record.trimEnd()},`.repeat(1024)), 100, ['{"Records":[', '{}]}']), 'Records'),
  ),
  // A line without end and a value without end.
  endlessLine: await count(lines(repeated(Buffer.alloc(mebibyte, 'x'), 100, []))),
  endlessValue: await count(
    jsonElements(repeated(Buffer.alloc(mebibyte, 'x'), 100, ['{"Records":[{"a":"']), 'Records'),
  ),
};
process.stdout.write(JSON.stringify({ ...read, peakMiB: process.resourceUsage().maxRSS / 1024 }));
