import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { jsonElements } from '../../../../functions/ingest/content/json-elements.ts';
import type { JsonPiece } from '../../../../functions/ingest/content/json-pieces.ts';
import { jsonValues } from '../../../../functions/ingest/content/json-values.ts';
import { parseJson } from '../../../../functions/ingest/content/parse-json.ts';
import { chunked, collectAll, cut } from './streams.ts';

const values = (text: string, from?: number, limit?: number): Promise<JsonPiece[]> =>
  collectAll(jsonValues(chunked(Buffer.from(text), 3), from, limit));
const elements = (text: string, member: string | undefined, limit?: number): Promise<JsonPiece[]> =>
  collectAll(jsonElements(chunked(Buffer.from(text), 3), member, 0, limit));
const read = (pieces: readonly JsonPiece[]): unknown[] =>
  pieces.flatMap((piece) => ('value' in piece ? [piece.value] : []));
const unread = (pieces: readonly JsonPiece[]): string[] =>
  pieces.flatMap((piece) => ('unreadable' in piece ? [piece.unreadable.text] : []));

/** Anything that may stand in a broken line, brackets and quotes above all. */
const garbage = (units: string): fc.Arbitrary<string> =>
  fc.string({ unit: fc.constantFrom(...Array.from(units), '\\', 'x', 'é', ' '), minLength: 1, maxLength: 12 });

describe('numbers', () => {
  it('keep all digits of integers beyond 2^53, as text', () => {
    const text = '{"a":12345678901234567890,"b":[-9007199254740993],"c":9007199254740991,"d":0.1234567890123456789}';
    expect(parseJson(text)?.value).toEqual({
      a: '12345678901234567890',
      b: ['-9007199254740993'],
      c: 9007199254740991,
      d: 0.12345678901234568,
    });
  });
});

describe('values one after the other', () => {
  it('are read with and without white space between them', async () => {
    expect(await values('{"a":1}{"b":"}{"}\n\r\n {"c":[{}]}')).toEqual([
      { offset: 0, value: { a: 1 } },
      { offset: 7, value: { b: '}{' } },
      { offset: 21, value: { c: [{}] } },
    ]);
  });

  it.each([
    ['an object that is cut short, on a line', '{"a":"b\n{"c":1}\n', ['{"a":"b']],
    ['one whose brackets do not close', '{"a":1\n{"c":1}\n', ['{"a":1']],
    ['one that is no JSON inside', '{"a":,}\n{"c":1}', ['{"a":,}']],
    ['one that is no JSON, before another on its line', '{"a":,}{"c":1}', ['{"a":,}']],
    ['something that is no object', '17 "text"\n{"c":1}', ['17 "text"']],
    ['something between objects', ',{"c":1}', [',']],
    ['brackets without end', `${'{"a":['.repeat(400)}\n{"c":1}`, ['{"a":['.repeat(400)]],
  ])('are found after %s', async (_, text, lost) => {
    const pieces = await values(text);
    expect(read(pieces)).toEqual([{ c: 1 }]);
    expect(unread(pieces)).toEqual(lost);
  });

  it('beyond the limit are unreadable, and passed over', async () => {
    const long = `{"a":"${'x'.repeat(100)}"}`;
    for (const text of [`${long}{"c":1}`, `${long}\n{"c":1}`]) {
      const pieces = await values(text, 0, 20);
      expect(read(pieces)).toEqual([{ c: 1 }]);
      expect(pieces[0]).toMatchObject({ unreadable: { offset: 0, reason: 'a value of more than 20 bytes' } });
    }
  });

  it('are all found between broken lines, however the bytes are cut, and nothing is lost', async () => {
    const line = fc.oneof(
      fc.nat(99).map((n) => `{"n":${n},"s":"\\"}{"}`),
      garbage('{}[]":,'),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(line, { maxLength: 8 }), fc.array(fc.nat(9)), async (all, sizes) => {
        const bytes = Buffer.from(all.join('\n'));
        const whole = await collectAll(jsonValues(chunked(bytes, 10_000)));
        expect(await collectAll(jsonValues(cut(bytes, sizes)))).toEqual(whole);
        const good = all.filter((text) => text.startsWith('{"n"')).map((text) => JSON.parse(text) as unknown);
        expect(read(whole)).toEqual(expect.arrayContaining(good));
        expect(covered(whole, bytes)).toBe('');
      }),
      { seed: 6, numRuns: 400 },
    );
  });
});

