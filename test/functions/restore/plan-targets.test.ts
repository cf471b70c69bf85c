import { describe, expect, it } from 'vitest';
import type { ManifestIndex } from '../../../archive/manifest.ts';
import type { RestoreTarget } from '../../../archive/restore-records.ts';
import { neededBytes, requireDisk } from '../../../functions/restore/plan/disk.ts';
import { resolveTargets, type TargetRequest } from '../../../functions/restore/plan/resolve-targets.ts';
import { refused } from '../../archive/verify-example.ts';
import { restoreId } from './plan-example.ts';

const index = (name: string): ManifestIndex => ({
  name,
  uuid: `uuid of ${name}`,
  repositoryId: `id of ${name}`,
  createdVersion: '3.8.0',
  documents: { count: 1, exact: true },
  bytes: 1000,
  mappingSha256: '0'.repeat(64),
  shards: [{ maxSeqNo: 0 }],
  samples: [],
  supersedes: null,
});
const resolve = (names: string[], request: Partial<TargetRequest>, existing: string[]): RestoreTarget[] =>
  resolveTargets(
    names.map(index),
    { restoreId, conflict: 'fail', renamePattern: 'restored-{index}', ...request },
    new Set(existing),
  );
const named = (targets: readonly RestoreTarget[]): [string, string | null][] => targets.map(({ to, via }) => [to, via]);

describe('names of restored indices', () => {
  it.each<[string, Partial<TargetRequest>, string[], [string, string | null][]]>([
    [
      'fail, nothing there',
      { conflict: 'fail' },
      ['c'],
      [
        ['a', null],
        ['b', null],
      ],
    ],
    [
      'rename',
      { conflict: 'rename' },
      ['a', 'b'],
      [
        ['restored-a', null],
        ['restored-b', null],
      ],
    ],
    [
      'rename by a pattern',
      { conflict: 'rename', renamePattern: '{index}-{index}.x' },
      [],
      [
        ['a-a.x', null],
        ['b-b.x', null],
      ],
    ],
    [
      'rename by a pattern with a dollar',
      { conflict: 'rename', renamePattern: '$&{index}' },
      [],
      [
        ['$&a', null],
        ['$&b', null],
      ],
    ],
    [
      'replace, nothing there',
      { conflict: 'replace' },
      [],
      [
        ['a', null],
        ['b', null],
      ],
    ],
    [
      'replace, one is there',
      { conflict: 'replace' },
      ['b'],
      [
        ['a', null],
        ['b', 'restoring-7021f9-b'],
      ],
    ],
  ])('by %s', (_what, request, existing, expected) => {
    const targets = resolve(['a', 'b'], request, existing);
    expect(named(targets)).toEqual(expected);
    expect(targets.map((target) => target.index)).toEqual([index('a'), index('b')]);
  });

  it.each<[string, Partial<TargetRequest>, string[], string[]]>([
    ['fail', { conflict: 'fail' }, ['b', 'a'], ['2 of 3', 'a, b']],
    ['rename', { conflict: 'rename' }, ['restored-c', 'a'], ['1 of 3', 'restored-c']],
    [
      'replace, by a leftover of the temporary name',
      { conflict: 'replace' },
      ['a', 'restoring-7021f9-a'],
      ['restoring-7021f9-a'],
    ],
  ])('that the cluster has already are refused by %s, all of them listed', (_what, request, existing, words) => {
    expect(() => resolve(['a', 'b', 'c'], request, existing)).toThrow(refused('IndexExists', ...words));
  });

  it.each([
    ['{index}*', '*'],
    ['{index}?', '?'],
    ['my {index}', ' '],
    ['a/{index}', '/'],
    ['a\\{index}', '\\'],
    ['{index},b', ','],
    ['{index}#1', '#'],
    ['{index}:1', ':'],
    ['-{index}', 'begins with "-"'],
    ['_{index}', 'begins with "_"'],
    ['+{index}', 'begins with "+"'],
    ['Copy-{index}', 'upper-case'],
    [`{index}${'é'.repeat(128)}`, 'longer than 255 bytes'],
  ])('that OpenSearch refuses are refused: %s', (renamePattern, fault) => {
    expect(() => resolve(['a'], { conflict: 'rename', renamePattern }, [])).toThrow(refused('InvalidRequest', fault));
  });

  it('of 255 bytes are fine, but for a temporary name beside them', () => {
    const name = 'a'.repeat(255);
    expect(named(resolve([name], { conflict: 'replace' }, []))).toEqual([[name, null]]);
    expect(() => resolve([name], { conflict: 'replace' }, [name])).toThrow(refused('InvalidRequest', '255 bytes'));
  });

  it('that two indices would get are refused', () => {
    expect(() => resolve(['a', 'b', 'a'], {}, [])).toThrow(refused('InvalidRequest', 'one name: a'));
  });
});

describe('disk', () => {
  it.each([
    [0, [], 2000],
    [1, [], 4000],
    [0, ['a'], 3000],
    [2, ['a', 'b'], 12_000],
  ])('for two indices with %i replicas, replacing %j: %i bytes', (replicas, existing, bytes) => {
    expect(neededBytes(resolve(['a', 'b'], { conflict: 'replace' }, existing), replicas)).toBe(bytes);
  });

  it('is enough to the last byte, and one byte less is not', () => {
    expect(() => requireDisk(5000, 5000)).not.toThrow();
    expect(() => requireDisk(5000, 4999)).toThrow(refused('DiskInsufficient', '5000 bytes', '4999 free'));
  });
});
