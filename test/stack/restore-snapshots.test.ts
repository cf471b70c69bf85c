/** Restores from the repository of the snapshot schedule, on the deployed stack. */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { restoredPrefix, restoreRecordKey } from '../../archive/keys.ts';
import { parseRestoreRecord } from '../../archive/restore-records.ts';
import { openSearchSnapshotReader } from '../../ports/opensearch-snapshot-contents.ts';
import { s3ObjectStore } from '../../ports/s3-object-store.ts';
import {
  ask,
  documentCount,
  endpoints,
  notices,
  openSearchUrl,
  operator,
  run,
  s3,
  succeeded,
  type Ended,
} from './stack.ts';

const restoreBucket = s3ObjectStore(s3, endpoints.buckets.restore!);
const repository = 'permafrost-snapshots';
const [index, kept, torn] = ['schedule-restored', 'schedule-kept', 'schedule-torn'] as const;
const partial = 'snapshot-2025-01-01t00-00-00';
const reader = openSearchSnapshotReader({
  endpoint: openSearchUrl,
  region: operator.region,
  credentials: () => Promise.resolve(operator.credentials),
});
let snapshot: string;

const restore = (input: object): Promise<Ended> =>
  run({ source: 'snapshots', indices: [index], ...input }, undefined, endpoints.stateMachines.restore!);

async function write(into: string, documents: number): Promise<void> {
  const lines = Array.from(
    { length: documents },
    (_, n) => `{"index":{"_id":"${n}"}}\n{"n":${n},"text":"line ${n}"}\n`,
  );
  expect(await ask('POST', `/${into}/_bulk?refresh=true`, lines.join(''))).toMatchObject({ errors: false });
}

/** The restore has left its index, its record, and nothing else. */
async function expectRestored(restored: Ended, name: string): Promise<void> {
  const { output } = succeeded(restored);
  expect(await documentCount(name)).toBe(300);
  const { docs } = await ask<{ docs: { _source: object }[] }>('POST', `/${name}/_mget`, { ids: ['0', '299'] });
  expect(docs.map(({ _source }) => _source)).toEqual([0, 299].map((n) => ({ n, text: `line ${n}` })));
  const record = parseRestoreRecord(await restoreBucket.read(restoreRecordKey(String(output['restoreId']))));
  expect(record.indices).toMatchObject([
    { source: 'snapshot', snapshot: { repository, name: snapshot }, from: index, name, documents: 300, shards: 2 },
  ]);
  await expectNothingLeft();
}

async function expectNothingLeft(): Promise<void> {
  for await (const { key } of restoreBucket.list(restoredPrefix)) expect.fail(`${key} was unpacked`);
  const repositories = Object.keys(await ask<object>('GET', '/_snapshot'));
  expect(repositories).toContain(repository);
  expect(repositories.filter((name) => name.startsWith('restore-'))).toEqual([]);
  expect(Object.keys(await ask<object>('GET', '/restoring-*?expand_wildcards=all'))).toEqual([]);
}

beforeAll(async () => {
  await ask('PUT', `/${index}`, { settings: { number_of_shards: 2, number_of_replicas: 0 } });
  await ask('PUT', `/${kept}`, { settings: { number_of_shards: 1, number_of_replicas: 0 } });
  await write(index, 300);
  await write(kept, 5);
  // Names carry seconds: two executions of one second would clash.
  await sleep(1001 - (Date.now() % 1000));
  const taken = succeeded(await run({ snapshotOnly: true }, undefined, endpoints.stateMachines.snapshot!));
  snapshot = String(taken.output['snapshotName']);
});

afterAll(async () => {
  const names = Object.keys(await ask<object>('GET', `/*${index},${kept},${torn}?ignore_unavailable=true`));
  for (const name of names) await ask('DELETE', `/${name}`);
  for (const name of [partial, snapshot]) {
    await fetch(new URL(`/_snapshot/${repository}/${name}`, openSearchUrl), { method: 'DELETE' });
  }
});

