import fc from 'fast-check';
import { expect, it } from 'vitest';
import { lines } from '../../../../functions/ingest/content/lines.ts';
import { chunked, collectAll, cut } from './streams.ts';

const read = (text: string, from?: number, limit?: number): ReturnType<typeof collectAll> =>
  collectAll(lines(chunked(Buffer.from(text), 5), from, limit));

it('ends lines with LF or CRLF, the last one without', async () => {
  expect(await read('one\ntwo\r\n\nthrée\r')).toEqual([
    { offset: 0, text: 'one' },
    { offset: 4, text: 'two' },
    { offset: 9, text: '' },
    { offset: 10, text: 'thrée' },
  ]);
  expect(await read('')).toEqual([]);
});

it('leaves out a byte order mark at the beginning of the object, and only there', async () => {
  expect(await read('\ufeffone\n\ufefftwo')).toEqual([
    { offset: 0, text: 'one' },
    { offset: 7, text: '\ufefftwo' },
  ]);
  expect(await read('\ufeffone', 3)).toEqual([{ offset: 3, text: '\ufeffone' }]);
});

it('gives a line of the longest length, and one longer as unreadable', async () => {
  const [longest, longer] = ['x'.repeat(20), 'y'.repeat(21)];
  const reason = 'a line of more than 20 bytes';
  expect(await read(`${longest}\n${longer}\nz\n${longer}`, 0, 20)).toEqual([
    { offset: 0, text: longest },
    { unreadable: { offset: 21, reason, text: 'y'.repeat(20) } },
    { offset: 43, text: 'z' },
    { unreadable: { offset: 45, reason, text: 'y'.repeat(20) } },
  ]);
});

it('gives the same lines however the bytes are cut, each at its offset', async () => {
  const text = fc.string({ unit: fc.constantFrom('a', 'é', '🌳', '\n', '\r', ' '), maxLength: 60 });
  await fc.assert(
    fc.asyncProperty(text, fc.array(fc.nat(9)), fc.integer({ min: 1, max: 12 }), async (content, sizes, limit) => {
      const bytes = Buffer.from(content);
      const whole = await collectAll(lines(chunked(bytes, 1000), 0, limit));
      expect(await collectAll(lines(cut(bytes, sizes), 0, limit))).toEqual(whole);
      const ends = [...content.matchAll(/\n/g)].length + (content === '' || content.endsWith('\n') ? 0 : 1);
      expect(whole).toHaveLength(ends);
      for (const line of whole) {
        if ('unreadable' in line) continue;
        expect(bytes.subarray(line.offset).toString().startsWith(line.text)).toBe(true);
      }
    }),
    { seed: 6 },
  );
});
