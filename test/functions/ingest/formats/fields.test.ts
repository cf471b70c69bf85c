import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { splitFields } from '../../../../functions/ingest/formats/split-fields.ts';
import { syslog } from '../../../../functions/ingest/formats/syslog.ts';
import { stampTime } from '../../../../functions/ingest/formats/syslog-stamp.ts';
import { readStructuredData } from '../../../../functions/ingest/formats/syslog-structured-data.ts';
import { epochTime, isoTime } from '../../../../functions/ingest/formats/times.ts';
import type { Parsed } from '../../../../functions/ingest/log-record.ts';

describe('a date and time of ISO 8601', () => {
  it.each([
    ['2026-01-02T03:04:05Z', '2026-01-02T03:04:05.000Z'],
    ['2026-01-02 03:04:05,5', '2026-01-02T03:04:05.500Z'],
    ['2026-01-02T03:04:05.123456789+05:30', '2026-01-01T21:34:05.123Z'],
    ['2026-01-02T03:04:05-0200', '2026-01-02T05:04:05.000Z'],
    ['2024-02-29T23:59:59Z', '2024-02-29T23:59:59.000Z'],
  ])('%s is %s', (text, time) => {
    expect(isoTime(text)?.toISOString()).toBe(time);
  });

  it('is the same in whatever form it is written', () => {
    const date = fc.date({ min: new Date('1000-01-01'), max: new Date('9999-12-31'), noInvalidDate: true });
    fc.assert(
      fc.property(date, (time) => {
        const text = time.toISOString();
        for (const same of [text, text.replace('Z', '+00:00'), text.replace('T', ' ')])
          expect(isoTime(same)).toEqual(time);
      }),
      { seed: 6 },
    );
  });

  it.each([
    '2026-02-29T00:00:00Z',
    '2026-02-29T00:00:00.000Z',
    '2026-01-02T03:04:60.000Z',
    '2026-01-02T03:0x:05.000Z',
    '2026-01-02T24:00:00Z',
    '2026-13-01T00:00:00Z',
    '2026-01-02',
    '2 Jan 2026',
    '',
  ])('%s is none', (text) => {
    expect(isoTime(text)).toBeUndefined();
  });
});

it('a Unix timestamp is in the unit that its size tells', () => {
  for (const value of [1767323045, 1767323045000, 1767323045000000, 1767323045000000000]) {
    expect(epochTime(value)?.toISOString()).toBe('2026-01-02T03:04:05.000Z');
  }
  for (const value of [0, -1, NaN, Infinity, 1e300]) expect(epochTime(value)).toBeUndefined();
});

describe('the year of a syslog stamp', () => {
  const year = (stamp: string, key: string, lastModified = '2026-01-02T03:20:00Z'): string | undefined =>
    stampTime(stamp, { bucket: 'logs', key, lastModified: new Date(lastModified), resumeAt: 0 })?.toISOString();

  it.each([
    ['this one', 'Jan  2 03:00:00', 'syslog/host.log', '2026-01-02T03:00:00.000Z'],
    ['this one, in a zone that is ahead', 'Jan  3 03:00:00', 'syslog/host.log', '2026-01-03T03:00:00.000Z'],
    ['the last one, before New Year', 'Dec 31 23:59:59', 'syslog/host.log', '2025-12-31T23:59:59.000Z'],
    [
      'that of the key, for an object that was copied later',
      'Mar  1 00:00:00',
      'a/2023/03/01/h',
      '2023-03-01T00:00:00.000Z',
    ],
    ['that before the one of the key', 'Dec 31 23:00:00', 'a/2023-01-01.log', '2022-12-31T23:00:00.000Z'],
    ['the last leap year', 'Feb 29 12:00:00', 'syslog/host.log', '2024-02-29T12:00:00.000Z'],
    ['the one that is written', 'Oct 11 2003 22:14:15', 'a/2023/03/01/h', '2003-10-11T22:14:15.000Z'],
    ['not that of a date to come in the key', 'Jan  2 03:00:00', 'a/20991231/h', '2026-01-02T03:00:00.000Z'],
  ])('is %s', (_, stamp, key, time) => {
    expect(year(stamp, key)).toBe(time);
  });

  it('is none for a day that no month has', () => {
    expect(year('Feb 30 12:00:00', 'k')).toBeUndefined();
    expect(year('Foo  1 12:00:00', 'k')).toBeUndefined();
  });
});

