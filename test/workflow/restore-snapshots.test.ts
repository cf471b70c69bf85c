import { afterEach, describe, expect, it } from 'vitest';
import { restoredPrefix, restoreRecordKey } from '../../archive/keys.ts';
import { parseRestoreRecord, type RestoreRecord } from '../../archive/restore-records.ts';
import { restoreContracts } from '../../workflow/restore-contracts.ts';
import { inProcessRestore } from '../support/in-process-restore.ts';
import type { EndedExecution, Fault } from '../support/in-process-states.ts';

const index = 'logdata-01012026';
const other = 'logdata-02012026';
const repository = 'schedule';
const settings = { bucket: 'staging', base_path: 'snapshots', region: 'us-east-1', shard_path_type: 'FIXED' };
const snapshot = 'snapshot-2026-01-03t00-00-00';
const documentsOf = (name: string): { id: string; source: unknown }[] =>
  Array.from({ length: 20 }, (_, n) => ({ id: `${name}-${n}`, source: { message: `line ${n} of ${name}`, n } }));

let world: Awaited<ReturnType<typeof inProcessRestore>>;

afterEach(() => world.states.close());

/** Takes a snapshot as the schedule does, to its end. */
async function take(name: string, indices = [index, other]): Promise<void> {
  await world.cluster.startSnapshot(repository, name, indices, { partial: true });
  while ((await world.cluster.snapshot(repository, name))?.state === 'IN_PROGRESS');
}

/** A snapshot of two indices in a registered repository. */
async function prepare(): Promise<void> {
  world = await inProcessRestore();
  for (const name of [index, other]) world.cluster.putIndex(name, { documents: documentsOf(name), shards: 2 });
  await world.cluster.registerRepository(repository, settings);
  await take(snapshot);
}

const asked = (input: object): object => ({ source: 'snapshots', snapshot, indices: [index], ...input });
const restore = (input: object, name?: string): Promise<EndedExecution> =>
  world.states.run('restore', asked(input), name);
const record = async (run: EndedExecution): Promise<RestoreRecord> =>
  parseRestoreRecord(await world.restore.read(restoreRecordKey(String(run.output.restoreId))));

/** Nothing but the restored index is new: the snapshot repository is as it was, and nothing was unpacked. */
async function expectRestored(run: EndedExecution, name: string): Promise<void> {
  expect(run, run.cause).toMatchObject({ status: 'SUCCEEDED' });
  expect(await world.cluster.count(name)).toBe(20);
  expect(await world.cluster.documents(name, [`${index}-7`])).toHaveLength(1);
  await expectRepositoryUntouched();
  expect((await record(run)).indices).toMatchObject([
    { source: 'snapshot', snapshot: { repository, name: snapshot }, from: index, name, documents: 20, shards: 2 },
  ]);
}

async function expectRepositoryUntouched(): Promise<void> {
  expect(await world.cluster.repositories()).toEqual([repository]);
  expect(await world.cluster.repository(repository)).toEqual(settings);
  expect((await world.cluster.snapshots(repository)).map(({ name }) => name)).toContain(snapshot);
  for await (const { key } of world.restore.list(restoredPrefix)) expect.fail(`${key} was unpacked`);
}

