import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DEFAULT_TARGET_BYTES, packVolumes, type PackRequest } from '../../archive/pack.ts';
import type { PlannedObject } from '../../archive/plan.ts';

const GiB = 1024 ** 3;
const archiveId = 'logdata-2026-01-02t02-00-00-a1b2c3';
const bytesOf = (objects: readonly PlannedObject[]): number => objects.reduce((sum, { bytes }) => sum + bytes, 0);
const root = [
  { key: 'index-0', bytes: 1044 },
  { key: 'index.latest', bytes: 8 },
];
/** One index of equal shards, each of equal objects. */
const indexOf = (id: string, shards: number, objects: number, bytes: number): PlannedObject[] => [
  { key: `indices/${id}/meta-x.dat`, bytes: 800 },
  ...Array.from({ length: shards }, (_, shard) =>
    Array.from({ length: objects }, (_, n) => ({ key: `indices/${id}/${shard}/__${n}`, bytes })),
  ).flat(),
];
const pack = (request: Partial<PackRequest>): ReturnType<typeof packVolumes> =>
  packVolumes({ archiveId, objects: [], indices: [], parallelism: 1, ...request });
const ab = [
  { name: 'a-index', repositoryId: 'A' },
  { name: 'b-index', repositoryId: 'B' },
];

describe('packing volumes', () => {
  it('puts a small repository into one volume', () => {
    const objects = [...indexOf('B', 2, 2, 100), ...indexOf('A', 1, 1, 100), ...root];
    const [volume, ...rest] = pack({ objects, indices: ab, parallelism: 8 });
    expect(rest).toEqual([]);
    expect(volume).toMatchObject({
      number: 1,
      key: `archives/${archiveId}/volume-00001.tar.pgp`,
      indices: ['a-index', 'b-index'],
    });
    expect(volume?.objects.map(({ key }) => key).slice(0, 4)).toEqual([
      'index-0',
      'index.latest',
      'indices/A/0/__0',
      'indices/A/meta-x.dat',
    ]);
  });

  it('keeps an index together that fits', () => {
    const objects = [...root, ...indexOf('A', 2, 3, 100), ...indexOf('B', 2, 3, 100)];
    const volumes = pack({ objects, indices: ab, targetBytes: 2500 });
    expect(volumes.map(({ indices }) => indices)).toEqual([['a-index'], ['b-index']]);
  });

  it('cuts an index above the target by shards', () => {
    const volumes = pack({ objects: [...root, ...indexOf('A', 3, 2, 500)], indices: ab, targetBytes: 1200 });
    const shards = volumes.map(({ objects }) => [...new Set(objects.map(({ key }) => key.split('/')[2]))]);
    expect(shards.slice(1)).toEqual([['meta-x.dat'], ['0'], ['1'], ['2']]);
  });

  it('cuts a shard above the target by objects', () => {
    const volumes = pack({ objects: [...root, ...indexOf('A', 1, 3, 1000)], indices: ab, targetBytes: 1100 });
    expect(volumes.map(({ objects }) => objects.length)).toEqual([2, 1, 1, 1, 1]);
  });

  it('uses parallelism above 2 GiB, with volumes of at least 1 GiB', () => {
    const many = (count: number, each: number): PlannedObject[] => [...root, ...indexOf('A', count, 1, each)];
    const volumes = (objects: PlannedObject[], parallelism: number): number =>
      pack({ objects, indices: ab, parallelism }).length;
    expect(volumes(many(4, GiB / 2 - 1000), 4)).toBe(1);
    expect(volumes(many(16, GiB / 2 - 1000), 4)).toBe(4);
    expect(volumes(many(6, GiB / 2 - 1000), 100)).toBe(3);
  });

  it('aims at 32 GiB', () => {
    expect(DEFAULT_TARGET_BYTES).toBe(32 * GiB);
    expect(pack({ objects: [...root, ...indexOf('A', 66, 1, GiB)], indices: ab })).toHaveLength(3);
  });

  it.each([
    ['nothing', { objects: [] }],
    ['a key twice', { objects: [...root, ...root] }],
    ['parallelism 0', { objects: root, parallelism: 0 }],
    ['a target that is no number', { objects: root, targetBytes: Number.NaN }],
  ])('refuses %s', (_, request) => {
    expect(() => pack(request)).toThrow(expect.objectContaining({ name: 'FormatInvalid' }));
  });

  const key = fc.oneof(
    fc
      .tuple(fc.constantFrom('A', 'B', 'unknown'), fc.nat(3), fc.string({ minLength: 1 }))
      .map(([id, shard, rest]) => `indices/${id}/${shard}/${rest}`),
    fc.constantFrom('A', 'B').map((id) => `indices/${id}/meta.dat`),
    fc.string({ minLength: 1 }),
  );
  const request = fc.record({
    objects: fc.uniqueArray(fc.record({ key, bytes: fc.oneof(fc.nat(1000), fc.integer({ min: 0, max: 3 * GiB })) }), {
      selector: (o) => o.key,
      minLength: 1,
      maxLength: 60,
    }),
    targetBytes: fc.oneof(fc.integer({ min: 1, max: 3000 }), fc.integer({ min: 1, max: 4 * GiB })),
    parallelism: fc.integer({ min: 1, max: 20 }),
  });

  it('places every object exactly once, root metadata in volume 1, and numbers volumes from 1', () => {
    fc.assert(
      fc.property(request, (some) => {
        const volumes = pack({ ...some, indices: ab });
        const placed = volumes.flatMap(({ objects }) => objects);
        expect(placed.toSorted(byKey)).toEqual(some.objects.toSorted(byKey));
        expect(volumes.map(({ number }) => number)).toEqual(volumes.map((_, n) => n + 1));
        for (const volume of volumes) {
          const ids = volume.objects.map(({ key }) => /^indices\/([AB])\//.exec(key)?.[1]);
          if (volume.number > 1) expect(ids).not.toContain(undefined);
          expect(volume.indices).toEqual(
            ab.filter(({ repositoryId }) => ids.includes(repositoryId)).map(({ name }) => name),
          );
        }
      }),
    );
  });

  it('exceeds the target with a single object or with root metadata only', () => {
    fc.assert(
      fc.property(request, (some) => {
        for (const volume of pack({ ...some, indices: ab })) {
          const own = volume.objects.filter(({ key }) => /^indices\/[AB]\//.test(key));
          const allowed = own.length === 0 || volume.objects.length === 1;
          expect(allowed || bytesOf(volume.objects) <= some.targetBytes).toBe(true);
        }
      }),
    );
  });

  it('does not depend on the order of objects and indices', () => {
    const shuffled = request.chain((some) =>
      fc.tuple(fc.constant(some), fc.shuffledSubarray(some.objects, { minLength: some.objects.length })),
    );
    fc.assert(
      fc.property(shuffled, ([some, objects]) => {
        expect(pack({ ...some, objects, indices: ab.toReversed() })).toEqual(pack({ ...some, indices: ab }));
      }),
    );
  });
});

const byKey = (a: PlannedObject, b: PlannedObject): number => (a.key < b.key ? -1 : 1);
