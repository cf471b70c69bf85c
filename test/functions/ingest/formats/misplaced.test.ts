import { describe, expect, it } from 'vitest';
import { readdirSync, readFileSync } from 'node:fs';
import { parsers } from '../../../../functions/ingest/formats/index.ts';
import { jsonLines } from '../../../../functions/ingest/formats/json-lines.ts';
import type { Parsed } from '../../../../functions/ingest/log-record.ts';

const event = { eventVersion: '1.11', eventID: 'a', eventTime: '2026-01-02T03:01:22Z' };

it.each([
  ['cloudtrail', { Records: [event] }],
  ['config-snapshot', { fileVersion: '1.0', configurationItems: [] }],
  ['cloudwatch-logs-delivered', { messageType: 'DATA_MESSAGE', logEvents: [] }],
])('an object of the format %s does not pass for a JSON line', async (format, object) => {
  const found: Parsed[] = [];
  const place = { bucket: 'b', key: 'k', lastModified: new Date('2026-01-02T03:20:00Z'), resumeAt: 0 };
  for await (const some of jsonLines(bytesOf(JSON.stringify(object)), place)) found.push(...some);
  expect(found).toMatchObject([{ unreadable: { reason: `of the format ${format}, not json-lines` } }]);
});

async function* bytesOf(text: string): AsyncGenerator<Uint8Array> {
  await Promise.resolve();
  yield Buffer.from(text);
}

const accessLogs = ['alb-access-logs', 'elb-access-logs', 'nlb-access-logs', 's3-access-logs'] as const;
const folder = new URL('../../../golden/ingest/', import.meta.url);

describe.each(accessLogs)('samples of %s', (of) => {
  it.each(accessLogs.filter((other) => other !== of))('are not read as %s', async (other) => {
    const names = readdirSync(new URL(`${of}/`, folder)).filter((name) => !name.endsWith('.expected.json'));
    for (const name of names) {
      const place = { bucket: 'b', key: name, lastModified: new Date('2026-01-02T03:20:00Z'), resumeAt: 0 };
      const text = readFileSync(new URL(`${of}/${name}`, folder), 'utf8');
      for await (const some of parsers[other](bytesOf(text), place))
        for (const parsed of some) expect(parsed).toHaveProperty('unreadable');
    }
  });
});
