import fc from 'fast-check';
import { expect, it } from 'vitest';
import { BulkBody, fits } from '../../../../functions/ingest/bulk/bulk-body.ts';
import type { DocumentItem, RecordSource } from '../../../../functions/ingest/bulk/bulk-item.ts';
import { Progress } from '../../../../functions/ingest/bulk/progress.ts';
import { createLines } from '../../../../ports/document-writer.ts';

const source: RecordSource = {
  facts: { bucket: 'logs', key: 'a' },
  date: new Date('2026-01-02T03:04:05Z'),
  progress: new Progress({ offset: 0, header: undefined }),
};
/** Index, id and a text: of letters of one to four bytes, with what JSON escapes. */
const text = fc.string({ unit: fc.constantFrom('a', '"', '\\', '\n', 'é', '€', '🌳', '\u0000'), maxLength: 30 });
const item = fc
  .record({ id: text, message: text, offset: fc.nat(), part: fc.nat(3) })
  .map(({ id, message, offset, part }): DocumentItem => ({
    source,
    offset,
    part,
    index: `logs-${part}`,
    // An id is text of UTF-8.
    id: id.toWellFormed(),
    document: JSON.stringify({ message }),
  }));
const linesOf = ({ index, id, document }: DocumentItem): string => createLines(index, id, document);
const bodyOf = (items: readonly DocumentItem[], room: number): BulkBody => {
  const body = BulkBody.empty(room);
  for (const one of items) {
    const lines = linesOf(one);
    expect(body.add(lines, { source, offset: one.offset, part: one.part })).toBe(Buffer.byteLength(lines));
  }
  return body;
};
const showsAll = (body: BulkBody, items: readonly DocumentItem[]): void => {
  expect(body.count).toBe(items.length);
  expect(body.bytes.toString()).toBe(items.map(linesOf).join(''));
  expect(items.map((_, number) => body.item(number))).toEqual(items);
};

it('holds the documents that it was given, with room for them or without', () => {
  fc.assert(
    fc.property(fc.array(item), fc.nat(2000), (items, room) => showsAll(bodyOf(items, room), items)),
    { seed: 6 },
  );
});

it('gives any of its documents a body of their own', () => {
  fc.assert(
    fc.property(fc.array(item), fc.nat(30), fc.nat(30), (items, one, other) => {
      const body = bodyOf(items, 1000);
      const [from = 0, to = 0] = [one, other].map((cut) => Math.min(cut, items.length)).sort((a, b) => a - b);
      showsAll(body.part(from, to), items.slice(from, to));
      const odd = items.flatMap((_, number) => (number % 2 === 1 ? [number] : []));
      const picked = body.only(odd);
      const isOdd = (_: DocumentItem, number: number): boolean => number % 2 === 1;
      showsAll(picked, items.filter(isOdd));
      // It shares nothing with the one that it was picked from.
      body.clear();
      body.add('x'.repeat(900), { source, offset: 0, part: 0 });
      showsAll(picked, items.filter(isOdd));
    }),
    { seed: 6 },
  );
});

it('is filled again after it was cleared', () => {
  fc.assert(
    fc.property(fc.array(item), fc.array(item), (first, second) => {
      const body = bodyOf(first, 500);
      body.clear();
      showsAll(body, []);
      for (const one of second) body.add(linesOf(one), { source, offset: one.offset, part: one.part });
      showsAll(body, second);
    }),
    { seed: 6 },
  );
});

it('knows what fits by its bytes, not its letters', () => {
  fc.assert(
    fc.property(text, fc.nat(120), (some, bytes) => {
      expect(fits(some, bytes)).toBe(Buffer.byteLength(some) <= bytes);
    }),
    { seed: 6 },
  );
});