describe('the fields of an access log', () => {
  it.each([
    ['a "b c" [d e] f', ['a', 'b c', 'd e', 'f']],
    ['a  "" "-" ', ['a', '', '-']],
    ['"a "quoted" name" - b', ['a "quoted" name', '-', 'b']],
    ['"a \\"b\\" c" "d"', ['a \\"b\\" c', 'd']],
    ['"h2","http/1.1" x', ['h2","http/1.1', 'x']],
  ])('%s', (line, fields) => {
    expect(splitFields(line, true)).toEqual(fields);
  });

  it('are not read where a quote or bracket is open', () => {
    expect(splitFields('a "b c', false)).toBeUndefined();
    expect(splitFields('a [b c', true)).toBeUndefined();
    expect(splitFields('a [b c', false)).toEqual(['a', '[b', 'c']);
  });

  it('of a name with thousands of quotes are read at once', () => {
    const name = 'x" y'.repeat(50_000);
    const began = performance.now();
    expect(splitFields(`a "${name}" b`, false)).toEqual(['a', name, 'b']);
    expect(performance.now() - began).toBeLessThan(2000);
  });
});

describe('structured data of syslog', () => {
  it('is read with its escapes, and leaves the message', () => {
    expect(readStructuredData('[a@1 x="1" y="\\"\\\\\\]"][b] the [message]')).toEqual({
      data: { 'a@1': { x: '1', y: '"\\]' }, b: {} },
      message: 'the [message]',
    });
    expect(readStructuredData('- [no data]')).toEqual({ data: undefined, message: '[no data]' });
  });

  it.each(['[a x="1" rest', '[a x=1] m', '[a]m', '[] m'])(
    'that is not well-formed stays in the message: %s',
    (text) => {
      expect(readStructuredData(text)).toEqual({ data: undefined, message: text });
    },
  );
});

describe('names that a sender of syslog chooses', () => {
  it.each(['__proto__', 'constructor', 'toString'])('%s is a name like any other', (name) => {
    const { data } = readStructuredData(`[${name} ${name}="1" isAdmin="yes"] text`);
    expect(JSON.stringify(data)).toBe(`{"${name}":{"${name}":"1","isAdmin":"yes"}}`);
    expect({}).not.toHaveProperty('isAdmin');
  });
});

it('a line may name one parameter very often', () => {
  // With a copy for each it would take many minutes.
  const { data } = readStructuredData(`[x@1${' a="1"'.repeat(300_000)}] text`);
  expect(data?.['x@1']?.['a']).toHaveLength(300_000);
});

it.each(['Jan  2', 'Jan 2', 'Jan 02'])('the day of %s is read, however it is padded', (day) => {
  const place = { bucket: 'b', key: 'k', lastModified: new Date('2026-01-02T03:20:00Z'), resumeAt: 0 };
  expect(stampTime(`${day} 03:04:09`, place)).toEqual(new Date('2026-01-02T03:04:09Z'));
});

describe('a message of RFC 3164 without a hostname', () => {
  it.each([
    ['su: failed', { message: 'failed', log: { syslog: { appname: 'su' } } }],
    ['sshd[42]: failed', { message: 'failed', log: { syslog: { appname: 'sshd', procid: '42' } } }],
  ])('%s keeps its tag', async (content, document) => {
    const place = { bucket: 'b', key: 'k', lastModified: new Date('2026-01-02T03:20:00Z'), resumeAt: 0 };
    const chunk = async function* (): AsyncGenerator<Uint8Array> {
      await Promise.resolve();
      yield Buffer.from(`<13>Jan  2 03:04:09 ${content}\n`);
    };
    const found: Parsed[] = [];
    for await (const some of syslog(chunk(), place)) found.push(...some);
    expect(found).toMatchObject([{ record: { document } }]);
    expect(JSON.stringify(found)).not.toContain('"host"');
  });
});
