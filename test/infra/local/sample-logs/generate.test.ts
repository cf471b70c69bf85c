import { createHash } from 'node:crypto';
import { isIPv4 } from 'node:net';
import { describe, expect, test } from 'vitest';
import { accessLogs } from '../../../../infra/local/sample-logs/access-logs.ts';
import { cloudTrailEvents } from '../../../../infra/local/sample-logs/cloudtrail-events.ts';
import { generate } from '../../../../infra/local/sample-logs/generate.ts';
import { indexTemplate } from '../../../support/sample-index-template.ts';

const day = { date: '2026-01-05', docs: 2000, seed: 1 };
const digest = (documents: Iterable<object>): string => {
  const hash = createHash('sha256');
  for (const document of documents) hash.update(JSON.stringify(document));
  return hash.digest('hex');
};

test('the same day and seed give the same documents, on any machine', () => {
  expect(digest(generate(day))).toBe('807aa5b2883beca9f6c8c143447c2e4308b21b981c981be4419a34aac431ed33');
});

test.each([{ date: '2026-01-06' }, { seed: 2 }])('another day or seed gives other documents: %o', (change) => {
  expect(digest(generate({ ...day, ...change }))).not.toBe(digest(generate(day)));
});

describe.each([
  ['mixed logs', generate],
  ['access logs', accessLogs],
  ['CloudTrail events', cloudTrailEvents],
])('%s', (_, make) => {
  test('as many as asked, each within its day, in order of time', () => {
    const times = [...make(day)].map((document) => document['@timestamp']);
    expect(times).toHaveLength(day.docs);
    expect(times.every((time) => /^2026-01-05T\d\d:\d\d:\d\d\.\d{3}Z$/.test(time))).toBe(true);
    expect(times).toEqual([...times].sort());
    const hours = new Set(times.map((time) => time.slice(11, 13)));
    expect(hours.size).toBe(24);
  });

  test('no documents, or one, or a leap day', () => {
    expect([...make({ ...day, docs: 0 })]).toEqual([]);
    expect([...make({ ...day, docs: 1 })]).toHaveLength(1);
    expect([...make({ ...day, date: '2028-02-29', docs: 1 })][0]?.['@timestamp']).toMatch(/^2028-02-29/);
  });

  test.each(['2026-02-29', '2026-1-5', '05-01-2026', 'yesterday', ''])('%s is refused as a date', (date) => {
    expect(() => [...make({ ...day, date })]).toThrow(RangeError);
  });

  test('every field at the top is one that the index template knows', () => {
    const fields = new Set([...make(day)].flatMap((document) => Object.keys(document)));
    expect(Object.keys(indexTemplate.template.mappings.properties)).toEqual(expect.arrayContaining([...fields]));
  });
});

test('access logs hold addresses, statuses, sizes, and the line as nginx writes it', () => {
  const logs = [...accessLogs(day)];
  for (const { client_ip, status, bytes, message } of logs) {
    expect(isIPv4(client_ip)).toBe(true);
    expect(status).toBeGreaterThanOrEqual(200);
    expect(status).toBeLessThan(600);
    expect(bytes).toBeGreaterThanOrEqual(0);
    expect(message).toMatch(
      /^\S+ - \S+ \[05\/Jan\/2026:\d\d:\d\d:\d\d \+0000\] "\w+ \S+ HTTP\/2\.0" \d{3} \d+ "[^"]+" "[^"]+"$/,
    );
  }
  const failed = logs.filter(({ status }) => status >= 500).length;
  expect(failed).toBeGreaterThan(0);
  expect(failed).toBeLessThan(day.docs / 20);
});

test('CloudTrail events name who, what and where; refused ones say why and return nothing', () => {
  const events = [...cloudTrailEvents(day)];
  for (const event of events) {
    expect(event.eventSource).toMatch(/^\w+\.amazonaws\.com$/);
    expect(event.eventTime).toBe(`${event['@timestamp'].slice(0, 19)}Z`);
    expect(['AssumedRole', 'IAMUser', 'AWSService']).toContain(event.userIdentity['type']);
    if (event.errorCode !== undefined) expect(event.responseElements).toBeNull();
  }
  expect(new Set(events.map(({ eventID }) => eventID)).size).toBe(day.docs);
  expect(events.some(({ errorCode }) => errorCode === 'AccessDenied')).toBe(true);
});
