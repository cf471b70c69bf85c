import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { asOpenSearchHasThem } from '../../functions/snapshot/repository-settings.ts';
import { basePath, inProcessSnapshot, repository, type SnapshotWorld } from '../support/in-process-snapshot.ts';
import type { Fault } from '../support/in-process-states.ts';

let world: SnapshotWorld;

beforeEach(async () => {
  world = await inProcessSnapshot();
  await world.cluster.registerRepository(repository, asOpenSearchHasThem(world.deployment.repositorySettings));
  world.cluster.snapshotsGo({ deletePolls: 1 });
});
afterEach(() => world.states.close());

const failures = (): string[] => world.subjects().filter((subject) => subject.includes('failed'));
/** Holds a run up before the state does its work, changes the world, and lets it go on. */
async function duringRun(state: string, change: () => Promise<void> | void): Promise<string> {
  const release = world.states.hold(state);
  const execution = await world.start();
  await world.states.reached(state);
  await change();
  release();
  return execution;
}

describe('60 expired snapshots', () => {
  let names: string[];
  beforeEach(async () => {
    names = await world.takeMany(60);
    world.later(24 * 60);
  });

  it('are deleted by one execution, one after the other, and no call waits for a removal to end', async () => {
    // A second removal beside the first would be refused.
    world.cluster.snapshotsGo({ atOnce: 1 });
    const name = world.nextName();
    const run = await world.run();
    expect(run, run.cause).toMatchObject({
      status: 'SUCCEEDED',
      output: { expired: { expired: 60, snapshots: names } },
    });
    expect(await world.names()).toEqual([name]);
    // Each was asked for once, and looked after by calls of their own.
    expect(world.calls('DeleteSnapshot')).toBe(60);
    expect(world.calls('CheckDeletion')).toBe(60);
  });

  it.each(['DeleteSnapshot', 'CheckDeletion'])(
    'an error of %s in the middle ends red, tells once, and a redrive deletes the rest',
    async (state) => {
      const name = world.nextName();
      world.states.break({ state, when: 'after', fromCall: 30 });
      const execution = await world.start();
      expect(await world.states.ended(execution)).toMatchObject({ status: 'FAILED', error: 'InjectedFault' });
      expect(failures()).toEqual(['Permafrost: DeleteExpiredSnapshots failed: InjectedFault']);
      const left = await world.names();
      expect(left.length).toBeGreaterThan(30);
      expect(left.at(-1)).toBe(name);

      world.states.repair();
      const redriven = await world.states.redrive(execution);
      expect(redriven, redriven.cause).toMatchObject({ status: 'SUCCEEDED' });
      expect(await world.names()).toEqual([name]);
      // Deleted by the first attempt, so not asked for by the second.
      expect(world.calls('DeleteSnapshot')).toBeLessThanOrEqual(61);
      expect(world.calls('StartSnapshot')).toBe(1);
    },
  );
});

describe('a fault at any state', () => {
  const at = (states: string[]): Fault[] =>
    states.flatMap((state) => [
      { state, when: 'before' as const },
      { state, when: 'after' as const },
    ]);
  const inMap = ['DeleteSnapshot', 'CheckDeletion'];

  it.each(
    at([
      ...['PlanSnapshot', 'RegisterRepository', 'StartSnapshot', 'CheckSnapshot', 'ListExpiredSnapshots'],
      ...[...inMap, 'NotifySnapshot'],
    ]),
  )('$when $state is told once, and a redrive ends with one snapshot more and the expired ones gone', async (fault) => {
    await world.takeMany(3);
    world.later(24 * 60);
    const name = world.nextName();
    world.states.break(fault);
    const execution = await world.start();
    expect(await world.states.ended(execution)).toMatchObject({ status: 'FAILED', error: 'InjectedFault' });
    const told = inMap.includes(fault.state) ? 'DeleteExpiredSnapshots' : fault.state;
    expect(failures()).toEqual([`Permafrost: ${told} failed: InjectedFault`]);
    world.states.repair();
    // A redrive may come days later.
    world.later(24 * 60);
    const redriven = await world.states.redrive(execution);
    expect(redriven, redriven.cause).toMatchObject({ status: 'SUCCEEDED' });
    expect(await world.cluster.snapshots(repository)).toMatchObject([{ name, state: 'SUCCESS' }]);
    expect(failures()).toHaveLength(1);
    expect(world.subjects().at(-1)).toMatch(/^Permafrost: snapshot taken, \d snapshots deleted$/);
  });

  it.each(at(['CleanUpRepository', 'MeasureRepository', 'NotifySnapshot']))(
    '$when $state of a cleanup is told once, and a redrive completes',
    async (fault) => {
      const names = await world.takeMany(2);
      world.states.break(fault);
      const execution = await world.start({ cleanUp: true });
      expect(await world.states.ended(execution)).toMatchObject({ status: 'FAILED', error: 'InjectedFault' });
      expect(failures()).toEqual([`Permafrost: ${fault.state} failed: InjectedFault`]);
      world.states.repair();
      expect(await world.states.redrive(execution)).toMatchObject({
        status: 'SUCCEEDED',
        output: { measured: { snapshots: 2 } },
      });
      expect(await world.names()).toEqual(names);
    },
  );
});

