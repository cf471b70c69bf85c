import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { canonicalBytes } from '../../archive/canonical.ts';
import { compositeSha256, sha256Hex } from '../../archive/digest.ts';
import { mappingSha256, settle, sourceSha256 } from '../../archive/observe.ts';

const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString('utf8');

describe('canonical JSON', () => {
  it('is RFC 8785 and one line feed', () => {
    // The example of RFC 8785, section 3.2.3, its numbers and its order of members.
    const value = {
      numbers: [Number('333333333.33333329'), 1e30, 4.5, 2e-3, 1e-27],
      '\u20ac': 1,
      '\r': 2,
      '\ufb33': 3,
      '1': 4,
      '\ud83d\ude00': 5,
    };
    expect(text(canonicalBytes(value))).toBe(
      '{"\\r":2,"1":4,"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],"€":1,"😀":5,"\ufb33":3}\n',
    );
  });

  it.each([[Number.NaN], [{ a: Infinity }], [['\ud800']], [undefined]])('refuses %s', (value) => {
    expect(() => canonicalBytes(value)).toThrow(expect.objectContaining({ name: 'FormatInvalid' }));
  });
});

describe('composite SHA-256', () => {
  const part = (content: string): string => createHash('sha256').update(content).digest('base64');

  it('is the digest of the digests and the number of parts', () => {
    // printf hello | openssl dgst -sha256 -binary > d; printf world | openssl dgst -sha256 -binary >> d; openssl dgst -sha256 -binary d | base64
    expect(compositeSha256([part('hello'), part('world')])).toBe('cwXbmyq8zXBsJW2z2X5f9I1nfP5NOlkEr7faDjlQ4eI=-2');
  });

  it('depends on the order of the parts', () => {
    expect(compositeSha256([part('a'), part('b')])).not.toBe(compositeSha256([part('b'), part('a')]));
  });

  it.each([[[]], [['']], [['aGVsbG8=']], [[part('a').slice(0, -1)]], [[`${part('a')} `]]])('refuses %j', (parts) => {
    expect(() => compositeSha256(parts)).toThrow(expect.objectContaining({ name: 'FormatInvalid' }));
  });
});

describe('digest of a document', () => {
  it('is that of its canonical JSON without a line feed', () => {
    expect(sourceSha256({ b: 1, a: [true] })).toBe(sha256Hex(Buffer.from('{"a":[true],"b":1}')));
  });

  it('does not depend on member order or spelling of numbers', () => {
    expect(sourceSha256(JSON.parse('{"a":1.0,"b":{"c":1e2,"d":2}}'))).toBe(
      sourceSha256(JSON.parse('{"b":{"d":2,"c":100},"a":1}')),
    );
  });

  it('takes a lone surrogate as U+FFFD, in values and in names', () => {
    expect(sourceSha256(JSON.parse('{"s\\ud800":["x\\udc00"]}'))).toBe(sourceSha256({ 's\ufffd': ['x\ufffd'] }));
  });

  it('sees a member named __proto__', () => {
    expect(sourceSha256(JSON.parse('{"__proto__":{"a":1}}'))).not.toBe(sourceSha256({}));
  });

  it('differs when a mapping differs', () => {
    expect(mappingSha256({ properties: { a: { type: 'long' } } })).not.toBe(
      mappingSha256({ properties: { a: { type: 'keyword' } } }),
    );
  });
});

describe('settling what the snapshot holds', () => {
  const hash = (letter: string): string => letter.repeat(64);
  const before = {
    name: 'logdata-01012026',
    uuid: 'u',
    documents: 10,
    mappingSha256: hash('m'),
    shards: [{ maxSeqNo: 4 }, { maxSeqNo: 6 }],
    samples: [
      { id: '1', sourceSha256: hash('a') },
      { id: '2', sourceSha256: hash('b') },
      { id: '3', sourceSha256: hash('c') },
    ],
  };

  it('is exact when nothing was written meanwhile', () => {
    const settled = settle(before, before);
    expect(settled).toMatchObject({ documents: { count: 10, exact: true }, samples: before.samples });
  });

  it.each([
    ['a document more', { documents: 11, shards: before.shards }],
    ['as many documents, one of them written anew', { documents: 10, shards: [{ maxSeqNo: 4 }, { maxSeqNo: 7 }] }],
    ['another number of shards', { documents: 10, shards: [{ maxSeqNo: 4 }] }],
  ])('records the numbers of before, as not exact, after %s', (_, after) => {
    expect(settle(before, { ...after, samples: before.samples })).toMatchObject({
      documents: { count: 10, exact: false },
      shards: before.shards,
      samples: before.samples,
    });
  });

  it('keeps of a moving index the samples that stayed the same', () => {
    const samples = [
      { id: '3', sourceSha256: hash('c') },
      { id: '1', sourceSha256: hash('x') },
    ];
    expect(settle(before, { documents: 11, shards: before.shards, samples }).samples).toEqual([
      { id: '3', sourceSha256: hash('c') },
    ]);
  });
});
