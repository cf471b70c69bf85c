import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { asOpenSearchHasThem } from '../../functions/snapshot/repository-settings.ts';
import { ClusterBusy, SnapshotInProgress } from '../../workflow/errors.ts';
import { basePath, inProcessSnapshot, repository, type SnapshotWorld } from '../support/in-process-snapshot.ts';

let world: SnapshotWorld;

beforeEach(async () => {
  world = await inProcessSnapshot();
});
afterEach(() => world.states.close());

const register = (): Promise<void> =>
  world.cluster.registerRepository(repository, asOpenSearchHasThem(world.deployment.repositorySettings));
const addDocuments = (from: number): void =>
  world.cluster.addDocuments('logs-1', [{ id: `new-${from}`, source: { message: `new line ${from}` } }]);
/** In the same repository, of the service and of other people. */
const foreignNames = [
  'cs-automated-2026-02-01t00-00-00',
  'cs-automated-enc',
  'other-2026-02-01t00-00-00',
  'snapshot-2026-02-01t00-00-00-by-hand',
  'snapshot-2026-02-30t00-00-00',
];

describe('runs of the schedule', () => {
  it('take what is new only, delete what is expired, and leave the rest', async () => {
    await register();
    for (const name of foreignNames) await world.take(name);
    world.later(1000);
    const names: string[] = [];
    const added: number[] = [];
    for (let run = 0; run < 5; run++) {
      names.push(world.nextName());
      const ended = await world.run();
      expect(ended, ended.cause).toMatchObject({ status: 'SUCCEEDED', output: { snapshotName: names.at(-1) } });
      const { taken } = ended.output.snapshot as { taken: { addedBytes: number; bytes: number; indices: number } };
      expect(taken.indices).toBe(1);
      added.push(taken.addedBytes);
      if (run < 3) addDocuments(run);
      world.later(30);
    }
    expect(await world.names()).toEqual([...foreignNames, ...names.slice(2)]);
    // The first shares blobs with those of other names; the last added nothing.
    expect(added.slice(1, 4).every((bytes) => bytes > 0 && bytes < 2000)).toBe(true);
    expect(added[4]).toBe(0);
    expect(world.subjects()).toHaveLength(5);
    expect(world.subjects().at(-1)).toBe('Permafrost: snapshot taken, 1 snapshots deleted');
  });

  it('say nothing where there is nothing to look at, if that is wanted', async () => {
    world.deployment.notify = 'warnings';
    await world.run({ scheduledTime: '2026-03-01T00:00:00Z' });
    // The first run registered the repository: nobody else had changed it.
    expect(world.subjects()).toEqual([]);
    world.later(30);
    world.deployment.warnAbove = 1;
    await world.run({ scheduledTime: '2026-03-01T00:30:00Z' });
    expect(world.subjects()).toEqual(['Permafrost: snapshot taken, 0 snapshots deleted, 1 to look at']);
  });

  it('wait for a snapshot that runs already, of whomever', async () => {
    await world.cluster.registerRepository('theirs', { bucket: 'snapshots', base_path: 'theirs' });
    world.cluster.snapshotsGo({ polls: 3 });
    await world.cluster.startSnapshot('theirs', 'nightly', ['metrics-1']);
    expect(await world.run()).toMatchObject({ status: 'SUCCEEDED' });
    expect(world.calls('StartSnapshot')).toBe(4);
    expect(await world.cluster.snapshots('theirs')).toMatchObject([{ name: 'nightly', state: 'SUCCESS' }]);
  });

  it('wait where the cluster takes one snapshot at a time, and another began between look and start', async () => {
    world.cluster.failNext('startSnapshot', new SnapshotInProgress('already running [1] operations'), 2);
    expect(await world.run()).toMatchObject({ status: 'SUCCEEDED' });
    expect(world.calls('StartSnapshot')).toBe(3);
  });

  it('wait for another snapshot no longer than the settings allow; a redrive takes the snapshot then', async () => {
    await world.cluster.registerRepository('theirs', { bucket: 'snapshots', base_path: 'theirs' });
    world.cluster.snapshotsGo({ polls: Infinity });
    await world.cluster.startSnapshot('theirs', 'endless', ['metrics-1']);
    world.cluster.snapshotsGo({ polls: 1 });
    world.passing(20 * 60_000);
    const execution = await world.start();
    expect(await world.states.ended(execution)).toMatchObject({ status: 'FAILED', error: 'SnapshotInProgress' });
    expect(world.states.notices.at(-1)!.message).toContain('another snapshot runs');
    await world.cluster.deleteSnapshot('theirs', 'endless');
    expect(await world.states.redrive(execution)).toMatchObject({ status: 'SUCCEEDED' });
  });

  it('end quietly, and say why, while the run before them is still going', async () => {
    const release = world.states.hold('CheckSnapshot');
    const first = await world.start();
    await world.states.reached('CheckSnapshot');
    world.later(30);
    const second = await world.run({ scheduledTime: '2026-03-01T00:30:00Z' });
    expect(second).toMatchObject({ status: 'SUCCEEDED', output: { work: 'none' } });
    expect(second.output.reason).toBe(`Another execution is still running: ${first}`);
    // A person may look at any time.
    expect(await world.run({ dryRun: true })).toMatchObject({ status: 'SUCCEEDED', output: { expired: 0 } });
    release();
    expect(await world.states.ended(first)).toMatchObject({ status: 'SUCCEEDED' });
    expect(await world.names()).toHaveLength(1);
  });

  it('stand a cluster that is busy for a while', async () => {
    await register();
    await world.takeMany(3);
    for (const method of ['facts', 'startSnapshot', 'snapshots', 'deleteSnapshot'] as const) {
      world.cluster.failNext(method, new ClusterBusy('429'), 2);
    }
    world.later(600);
    expect(await world.run()).toMatchObject({ status: 'SUCCEEDED' });
    expect(await world.names()).toHaveLength(1);
  });
});

