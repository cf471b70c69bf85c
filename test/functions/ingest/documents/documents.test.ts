import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { documentId } from '../../../../functions/ingest/documents/document-id.ts';
import { eventTime } from '../../../../functions/ingest/documents/event-time.ts';
import { indexName, indexNamer } from '../../../../functions/ingest/documents/index-name.ts';
import { timestamps } from '../../../../functions/ingest/documents/timestamp.ts';
import { indexPattern } from '../../../../functions/index-pattern.ts';
import { InvalidSettings } from '../../../../workflow/errors.ts';

const source = { bucket: 'logs', key: 'a/b.gz', versionId: 'v1' };
const at = (
  offset: number,
  part = 0,
  eventId?: string,
): { offset: number; part: number; eventId: string | undefined } => ({
  offset,
  part,
  eventId,
});

describe('the id of a document', () => {
  it("is the event's own, wherever it was delivered", () => {
    const id = '123456789012/e755e09c';
    expect(documentId(at(0, 0, id), source)).toBe(id);
    expect(documentId(at(9, 1, id), { bucket: 'other', key: 'k', versionId: 'v2' })).toBe(id);
  });

  it('is bounded: more than 512 bytes are hashed', () => {
    const longest = 'é'.repeat(256);
    expect(documentId(at(0, 0, longest), source)).toBe(longest);
    const hashed = documentId(at(0, 0, `${longest}x`), source);
    expect(hashed).toMatch(/^[\w-]{27}$/);
    expect(hashed).not.toBe(documentId(at(0, 0, `${longest}y`), source));
  });

  it('stands for the place where there is no event id, so that equal lines stay separate', () => {
    expect(documentId(at(0), source)).toBe(documentId(at(0), { ...source }));
    const others = [
      documentId(at(0), source),
      documentId(at(1), source),
      documentId(at(0, 1), source),
      documentId(at(0), { ...source, key: 'a/c.gz' }),
      documentId(at(0), { ...source, bucket: 'logs2' }),
      documentId(at(0), { ...source, versionId: 'v2' }),
      documentId(at(0), { bucket: 'logs', key: 'a/b.gz', eTag: '"1"' }),
      documentId(at(0), { bucket: 'logs', key: 'a/b.gz', eTag: '"2"' }),
      documentId(at(0), { bucket: 'logs', key: 'a/b.gz' }),
    ];
    expect(new Set(others).size).toBe(others.length);
  });

  it('never changes: documents that are indexed have it', () => {
    expect(documentId(at(12), source)).toBe('Z7ZhTfjGFV0ynVdzaBL3f1_BEL4');
    for (const offset of [0, 7, 2 ** 40]) {
      const place = JSON.stringify(['logs', 'a/b.gz', 'v1', offset, 1]);
      const bits = createHash('sha256').update(place).digest().subarray(0, 20);
      expect(documentId(at(offset, 1), source)).toBe(bits.toString('base64url'));
    }
  });
});

describe('the time of an event', () => {
  const stored = new Date('2026-01-02T03:00:00Z');
  const time = (text: string | undefined): string =>
    eventTime({ time: text === undefined ? undefined : new Date(text) }, stored).toISOString();

  it.each([
    ['its own', '2026-01-02T02:59:59.123Z', '2026-01-02T02:59:59.123Z'],
    ['its own, years ago', '2000-01-01T00:00:00Z', '2000-01-01T00:00:00.000Z'],
    ['its own, a day ahead', '2026-01-03T03:00:00Z', '2026-01-03T03:00:00.000Z'],
    ['that of storing, if it is unknown', undefined, '2026-01-02T03:00:00.000Z'],
    ['that of storing, if it is no time', 'never', '2026-01-02T03:00:00.000Z'],
    ['that of storing, if it is of a clock that was never set', '1999-12-31T23:59:59Z', '2026-01-02T03:00:00.000Z'],
    ['that of storing, if it is in the future', '2026-01-03T03:00:00.001Z', '2026-01-02T03:00:00.000Z'],
  ])('is %s', (_, own, expected) => {
    expect(time(own)).toBe(expected);
  });
});

it('a timestamp is as toISOString writes it, from whatever hour the one before was', () => {
  const write = timestamps();
  const date = fc.date({ min: new Date('1960-01-01'), max: new Date('+020000-01-01'), noInvalidDate: true });
  fc.assert(
    fc.property(date, fc.array(fc.nat(3_600_000), { maxLength: 5 }), (time, later) => {
      for (const milliseconds of [0, ...later]) {
        const one = new Date(time.getTime() + milliseconds);
        expect(write(one)).toBe(one.toISOString());
      }
    }),
    { seed: 6 },
  );
});

describe('the name of an index', () => {
  it.each([
    ['logdata-DDMMYYYY', 'logdata-02012026'],
    ['cwl-YYYY.MM.DD', 'cwl-2026.01.02'],
    ['hourly-YYYY-MM-DD-HH', 'hourly-2026-01-02-03'],
    ['YYYYMM_monthly', '202601_monthly'],
  ])('by %s is %s, in UTC', (pattern, name) => {
    expect(indexName(pattern, new Date('2026-01-02T03:59:59.999Z'))).toBe(name);
  });

  it('is read back by the archive workflow as a period with the time in it', () => {
    const pattern = fc.constantFrom('logdata-DDMMYYYY', 'cwl-YYYY.MM.DD', 'h-HH-DD-MM-YYYY', 'm-MM.YYYY');
    const date = fc.date({ min: new Date('2000-01-01'), max: new Date('2100-01-01'), noInvalidDate: true });
    fc.assert(
      fc.property(pattern, date, (text, time) => {
        const period = indexPattern(text).period(indexName(text, time));
        expect(period && period.from <= time && time < period.to).toBe(true);
      }),
      { seed: 6 },
    );
  });

  it.each(['logs', 'logs-YYYY', 'logs-*-YYYY.MM', 'Logs-YYYY.MM', '-YYYY.MM', 'a/YYYY.MM', '-YYYY.MM.DD'])(
    'is refused by the pattern %s',
    (pattern) => {
      expect(() => indexNamer(pattern)).toThrow(InvalidSettings);
    },
  );
});
