import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { inflate } from '../../../../functions/ingest/content/inflate.ts';
import { skip } from '../../../../functions/ingest/content/skip.ts';
import { ContentUnreadable, StoreUnavailable } from '../../../../workflow/errors.ts';
import { chunked, collect, collectUntilFailure, cut } from './streams.ts';

const golden = (name: string): Buffer =>
  readFileSync(new URL(`../../../golden/ingest/compressed/${name}`, import.meta.url));
const inflated = async (bytes: Buffer, size = bytes.length): Promise<string> =>
  Buffer.concat(await collect(inflate(chunked(bytes, Math.max(size, 1))))).toString('latin1');
const zeros = Buffer.alloc(700);
const skippable = Buffer.from([0x50, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 1, 2, 3]);

describe('what is inflated', () => {
  const [gz, zst] = [(text: string): Buffer => gzipSync(text), (text: string): Buffer => zstdCompressSync(text)];
  it.each([
    ['plain text', Buffer.from('hello'), 'hello'],
    ['nothing', Buffer.alloc(0), ''],
    ['one byte', Buffer.from([0x1f]), '\x1f'],
    ['text that begins like bzip2', Buffer.from('BZh9 is no magic number'), 'BZh9 is no magic number'],
    ['gzip', gz('hello'), 'hello'],
    ['gzip of nothing', gz(''), ''],
    ['several gzip members', Buffer.concat([gz('one,'), gz(''), gz('two')]), 'one,two'],
    ['gzip with zero padding at the end', Buffer.concat([gz('one,'), gz('two'), zeros]), 'one,two'],
    ['gzip with zero padding between members', Buffer.concat([gz('one,'), zeros, gz('two')]), 'one,two'],
    ['zstd', zst('hello'), 'hello'],
    ['several zstd frames', Buffer.concat([zst('one,'), zst(''), zst('two')]), 'one,two'],
    ['skippable zstd frames', Buffer.concat([skippable, zst('one,'), skippable, zst('two')]), 'one,two'],
    ['several bzip2 streams', golden('two-streams.bz2'), 'first line\nsecond line\nthird line\n'],
    [
      'bzip2 with zero padding',
      Buffer.concat([golden('two-streams.bz2'), zeros]),
      'first line\nsecond line\nthird line\n',
    ],
  ])('%s, in chunks of any size', async (_, bytes, text) => {
    for (const size of [1, 2, 7, 64, bytes.length]) expect(await inflated(bytes, size)).toBe(text);
  });

  it('bzip2 of several blocks, with runs of every length', async () => {
    for (const size of [100, 1_000_000]) {
      const content = Buffer.from(await inflated(golden('runs.bz2'), size), 'latin1');
      expect(content).toHaveLength(266_903);
      expect(createHash('sha256').update(content).digest('hex')).toBe(
        'f10a4bd1be33f8a4cb8885d7e24e43026d6c1d51cca5d6dd8c51d6b90058e6ef',
      );
    }
  });
});

describe('what cannot be inflated', () => {
  const kinds: [string, Buffer][] = [
    ['gzip', Buffer.concat([gzipSync('x'.repeat(1000)), gzipSync('y'.repeat(50))])],
    ['zstd', Buffer.concat([zstdCompressSync('x'.repeat(1000)), zstdCompressSync('y'.repeat(50))])],
    ['bzip2', golden('two-streams.bz2')],
  ];

  it.each(kinds)('%s that is cut short, or followed by something else', async (_, bytes) => {
    for (const damaged of [bytes.subarray(0, -3), Buffer.concat([bytes, Buffer.from('something else')])]) {
      for (const size of [1, damaged.length]) {
        await expect(inflated(damaged, size)).rejects.toBeInstanceOf(ContentUnreadable);
      }
    }
  });

  it.each(kinds)('%s with a flipped bit fails by name, or gives what it gave', async (_, bytes) => {
    const whole = await inflated(bytes);
    for (let bit = 80; bit < bytes.length * 8; bit += 5) {
      const damaged = Buffer.from(bytes);
      damaged[bit >> 3]! ^= 1 << (bit & 7);
      const { got, failure } = await collectUntilFailure(inflate(chunked(damaged, damaged.length)));
      // Some header fields (a time, a file name) mean nothing to the content; zstd frames of this size have no checksum.
      if (failure !== undefined) expect(failure).toBeInstanceOf(ContentUnreadable);
      else if (!bytes.includes(Buffer.from([0x28, 0xb5, 0x2f, 0xfd]))) {
        expect(Buffer.concat(got).toString('latin1')).toBe(whole);
      }
    }
  });

  it('bytes after a magic number that mean nothing', async () => {
    const magics = ['1f8b08', '28b52ffd', '425a6839314159265359'].map((magic) => Buffer.from(magic, 'hex'));
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...magics), fc.uint8Array({ maxLength: 400 }), async (magic, rest) => {
        const { failure } = await collectUntilFailure(inflate(chunked(Buffer.concat([magic, rest]), 1000)));
        expect(failure).toBeInstanceOf(ContentUnreadable);
      }),
      { seed: 6, numRuns: 200 },
    );
  });

  it('an endless run of bzip2 codes', async () => {
    const stream = golden('two-streams.bz2');
    await expect(inflated(Buffer.concat([stream.subarray(0, 40), Buffer.alloc(5000)]))).rejects.toBeInstanceOf(
      ContentUnreadable,
    );
  });
});

describe('the stream of an object', () => {
  it('that breaks fails with its own error, not as a damaged object', async () => {
    const content = gzipSync(Buffer.from('abc'.repeat(1000)));
    const broken = async function* (): AsyncGenerator<Uint8Array> {
      yield await Promise.resolve(content.subarray(0, 15));
      throw new StoreUnavailable('connection reset');
    };
    for (const bytes of [inflate(broken()), skip(inflate(broken()), 1)]) {
      expect((await collectUntilFailure(bytes)).failure).toBeInstanceOf(StoreUnavailable);
    }
  });

  it('is closed when nobody reads on', async () => {
    for (const content of [Buffer.from('plain'), gzipSync('x'.repeat(100_000)), golden('runs.bz2')]) {
      let closed = false;
      const source = async function* (): AsyncGenerator<Uint8Array> {
        try {
          for (;;) yield await Promise.resolve(content);
        } finally {
          closed = true;
        }
      };
      for await (const _chunk of inflate(source())) break;
      expect(closed).toBe(true);
    }
  });
});

describe('skipping', () => {
  it('passes over exactly as many bytes as asked, however they are cut', async () => {
    const bytes = Buffer.from(Array.from({ length: 60 }, (_, index) => index));
    await fc.assert(
      fc.asyncProperty(fc.nat(60), fc.array(fc.integer({ min: 0, max: 20 })), async (count, sizes) => {
        expect(Buffer.concat(await collect(skip(cut(bytes, sizes), count)))).toEqual(bytes.subarray(count));
      }),
      { seed: 6 },
    );
  });

  it('refuses to go beyond the end', async () => {
    await expect(collect(skip(chunked(Buffer.alloc(10), 3), 11))).rejects.toBeInstanceOf(ContentUnreadable);
  });
});