describe('the contents of a snapshot', () => {
  test('are told index by index', async () => {
    const contents = (await reader.contents(repository, snapshot))!;
    expect(contents.version).toBe('3.8.0');
    expect(contents.indices.filter(({ name }) => name === index || name === kept)).toEqual([
      { name: kept, shards: { total: 1, failed: 0 }, bytes: expect.any(Number) as number },
      { name: index, shards: { total: 2, failed: 0 }, bytes: expect.any(Number) as number },
    ]);
    const stats = await ask<{ indices: Record<string, { primaries: { store: { size_in_bytes: number } } }> }>(
      'GET',
      `/${index}/_stats/store`,
    );
    const size = stats.indices[index]!.primaries.store.size_in_bytes;
    const held = contents.indices.find(({ name }) => name === index)!.bytes;
    // The index is merged as it likes after the snapshot.
    expect(held).toBeGreaterThan(size / 4);
    expect(held).toBeLessThan(size * 4);
  });

  test('of one that is not there are undefined, of a repository that is not there an error', async () => {
    expect(await reader.contents(repository, 'gone')).toBeUndefined();
    await expect(reader.contents('nowhere', 'gone')).rejects.toMatchObject({ name: 'RepositoryMissing' });
  });
});

describe('an index of the newest snapshot', () => {
  test('can be planned, with nothing done', async () => {
    const { output } = succeeded(await restore({ conflict: 'rename', planOnly: true }));
    expect(output).toMatchObject({
      snapshot: { repository, name: snapshot },
      indices: [{ name: index, to: `restored-${index}` }],
      versions: { cluster: '3.8.0', written: ['3.8.0'] },
      warnings: [expect.stringContaining('not signed') as string],
    });
    await expectNothingLeft();
  });

  test('comes back under another name, and the notice says that nothing was signed', async () => {
    const restored = await restore({ conflict: 'rename' });
    await expectRestored(restored, `restored-${index}`);
    const [notice] = await notices(restored.name);
    expect(notice!.message).toContain('an unsigned snapshot');
  });

  test('is refused under a name that is taken', async () => {
    expect(await restore({ conflict: 'fail' })).toMatchObject({ status: 'FAILED', error: 'IndexExists' });
    await expectNothingLeft();
  });

  test('replaces an index that was changed since, after a verified copy', async () => {
    await ask('POST', `/${index}/_doc?refresh=true`, { text: 'not in the snapshot' });
    expect(await documentCount(index)).toBe(301);
    await expectRestored(await restore({ conflict: 'replace' }), index);
    expect(await documentCount(kept)).toBe(5);
  });

  test('comes back under its own name when that is free', async () => {
    await ask('DELETE', `/${index}`);
    await expectRestored(await restore({ snapshot }), index);
  });
});

describe('what is not there', () => {
  test.each<[string, object, string]>([
    ['a snapshot', { snapshot: 'snapshot-2020-01-01t00-00-00' }, 'SnapshotMissing'],
    ['an index of it', { indices: ['nothing-like-it'] }, 'IndexMissing'],
    ['its repository', { repository: 'nowhere' }, 'RepositoryMissing'],
  ])('%s: is named', async (_what, input, error) => {
    const refused = await restore(input);
    expect(refused).toMatchObject({ status: 'FAILED', error });
    expect(await notices(refused.name)).toHaveLength(1);
  });

  test('a shard of a PARTIAL snapshot: its index is refused by name, the others are restored', async () => {
    const nowhere = { 'index.routing.allocation.require._name': 'nowhere', number_of_replicas: 0 };
    await ask('PUT', `/${torn}?timeout=1s`, { settings: { ...nowhere, number_of_shards: 1 } });
    const taken = await ask<{ snapshot: { state: string } }>(
      'PUT',
      `/_snapshot/${repository}/${partial}?wait_for_completion=true`,
      { indices: [kept, torn], partial: true, include_global_state: false },
    );
    expect(taken.snapshot.state).toBe('PARTIAL');
    await ask('DELETE', `/${torn}`);
    expect((await reader.contents(repository, partial))!.indices).toMatchObject([
      { name: kept, shards: { total: 1, failed: 0 } },
      { name: torn, shards: { total: 1, failed: 1 } },
    ]);
    const refused = await restore({ snapshot: partial, indices: ['*'], conflict: 'rename' });
    expect(refused).toMatchObject({ status: 'FAILED', error: 'SnapshotPartial' });
    expect(refused.cause).toContain(`${torn} (1 of 1 shards)`);
    succeeded(await restore({ snapshot: partial, indices: [kept], renamePattern: '{index}-back', conflict: 'rename' }));
    expect(await documentCount(`${kept}-back`)).toBe(5);
    await ask('DELETE', `/${kept}-back`);
    await expectNothingLeft();
  });
});