describe('a snapshot that is not whole', () => {
  it.each([
    ['PARTIAL', 'SnapshotPartial'],
    ['FAILED', 'SnapshotFailed'],
  ] as const)('%s fails by name, deletes nothing; the redrive takes another', async (outcome, error) => {
    const old = await world.takeMany(3);
    world.later(24 * 60);
    world.cluster.snapshotsGo({ outcome });
    const name = world.nextName();
    const execution = await world.start();
    expect(await world.states.ended(execution)).toMatchObject({ status: 'FAILED', error });
    expect(world.states.notices.at(-1)!.message).toContain('logs-1/1: node shutdown');
    expect(await world.names()).toEqual([...old, name]);
    const { uuid } = (await world.cluster.snapshot(repository, name))!;
    world.cluster.snapshotsGo({ outcome: 'SUCCESS' });
    expect(await world.states.redrive(execution)).toMatchObject({ status: 'SUCCEEDED' });
    const [last] = await world.cluster.snapshots(repository);
    expect(last).toMatchObject({ name, state: 'SUCCESS' });
    expect(last!.uuid).not.toBe(uuid);
  });

  it('lacks the shards of a red index, which it names', async () => {
    world.cluster.putIndex('logs-2', { health: 'red' });
    const execution = await world.start();
    expect(await world.states.ended(execution)).toMatchObject({ status: 'FAILED', error: 'SnapshotPartial' });
    expect(world.states.notices.at(-1)!.message).toContain('logs-2/0: primary shard is not allocated');
    world.cluster.changeIndex('logs-2', { health: 'green' });
    expect(await world.states.redrive(execution)).toMatchObject({ status: 'SUCCEEDED' });
  });
});

describe('what happens in the middle of a run', () => {
  it('the bucket is deleted: RepositoryUnusable; once it is back, a redrive takes another snapshot', async () => {
    const execution = await duringRun('CheckSnapshot', () => {
      world.hasBucket = false;
    });
    expect(await world.states.ended(execution)).toMatchObject({ status: 'FAILED', error: 'RepositoryUnusable' });
    expect(failures()).toEqual(['Permafrost: CheckSnapshot failed: RepositoryUnusable']);
    world.hasBucket = true;
    expect(await world.states.redrive(execution)).toMatchObject({ status: 'SUCCEEDED' });
  });

  it('the repository is unregistered: RepositoryMissing; a redrive registers it again', async () => {
    const execution = await duringRun('StartSnapshot', () => world.cluster.removeRepository(repository));
    expect(await world.states.ended(execution)).toMatchObject({ status: 'FAILED', error: 'RepositoryMissing' });
    expect(await world.states.redrive(execution)).toMatchObject({ status: 'SUCCEEDED' });
    expect(await world.names()).toHaveLength(1);
  });

  it('the repository is made read-only: RepositoryReadonly; a redrive sets it back', async () => {
    const settings = asOpenSearchHasThem(world.deployment.repositorySettings);
    const execution = await duringRun('StartSnapshot', () =>
      world.cluster.registerRepository(repository, { ...settings, readonly: 'true' }),
    );
    expect(await world.states.ended(execution)).toMatchObject({ status: 'FAILED', error: 'RepositoryReadonly' });
    expect(await world.states.redrive(execution)).toMatchObject({ status: 'SUCCEEDED' });
  });

  it('somebody else takes the name: SnapshotNameTaken, and theirs is not touched', async () => {
    let theirs = '';
    const execution = await duringRun('StartSnapshot', async () => {
      theirs = await world.take(world.nextName());
    });
    expect(await world.states.ended(execution)).toMatchObject({ status: 'FAILED', error: 'SnapshotNameTaken' });
    expect(await world.cluster.snapshots(repository)).toMatchObject([{ name: theirs, state: 'SUCCESS' }]);
    expect(world.cluster.calls).not.toContain('deleteSnapshot');
  });

  it('the root of the repository is lost: NoSnapshots, and nothing is deleted', async () => {
    await world.takeMany(3);
    world.later(24 * 60);
    const execution = await duringRun('ListExpiredSnapshots', async () => {
      const keys = await Array.fromAsync(world.store.list(`${basePath}/index-`));
      await world.store.delete(keys.map(({ key }) => key));
    });
    expect(await world.states.ended(execution)).toMatchObject({ status: 'FAILED', error: 'NoSnapshots' });
    expect(world.cluster.calls).not.toContain('deleteSnapshot');
  });
});

it('a bucket that never was fails the registration by name', async () => {
  world.deployment.repositorySettings = { ...world.deployment.repositorySettings, bucket: 'no-such-bucket' };
  expect(await world.run()).toMatchObject({ status: 'FAILED', error: 'RepositoryUnusable' });
  expect(failures()).toEqual(['Permafrost: RegisterRepository failed: RepositoryUnusable']);
});
