import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import {
  checkRepositoryComplete,
  parseIndexLatest,
  parseRepositoryData,
  rootMetadataKey,
} from '../../archive/repository-data.ts';

/** As OpenSearch 3.8.0 wrote them: three indices, one of them without a document, and one with two shards. */
const fixture = (name: string): Buffer => readFileSync(new URL(`fixtures/${name}`, import.meta.url));
const root = fixture('repository-index-0');
const keys = fixture('repository-objects.txt')
  .toString()
  .trimEnd()
  .split('\n')
  .map((line) => line.split(' ')[0] ?? '');
const name = 'logdata-2026-01-02t02-00-00-a1b2c3';
const selected = new Map([
  ['logdata-01012026', 2],
  ['logdata-02012026', 1],
  ['empty-03012026', 1],
]);
const incomplete = (...parts: string[]): unknown =>
  expect.objectContaining({
    name: 'StagingIncomplete',
    message: expect.stringMatching(new RegExp(parts.join('.*'))) as string,
  });

describe("a repository's root metadata", () => {
  it('names snapshots and indices', () => {
    const data = parseRepositoryData(root);
    expect(data.snapshots).toMatchObject([{ name, uuid: 'WtiZDSOQTum6TGsdMBDDyA' }]);
    expect(data.indices.map(({ name: index, shards, snapshots }) => [index, shards, snapshots.length])).toEqual([
      ['logdata-02012026', 1, 1],
      ['logdata-01012026', 2, 1],
      ['empty-03012026', 1, 1],
    ]);
  });

  it.each([
    ['an empty file', ''],
    ['a truncated one', root.subarray(0, 400).toString()],
    ['another JSON', '{"snapshots":{}}'],
  ])('is refused as %s', (_, bytes) => {
    expect(() => parseRepositoryData(Buffer.from(bytes))).toThrow(incomplete());
  });

  it('is the index-N of the highest number', () => {
    expect(rootMetadataKey(['index-9', 'index-10', 'index.latest', 'indices/a/0/index-99', 'index-x'])).toBe(
      'index-10',
    );
  });

  it('is missing where there is no index-N', () => {
    expect(() => rootMetadataKey(['index.latest'])).toThrow(incomplete('index-N'));
  });

  it('is pointed to by eight bytes', () => {
    expect(parseIndexLatest(Uint8Array.from([0, 0, 0, 0, 0, 0, 1, 2]))).toBe(258);
    expect(() => parseIndexLatest(new Uint8Array(7))).toThrow(incomplete('7 bytes'));
  });
});

describe('a staged repository', () => {
  const data = parseRepositoryData(root);
  const without = (part: string): string[] => keys.filter((key) => !key.includes(part));

  it('is complete as OpenSearch left it', () => {
    expect(checkRepositoryComplete(data, name, selected, keys)).toEqual({
      snapshotUuid: 'WtiZDSOQTum6TGsdMBDDyA',
      indices: [
        { name: 'logdata-01012026', repositoryId: '529DIWeATvaaHyVpahqMDw' },
        { name: 'logdata-02012026', repositoryId: 'tNqTIlV-TNWqZUxuBKhEGQ' },
        { name: 'empty-03012026', repositoryId: '9LY2cPJES_-4FCIl6q28-w' },
      ],
    });
  });

  it.each([
    ['a shard', '529DIWeATvaaHyVpahqMDw/1/snap-', 'index logdata-01012026, shard 1'],
    ["an index's metadata", 'tNqTIlV-TNWqZUxuBKhEGQ/meta-30Ry_qEB5EqodSjug_0F', 'metadata of index logdata-02012026'],
    ["the snapshot's global metadata", 'meta-WtiZDSOQTum6TGsdMBDDyA', "the snapshot's global metadata"],
    ['the pointer to the root metadata', 'index.latest', 'index.latest'],
    ['the root metadata', 'index-0', 'index-N'],
  ])('is incomplete without %s', (_, part, message) => {
    expect(() => checkRepositoryComplete(data, name, selected, without(part))).toThrow(incomplete(message));
  });

  it('is incomplete without the root file of the snapshot', () => {
    const rest = keys.filter((key) => key !== 'snap-WtiZDSOQTum6TGsdMBDDyA.dat');
    expect(() => checkRepositoryComplete(data, name, selected, rest)).toThrow(incomplete('the snapshot'));
  });

  it('is incomplete when the snapshot, an index or a shard is not in its metadata', () => {
    const check = (snapshot: string, indices: [string, number][]) => (): unknown =>
      checkRepositoryComplete(data, snapshot, new Map([...selected, ...indices]), keys);
    expect(check('other', [])).toThrow(incomplete('Snapshot other'));
    expect(check(name, [['gone', 1]])).toThrow(incomplete('index gone'));
    expect(check(name, [['empty-03012026', 2]])).toThrow(incomplete('1 of 2 shards'));
  });

  it('is refused when the snapshot holds an index that was not selected', () => {
    const fewer = new Map([...selected].slice(0, 2));
    expect(() => checkRepositoryComplete(data, name, fewer, keys)).toThrow(
      incomplete('empty-03012026', 'not selected'),
    );
  });

  it('is refused when its shards are under hashed prefixes', () => {
    const hashed = parseRepositoryData(
      Buffer.from(root.toString().replace('"shard_path_type":0', '"shard_path_type":1')),
    );
    expect(() => checkRepositoryComplete(hashed, name, selected, keys)).toThrow(
      incomplete('outside the prefix', 'FIXED'),
    );
  });

  it('names ten of many faults and counts the others', () => {
    expect(() => checkRepositoryComplete(data, name, new Map([...selected, ['many', 1]]), ['index-0'])).toThrow(
      incomplete('lacks', 'and 1 more'),
    );
  });
});