/** What of the bytes, but white space, no piece accounts for. */
function covered(pieces: readonly JsonPiece[], bytes: Buffer): string {
  const rest = Buffer.from(bytes);
  const spans = pieces.map((piece) => {
    const offset = 'unreadable' in piece ? piece.unreadable.offset : piece.offset;
    const length = 'unreadable' in piece ? Buffer.byteLength(piece.unreadable.text) : undefined;
    return { offset, length };
  });
  for (const [index, { offset, length }] of spans.entries()) {
    const next = spans[index + 1]?.offset ?? bytes.length;
    rest.fill(' ', offset, length === undefined ? next : offset + length);
  }
  return rest.toString().trim();
}

describe('elements of an array', () => {
  const document = '{"x":[1,{"Records":[0]}],"y":"Records","Records":[{"a":1}, {"b":"]}"},\n{"c":[2]}],"z":{}}';

  it('are those of the named member, and only of the outermost object', async () => {
    expect(read(await elements(document, 'Records'))).toEqual([{ a: 1 }, { b: ']}' }, { c: [2] }]);
  });

  it('are those of a document that is an array', async () => {
    expect(await elements(' [{"a":1},{"b":[]}]\n', undefined)).toEqual([
      { offset: 2, value: { a: 1 } },
      { offset: 10, value: { b: [] } },
    ]);
    expect(await elements('[]', undefined)).toEqual([]);
  });

  it('are read of several documents', async () => {
    expect(read(await elements('{"Records":[{"a":1}]}\n{"Records":[]}{"Records":[{"b":1}]}', 'Records'))).toEqual([
      { a: 1 },
      { b: 1 },
    ]);
  });

  it.each([
    ['a document without the array', '{"other":[1]}', 'a document without array "Records"', '{"other":[1]}'],
    [
      'a document that ends before it',
      '{"other":',
      'a document that does not end, without array "Records"',
      '{"other":',
    ],
    ['an array of another document', '{"x":1}', 'a document without array "Records"', '{"x":1}'],
    ['something that is no object', '[1]', 'not a JSON object', '[1]'],
    ['an array that does not end', '{"Records":[', 'the array "Records" does not end', ''],
  ])('are missed in %s', async (_, text, reason, kept) => {
    expect(await elements(text, 'Records')).toEqual([
      { unreadable: { offset: reason.includes('the array') ? text.length : 0, reason, text: kept } },
    ]);
  });

  it.each([
    ['one that is no JSON', '{"Records":[{"a":,},{"c":1}]}', ['{"a":,}']],
    ['one with a bracket left open', '{"Records":[{"a":[1},{"c":1}]}', ['{"a":[1}']],
    ['one that is not closed, on a line', '{"Records":[{"a":{1},\n{"c":1}\n]}', ['{"a":{1},']],
    ['a string that is not closed, on a line', '{"Records":[\n{"a":"b},\n{"c":1}\n]}', ['{"a":"b},']],
    ['one whose bracket another closes, on a line', '{"Records":[\n[,\n{"c":1}\n]}', ['[,']],
    ['one beyond the limit', `{"Records":[{"a":"${'x'.repeat(60)}"},{"c":1}]}`, [`{"a":"${'x'.repeat(14)}`]],
  ])('are found after %s', async (_, text, lost) => {
    const pieces = await elements(text, 'Records', 20);
    expect(read(pieces)).toEqual([{ c: 1 }]);
    expect(unread(pieces)).toEqual(lost);
  });

  it('are all found between broken ones, however the bytes are cut, and from the offset of each', async () => {
    const line = fc.oneof(
      fc.nat(99).map((n) => `{"n":${n},"s":"]}\\""}`),
      garbage('{}[":,'),
    );
    const member = fc.constantFrom('Records', undefined);
    await fc.assert(
      fc.asyncProperty(member, fc.array(line, { maxLength: 6 }), fc.array(fc.nat(9)), async (name, all, sizes) => {
        const array = `[\n${all.join(',\n')}\n]`;
        const bytes = Buffer.from(name === undefined ? array : `{"a":{"Records":[{}]},"Records":${array},"b":0}`);
        const whole = await collectAll(jsonElements(chunked(bytes, 10_000), name));
        expect(await collectAll(jsonElements(cut(bytes, sizes), name))).toEqual(whole);
        const good = all.filter((text) => text.startsWith('{"n"')).map((text) => JSON.parse(text) as unknown);
        expect(read(whole)).toEqual(expect.arrayContaining(good));
        for (const [index, piece] of whole.entries()) {
          if ('unreadable' in piece) continue;
          const rest = await collectAll(jsonElements(chunked(bytes.subarray(piece.offset), 7), name, piece.offset));
          expect(rest).toEqual(whole.slice(index));
        }
      }),
      { seed: 6, numRuns: 300 },
    );
  });
});