describe('a restore from a snapshot', () => {
  it('brings an index back under another name, with nothing thawed or unpacked', async () => {
    await prepare();
    world.cluster.addDocuments(index, [{ id: 'later', source: { message: 'not in the snapshot' } }]);
    const run = await restore({ conflict: 'rename', leaseDays: 10 });
    await expectRestored(run, `restored-${index}`);
    expect(world.cluster.indexNames()).toEqual([index, other, `restored-${index}`].sort());
    expect(world.states.calls.has('DecryptAndUnpack')).toBe(false);
    expect(world.states.calls.has('CheckThaw')).toBe(false);
    const { restoredAt, indices } = await record(run);
    expect(Date.parse(indices[0]!.leaseUntil!) - Date.parse(restoredAt)).toBe(10 * 86_400_000);
  });

  it('says that the snapshot is unsigned, and what was shown', async () => {
    await prepare();
    await restore({ conflict: 'rename' });
    expect(world.states.notices).toHaveLength(1);
    const { subject, message } = world.states.notices[0]!;
    expect(subject).toBe('Permafrost: restored 1 indices');
    expect(message).toContain('an unsigned snapshot');
    expect(message).toContain(`20 documents of ${index}, snapshot ${snapshot} of repository ${repository}`);
    expect(message).not.toContain('manifest');
    expect(message).not.toContain('LOOK AT IT');
  });

  it('brings an index back under its own name when that is free', async () => {
    await prepare();
    world.cluster.removeIndex(index);
    await expectRestored(await restore({}), index);
  });

  it('refuses a name that is taken before anything is registered', async () => {
    await prepare();
    expect(await restore({})).toMatchObject({ status: 'FAILED', error: 'IndexExists' });
    expect(world.states.calls.has('RegisterReadonlyRepository')).toBe(false);
    await expectRepositoryUntouched();
  });

  it('replaces an open index only after a copy was verified, and gives it no lease', async () => {
    await prepare();
    world.cluster.addDocuments(index, [{ id: 'later', source: { message: 'not in the snapshot' } }]);
    const run = await restore({ conflict: 'replace' });
    await expectRestored(run, index);
    expect(world.cluster.indexNames()).toEqual([index, other]);
    expect(world.states.calls.get('VerifyReplacement')).toBe(1);
    expect((await record(run)).indices[0]!.leaseUntil).toBeNull();
  });

  it('ends with the plan when only that is asked for', async () => {
    await prepare();
    const { status, output } = await restore({ conflict: 'rename', planOnly: true });
    expect(status).toBe('SUCCEEDED');
    expect(output).toMatchObject({
      archives: [],
      snapshot: { repository, name: snapshot },
      indices: [{ name: index, to: `restored-${index}` }],
      cost: { amount: 0 },
      versions: { written: ['3.8.0'] },
      warnings: [expect.stringContaining('not signed') as string],
    });
    expect(output.bytes).toBeGreaterThan(0);
    expect(output.disk).toMatchObject({ neededBytes: output.bytes });
    expect(output).not.toHaveProperty('thaw');
    expect(world.cluster.indexNames()).toEqual([index, other]);
  });

  it('takes the newest successful one of the schedule when none is named', async () => {
    await prepare();
    world.cluster.addDocuments(index, [{ id: 'later', source: { message: 'in the newest' } }]);
    const newest = 'snapshot-2026-01-04t00-00-00';
    await take(newest);
    await take('by-hand-2026-01-05t00-00-00');
    world.cluster.snapshotsGo({ outcome: 'PARTIAL' });
    await take('snapshot-2026-01-06t00-00-00');
    const run = await restore({ snapshot: undefined, conflict: 'rename' });
    expect(run, run.cause).toMatchObject({ status: 'SUCCEEDED', output: { snapshot: newest } });
    expect(await world.cluster.count(`restored-${index}`)).toBe(21);
  });

  it('takes from a PARTIAL one what is whole in it', async () => {
    await prepare();
    world.cluster.snapshotsGo({ outcome: 'PARTIAL' });
    const partial = 'snapshot-2026-01-04t00-00-00';
    await take(partial);
    expect(await restore({ snapshot: partial, conflict: 'rename' })).toMatchObject({ status: 'SUCCEEDED' });
    expect(await world.cluster.count(`restored-${index}`)).toBe(20);
    const refused = await restore({ snapshot: partial, indices: ['*'], conflict: 'rename' }, 'second');
    expect(refused).toMatchObject({ status: 'FAILED', error: 'SnapshotPartial' });
    expect(refused.cause).toContain(`${other} (1 of 2 shards)`);
  });

  it('keeps its own read-only registration over the same place as long as it reads', async () => {
    await prepare();
    const seen: unknown[] = [];
    const begin = world.cluster.startRestore.bind(world.cluster);
    world.cluster.startRestore = async (...call) => {
      seen.push([call[0], await world.cluster.repository(call[0])]);
      await begin(...call);
    };
    const run = await restore({ conflict: 'rename' });
    expect(seen).toEqual([[`${String(run.output.restoreId)}-1`, { ...settings, readonly: 'true' }]]);
  });

  it('works from a repository that is read-only here', async () => {
    await prepare();
    await world.cluster.registerRepository('from-elsewhere', { ...settings, readonly: 'true' });
    const run = await restore({ repository: 'from-elsewhere', conflict: 'rename' });
    expect(run, run.cause).toMatchObject({ status: 'SUCCEEDED' });
    expect((await record(run)).indices).toMatchObject([{ snapshot: { repository: 'from-elsewhere', name: snapshot } }]);
    expect(await world.cluster.repositories()).toEqual(['from-elsewhere', repository]);
  });
});

