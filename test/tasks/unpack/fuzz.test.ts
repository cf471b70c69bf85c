import { posix } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { openVolume } from '../../../tasks/unpack/open-volume.ts';
import { wantedPaths } from '../../../tasks/unpack/repository-paths.ts';
import { HostileEntry, VolumeCorrupt } from '../../../workflow/errors.ts';
import { prefix, repositoryIds } from './archived.ts';
import { block, paxHeader, paxRecord, withChecksum } from './hostile-tars.ts';
import { type Files, inPieces, membersOf, sha256, tarOf } from './sealed.ts';

const seed = 20260102;
const files: Files = [
  ['index-0', Buffer.alloc(700, 'i')],
  ['index.latest', Buffer.alloc(8)],
  ['snap-Zk1.dat', Buffer.alloc(511, 's')],
  ['indices/AbC_-1/0/__one', Buffer.alloc(1024, '1')],
  ['indices/AbC_-1/0/empty', Buffer.alloc(0)],
  [`indices/xyz/0/${'n'.repeat(300)}`, Buffer.alloc(3, 'n')],
  ['indices/xyz/é', Buffer.alloc(513, '2')],
];
const goodTar = await tarOf(files);
const volume = {
  bytes: 1_000_000,
  tar: { bytes: goodTar.byteLength, sha256: sha256(goodTar) },
  objects: files.length,
};

type Change = (tar: Buffer) => Buffer;
const applied = (changes: readonly Change[], tar: Buffer): Buffer =>
  changes.reduce<Buffer>((altered, change) => change(altered), Buffer.from(tar));

const paths = fc.oneof(
  fc.constantFrom(
    '/',
    '..',
    '../..',
    '/etc/passwd',
    'a/../../b',
    'indices/AbC_-1/../../..',
    './index-0',
    'index-0/',
    '',
  ),
  fc.constantFrom('indices/AbC_-1/0/../x', 'indices/xyz//a', 'indices\\xyz\\a', 'indices/xyz/\u0000', 'restored/x'),
  fc.constantFrom('index-0', 'indices/xyz/0/new', 'indices/abc/0/a', 'meta-x.dat', '__proto__', 'constructor'),
  fc.stringMatching(/^[a-z./\\\0]{0,12}$/),
  fc.string({ unit: 'binary', maxLength: 120 }),
);
const numbers = fc.oneof(
  fc.stringMatching(/^[0-7]{11}$/).map((digits) => `${digits}\0`),
  fc.constantFrom('00000000000\0', '77777777777\0', '-0000000001\0', '\x80\0\0\0\0\0\0\0\0\0\x10\0', '            '),
  fc.string({ unit: 'binary', maxLength: 12 }),
);
/** Offset and width of a header's fields, and what may come to stand there. */
const field = fc.oneof(
  fc.tuple(fc.constant(0), fc.constant(100), paths),
  fc.tuple(fc.constant(345), fc.constant(155), paths),
  fc.tuple(fc.constant(124), fc.constant(12), numbers),
  fc.tuple(fc.constant(156), fc.constant(1), fc.string({ unit: 'binary', minLength: 1, maxLength: 1 })),
  fc.tuple(fc.constant(156), fc.constant(1), fc.constantFrom('0', 'x', 'g', 'L', 'K', 'S', '1', '2', '5', '\0')),
  fc.tuple(fc.constant(157), fc.constant(100), paths),
  fc.tuple(fc.constant(257), fc.constant(8), fc.constantFrom('ustar  \0', 'ustar\x0000', '')),
  fc.tuple(fc.nat(511), fc.nat(40), fc.string({ unit: 'binary', maxLength: 40 })),
);

/** A position that is a multiple of a block, in a tar of whatever length. */
const blockOf = (tar: Buffer, which: number): number =>
  (which % Math.max(1, Math.floor(tar.byteLength / block))) * block;
/** Headers are changed more often than content: the first block that looks like one, from `which` on. */
function headerOf(tar: Buffer, which: number): number {
  const blocks = Math.max(1, Math.floor(tar.byteLength / block));
  for (let step = 0; step < blocks; step += 1) {
    const at = ((which + step) % blocks) * block;
    if (tar.toString('latin1', at + 257, at + 262) === 'ustar') return at;
  }
  return 0;
}