describe('what a run can be asked for', () => {
  let old: string[];
  beforeEach(async () => {
    await register();
    old = await world.takeMany(6);
  });
  // Taken at 0:00, 0:30, ... 2:30; it is 3:00, and an hour is kept.
  const expired = (): string[] => old.slice(0, 4);

  it('dryRun lists what deleteOnly then deletes, and changes nothing', async () => {
    const before = await Array.fromAsync(world.store.list(''));
    const calls = world.cluster.calls.length;
    const dry = await world.run({ dryRun: true });
    expect(dry).toMatchObject({ status: 'SUCCEEDED', output: { snapshots: expired(), expired: 4, kept: 2 } });
    expect(await Array.fromAsync(world.store.list(''))).toEqual(before);
    for (const call of ['registerRepository', 'startSnapshot', 'deleteSnapshot', 'cleanUpRepository'])
      expect(world.cluster.calls.slice(calls)).not.toContain(call);
    expect(world.subjects()).toEqual([]);

    const wet = await world.run({ deleteOnly: true });
    expect(wet.output.expired).toEqual(dry.output);
    expect(await world.names()).toEqual(old.slice(4));
    expect(world.calls('StartSnapshot')).toBe(0);
  });

  it('snapshotOnly takes one and deletes none', async () => {
    const name = world.nextName();
    expect(await world.run({ snapshotOnly: true })).toMatchObject({ status: 'SUCCEEDED' });
    expect(await world.names()).toEqual([...old, name]);
    expect(world.calls('ListExpiredSnapshots')).toBe(0);
  });

  it('cleanUp removes what no snapshot refers to, measures, and says both', async () => {
    await world.store.put(`${basePath}/indices/AAAAAAAAAAAAAAAAAAAAAA/0/__litter`, new Uint8Array(1000));
    const run = await world.run({ cleanUp: true });
    const left = await Array.fromAsync(world.store.list(`${basePath}/`));
    expect(run).toMatchObject({
      status: 'SUCCEEDED',
      output: {
        cleanup: { deletedBytes: 1000, deletedBlobs: 1 },
        measured: { objects: left.length, bytes: left.reduce((sum, { bytes }) => sum + bytes, 0), snapshots: 6 },
      },
    });
    expect(await world.names()).toEqual(old);
    expect(world.states.notices).toMatchObject([{ subject: 'Permafrost: snapshot repository cleaned up' }]);
  });

  it.each([{ snapshotOnly: true, deleteOnly: true }, { cleanUp: true, dryRun: true }, { when: 'now' }])(
    '%j is refused',
    async (input) => {
      expect(await world.run(input)).toMatchObject({ status: 'FAILED', error: 'InvalidRequest' });
      expect(await world.names()).toEqual(old);
    },
  );

  it('a deployment that only reads keeps the repository registered, and refuses a person who asks for more', async () => {
    world.deployment.readonly = true;
    world.deployment.repositorySettings = { ...world.deployment.repositorySettings, readonly: true };
    const scheduled = { scheduledTime: '2026-03-01T03:00:00Z', deleteOnly: true };
    for (const outcome of ['updated', 'unchanged'])
      expect(await world.run(scheduled)).toMatchObject({
        status: 'SUCCEEDED',
        output: { work: 'register', repository: { outcome } },
      });
    expect(await world.run({ deleteOnly: true })).toMatchObject({ status: 'FAILED', error: 'RepositoryReadonly' });
    expect(await world.names()).toEqual(old);
  });

  it('a repository that fits is left alone; one that somebody changed is set back, and that is told', async () => {
    const registrations = (): number => world.cluster.calls.filter((call) => call === 'registerRepository').length;
    const before = registrations();
    expect(await world.run()).toMatchObject({ output: { repository: { outcome: 'unchanged', changed: [] } } });
    expect(registrations()).toBe(before);
    const settings = asOpenSearchHasThem(world.deployment.repositorySettings);
    await world.cluster.registerRepository(repository, { ...settings, compress: 'false', readonly: 'true' });
    world.later(30);
    const changed = ['compress: false -> (none)', 'readonly: true -> false'];
    expect(await world.run()).toMatchObject({ output: { repository: { outcome: 'updated', changed } } });
    expect(await world.cluster.repository(repository)).toEqual(settings);
    expect(world.states.notices.at(-1)!.message).toContain(changed.join('; '));
  });

  it('nothing is deleted while a restore reads the repository', async () => {
    const settings = asOpenSearchHasThem(world.deployment.repositorySettings);
    await world.cluster.registerRepository('restore-1', { ...settings, readonly: 'true' });
    const paused = await world.run({ deleteOnly: true });
    expect(paused.output.expired).toMatchObject({ snapshots: [], expired: 4 });
    expect(world.states.notices.at(-1)!.message).toContain('while a restore reads this repository: restore-1');
    expect(await world.names()).toEqual(old);
    await world.cluster.removeRepository('restore-1');
    await world.run({ deleteOnly: true });
    expect(await world.names()).toEqual(old.slice(4));
  });
});