describe('what a restore from a snapshot refuses', () => {
  it.each<[string, object, string, string]>([
    ['a repository that is not registered', { repository: 'nowhere' }, 'RepositoryMissing', 'nowhere'],
    [
      'a snapshot that is not there',
      { snapshot: 'gone' },
      'SnapshotMissing',
      `no snapshot gone: of its 1 the newest are`,
    ],
    ['an index that is not in it', { indices: [index, 'nothing-*'] }, 'IndexMissing', 'no index named nothing-*'],
    ['system indices, unless named', { indices: ['*data-*', '*.kibana'] }, 'IndexMissing', 'no index named *.kibana'],
    ['a thaw, which it has none of', { thaw: { tier: 'Bulk' } }, 'InvalidRequest', 'Unrecognized key'],
    ['another source', { source: 'tape' }, 'InvalidRequest', 'source: '],
  ])('%s', async (_what, input, error, cause) => {
    await prepare();
    const run = await restore(input);
    expect(run).toMatchObject({ status: 'FAILED', error });
    expect(run.cause).toContain(cause);
    expect(world.states.notices).toHaveLength(1);
    await expectRepositoryUntouched();
  });

  it('a snapshot that has failed', async () => {
    await prepare();
    world.cluster.snapshotsGo({ outcome: 'FAILED' });
    await take('snapshot-2026-01-04t00-00-00');
    const run = await restore({ snapshot: 'snapshot-2026-01-04t00-00-00' });
    expect(run).toMatchObject({ status: 'FAILED', error: 'SnapshotFailed' });
  });

  it('a snapshot that still runs, until it has ended', async () => {
    await prepare();
    world.cluster.snapshotsGo({ polls: 1000 });
    await world.cluster.startSnapshot(repository, 'snapshot-2026-01-04t00-00-00', [index]);
    const executionArn = await world.states.start('restore', asked({ snapshot: 'snapshot-2026-01-04t00-00-00' }));
    expect(await world.states.ended(executionArn)).toMatchObject({ status: 'FAILED', error: 'SnapshotInProgress' });
  });

  it('a repository without a successful snapshot of the schedule, when none is named', async () => {
    await prepare();
    await world.cluster.deleteSnapshot(repository, snapshot);
    await take('by-hand');
    const run = await restore({ snapshot: undefined });
    expect(run).toMatchObject({ status: 'FAILED', error: 'NoSnapshots' });
  });

  it('more than the disk holds', async () => {
    await prepare();
    world.cluster.setFreeBytes(10);
    expect(await restore({ conflict: 'rename' })).toMatchObject({ status: 'FAILED', error: 'DiskInsufficient' });
  });

  it('a snapshot that retention has deleted since the plan', async () => {
    await prepare();
    const register = world.cluster.registerRepository.bind(world.cluster);
    world.cluster.registerRepository = async (name, given) => {
      await world.cluster.deleteSnapshot(repository, snapshot);
      await register(name, given);
    };
    const run = await restore({ conflict: 'rename' });
    expect(run).toMatchObject({ status: 'FAILED', error: 'SnapshotMissing' });
    expect(run.cause).toContain('deleted since the plan');
    expect(await world.cluster.repositories()).toEqual([repository]);
    expect(world.cluster.indexNames()).toEqual([index, other]);
  });

  it('another snapshot that has taken the name since the plan', async () => {
    await prepare();
    const register = world.cluster.registerRepository.bind(world.cluster);
    world.cluster.registerRepository = async (name, given) => {
      await world.cluster.deleteSnapshot(repository, snapshot);
      await take(snapshot);
      await register(name, given);
    };
    const run = await restore({ conflict: 'rename' });
    expect(run).toMatchObject({ status: 'FAILED', error: 'SnapshotMissing' });
    expect(run.cause).toContain('is another than the planned one');
  });
});

describe('a fault at any state of a restore from a snapshot', () => {
  const skipped = ['UndoRestore', 'CheckThaw'];
  const faults: Fault[] = Object.keys(restoreContracts)
    .filter((state) => !skipped.includes(state))
    .flatMap((state) => [
      { state, when: 'before' },
      { state, when: 'after' },
    ]);

  it.each(faults)('$when $state is told once, and a redrive completes', async (fault) => {
    await prepare();
    world.states.break(fault);
    const executionArn = await world.states.start('restore', asked({ conflict: 'replace' }));
    const failed = await world.states.ended(executionArn);
    expect(failed).toMatchObject({ status: 'FAILED', error: 'InjectedFault' });
    const reported = world.states.notices.filter(({ subject }) => subject.includes('failed'));
    expect(reported).toHaveLength(1);
    expect(await world.cluster.count(other)).toBe(20);
    expect(world.cluster.indexNames()).toContain(index);

    world.states.repair();
    await expectRestored(await world.states.redrive(executionArn), index);
    expect(world.cluster.indexNames()).toEqual([index, other]);
  });

  it('takes back a half-restored index and its own registration, and leaves the snapshot repository', async () => {
    await prepare();
    world.cluster.restoresGo({ failedShards: 1 });
    const executionArn = await world.states.start('restore', asked({ conflict: 'rename' }));
    expect(await world.states.ended(executionArn)).toMatchObject({ status: 'FAILED', error: 'RestoreFailed' });
    expect(world.cluster.indexNames()).toEqual([index, other]);
    await expectRepositoryUntouched();
    world.cluster.restoresGo({ failedShards: 0 });
    await expectRestored(await world.states.redrive(executionArn), `restored-${index}`);
  });
});