const change: fc.Arbitrary<Change> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc
      .tuple(fc.nat(40), field, fc.integer({ min: 0, max: 9 }))
      .map(([which, [at, width, text], honest]): Change => (tar) => {
        const start = headerOf(tar, which);
        if (start + block > tar.byteLength) return tar;
        const header = tar.subarray(start, start + block);
        header.fill(0, at, Math.min(at + width, block));
        header.write(text, at, Math.max(0, Math.min(width, block - at)), 'latin1');
        if (honest > 0) withChecksum(header);
        return tar;
      }),
  },
  {
    weight: 2,
    arbitrary: fc
      .tuple(
        fc.nat(40),
        fc.array(
          fc.tuple(
            fc.constantFrom('path', 'size', 'linkpath', 'mtime', 'GNU.sparse.name'),
            fc.oneof(paths, numbers),
            fc.option(fc.nat(2000), { freq: 4, nil: undefined }),
          ),
          { maxLength: 3 },
        ),
      )
      .map(([which, records]): Change => (tar) => {
        const at = headerOf(tar, which);
        const text = records.map(([keyword, value, stated]) => paxRecord(keyword, value, stated)).join('');
        return Buffer.concat([tar.subarray(0, at), paxHeader(text), tar.subarray(at)]);
      }),
  },
  fc.nat(20_000).map(
    (bytes): Change =>
      (tar) =>
        tar.subarray(0, bytes % (tar.byteLength + 1)),
  ),
  fc.tuple(fc.nat(20_000), fc.integer({ min: 1, max: 255 })).map(([at, mask]): Change => (tar) => {
    if (tar.byteLength > 0) tar[at % tar.byteLength]! ^= mask;
    return tar;
  }),
  fc.tuple(fc.nat(40), fc.nat(40)).map(([from, to]): Change => (tar) => {
    const [a, b] = [blockOf(tar, from), blockOf(tar, to)];
    return Buffer.concat([tar.subarray(0, b), tar.subarray(a, a + block), tar.subarray(b)]);
  }),
  fc.nat(40).map((which): Change => (tar) => {
    const at = blockOf(tar, which);
    return Buffer.concat([tar.subarray(0, at), tar.subarray(at + block)]);
  }),
  fc.tuple(fc.nat(40), fc.uint8Array({ maxLength: 1100 })).map(([which, bytes]): Change => (tar) => {
    const at = blockOf(tar, which);
    return Buffer.concat([tar.subarray(0, at), bytes, tar.subarray(at)]);
  }),
);

const isWanted = wantedPaths({ repositoryIds, wantedRepositoryIds: repositoryIds, volume: 1 });

/** What a reader of the volume would have written, or the error that it ended with. */
async function read(
  outer: Buffer,
  limits: typeof volume,
  pieceBytes: number,
): Promise<{ written: string[]; error?: unknown }> {
  const written: string[] = [];
  let bytes = 0;
  try {
    await openVolume(inPieces(outer, pieceBytes), limits, async ({ path }, body) => {
      if (isWanted(path)) written.push(path);
      for await (const chunk of body) bytes += chunk.byteLength;
      expect(bytes).toBeLessThanOrEqual(outer.byteLength);
    });
    return { written };
  } catch (error) {
    return { written, error };
  }
}

const allowed = /^(index-\d+|index\.latest|(snap|meta)-[A-Za-z0-9_-]+\.dat|indices\/(AbC_-1|xyz)\/.+)$/u;

function requireHarmless({ written, error }: { written: string[]; error?: unknown }): void {
  // By instance: a named error of another kind is none of a reader's.
  if (error !== undefined) expect([HostileEntry, VolumeCorrupt]).toContain((error as object).constructor);
  for (const path of written) {
    expect(posix.normalize(prefix + path)).toBe(prefix + path);
    expect(path).toMatch(allowed);
  }
  expect(new Set(written).size).toBe(written.length);
  expect(written.length).toBeLessThanOrEqual(files.length);
}

const pieces = fc.constantFrom(700, 65_536, 65_536);

test(
  '7,000 altered data.tar in volumes whose other members agree are refused by name, or are the original',
  { timeout: 60_000 },
  async () => {
    const outcomes = { accepted: 0, HostileEntry: 0, VolumeCorrupt: 0 };
    await fc.assert(
      fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 3 }), pieces, async (changes, pieceBytes) => {
        const altered = applied(changes, goodTar);
        const outer = await tarOf(membersOf(altered, files));
        // As if the manifest had been made for it: the reader must find out by the tar alone.
        const limits = { ...volume, tar: { bytes: altered.byteLength, sha256: sha256(altered) } };
        const result = await read(outer, limits, pieceBytes);
        requireHarmless(result);
        if (result.error === undefined) {
          outcomes.accepted += 1;
          expect(result.written).toEqual(files.map(([path]) => path));
        } else outcomes[(result.error as HostileEntry | VolumeCorrupt).name] += 1;
      }),
      { numRuns: 7000, seed },
    );
    // Times, modes and owners may be anything; the changes are such that each outcome is often reached.
    for (const [outcome, count] of Object.entries(outcomes)) expect(count, outcome).toBeGreaterThan(100);
  },
);

test('3,000 altered outer tars are refused by name, or are the original', { timeout: 60_000 }, async () => {
  const good = await tarOf(membersOf(goodTar, files));
  await fc.assert(
    fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 2 }), pieces, async (changes, pieceBytes) => {
      const outer = applied(changes, good);
      const result = await read(outer, volume, pieceBytes);
      requireHarmless(result);
      if (result.error === undefined) expect(result.written).toEqual(files.map(([path]) => path));
    }),
    { numRuns: 3000, seed },
  );
});

test('2,000 streams of random bytes are refused by name', { timeout: 60_000 }, async () => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 3000 }), pieces, async (bytes, pieceBytes) => {
      const result = await read(Buffer.from(bytes), volume, pieceBytes);
      requireHarmless(result);
      expect(result.error).toBeDefined();
    }),
    { numRuns: 2000, seed },
  );
});

test('the original is accepted, byte by byte too', async () => {
  const good = await tarOf(membersOf(goodTar, files));
  for (const pieceBytes of [1, 511, 512, 513, 1_000_000])
    expect(await read(good, volume, pieceBytes)).toEqual({ written: files.map(([path]) => path) });
});
