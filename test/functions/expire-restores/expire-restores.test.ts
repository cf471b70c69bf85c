import { afterEach, describe, expect, it } from 'vitest';
import { recordsPrefix, restoreRecordKey } from '../../../archive/keys.ts';
import { parseRestoreRecord, restoreRecordBytes, type RestoreRecord } from '../../../archive/restore-records.ts';
import { ClusterUnreachable } from '../../../workflow/errors.ts';
import { expireContracts } from '../../../workflow/expire-contracts.ts';
import type { EndedExecution, Fault } from '../../support/in-process-states.ts';
import { archived, index, inProcessDrill, keysOf, type DrillWorld } from '../drill/in-process-drill.ts';

const restored = `restored-${index}`;
const hour = 3_600_000;

let world: DrillWorld;
let archiveId: string;
let runs = 0;

afterEach(() => world.states.close());

/** An index restored with a lease of ten days. */
async function prepare(): Promise<void> {
  world = await inProcessDrill();
  archiveId = await archived(world, [index]);
  await world.states.run('restore', { archiveId, indices: [index], conflict: 'rename', leaseDays: 10 });
  world.states.notices.length = 0;
}

const expireStart = (): Promise<string> => world.states.start('expire-restores', {}, `expire-${(runs += 1)}`);
const expire = async (): Promise<EndedExecution> => world.states.ended(await expireStart());
const subjects = (): string[] => world.states.notices.map(({ subject }) => subject);
/** Sets the clock to so many hours after the restore. */
const after = (hours: number): void => {
  const at = new Date(Date.now() + hours * hour);
  world.clock.now = () => at;
};
async function record(): Promise<RestoreRecord> {
  const [key] = await keysOf(world.restore, recordsPrefix);
  return parseRestoreRecord(await world.restore.read(key!));
}
const rewrite = async (change: (record: RestoreRecord) => RestoreRecord): Promise<void> => {
  const changed = change(await record());
  await world.restore.put(restoreRecordKey(changed.restoreId), restoreRecordBytes(changed));
};

describe('a lease', () => {
  it('that runs on is left alone, quietly', async () => {
    await prepare();
    after(24);
    const before = await record();
    expect(await expire()).toMatchObject({ status: 'SUCCEEDED', output: { leases: 1, ended: [], ending: [] } });
    expect(subjects()).toEqual([]);
    expect(await record()).toEqual(before);
    expect(world.cluster.indexNames()).toContain(restored);
  });

  it('is told of once, at least a day before its end, and then ended', async () => {
    await prepare();
    for (let day = 0; day < 13; day += 1) {
      after(day * 24 + 0.1);
      expect(await expire()).toMatchObject({ status: 'SUCCEEDED' });
      // Told on day 9, removed on day 10: a little after the restore each day.
      expect(world.cluster.indexNames().includes(restored), `day ${day}`).toBe(day < 10);
      expect(subjects().length, `day ${day}`).toBe(day < 9 ? 0 : day === 9 ? 1 : 2);
    }
    expect(subjects()).toEqual([
      'Permafrost: 1 restored indices will be removed',
      'Permafrost: leases of 1 restored indices have ended',
    ]);
    expect(world.states.notices[0]!.message).toContain(`${restored}: ${(await record()).indices[0]!.leaseUntil!}`);
    expect(world.states.notices[1]!.message).toContain(`Removed now, their lease has ended:\n  ${restored}`);
    expect((await record()).indices).toMatchObject([
      { ended: { outcome: 'removed' }, toldAt: expect.any(String) as string },
    ]);
    expect(world.cluster.indexNames()).toEqual([index]);
  });

  it('never ends for an index that took the place of another', async () => {
    await prepare();
    await rewrite((old) => ({ ...old, indices: old.indices.map((each) => ({ ...each, leaseUntil: null })) }));
    after(20_000);
    expect(await expire()).toMatchObject({ status: 'SUCCEEDED', output: { leases: 0 } });
    expect(world.cluster.indexNames()).toContain(restored);
    expect(subjects()).toEqual([]);
  });
});

describe('what is not on record', () => {
  it('is not touched: another index that has the name now', async () => {
    await prepare();
    world.cluster.removeIndex(restored);
    world.cluster.putIndex(restored, { documents: [{ id: 'mine', source: {} }] });
    after(11 * 24);
    expect(await expire()).toMatchObject({ status: 'SUCCEEDED', output: { removal: { removed: 0, kept: 1 } } });
    expect(await world.cluster.count(restored)).toBe(1);
    expect((await record()).indices).toMatchObject([{ ended: { outcome: 'replaced' } }]);
    expect(world.states.notices[0]!.message).toContain(`${restored}: another index has the name, and stays`);
    expect(world.cluster.calls).not.toContain('deleteIndex');
    expect(await expire()).toMatchObject({ output: { leases: 0, ended: [] } });
  });

  it('is not touched: an index without a record', async () => {
    await prepare();
    world.cluster.putIndex('restored-by-hand', { documents: [{ id: 'mine', source: {} }] });
    await world.restore.delete(await keysOf(world.restore, recordsPrefix));
    after(1000 * 24);
    expect(await expire()).toMatchObject({ status: 'SUCCEEDED' });
    expect(world.cluster.indexNames()).toEqual([index, restored, 'restored-by-hand'].sort());
  });

  it('is noted and no failure: an index that is gone', async () => {
    await prepare();
    world.cluster.removeIndex(restored);
    after(11 * 24);
    expect(await expire()).toMatchObject({ status: 'SUCCEEDED' });
    expect((await record()).indices).toMatchObject([{ ended: { outcome: 'gone' } }]);
  });

  it('is not guessed: a record that cannot be read fails by its key, and nothing is removed', async () => {
    await prepare();
    await world.restore.put('records/restore-x.json', Buffer.from('{}'));
    after(11 * 24);
    const run = await expire();
    expect(run).toMatchObject({ status: 'FAILED', error: 'RunRecordInvalid' });
    expect(run.cause).toContain('records/restore-x.json');
    expect(world.cluster.indexNames()).toContain(restored);
  });
});

describe('trouble on the way', () => {
  const faults: Fault[] = Object.keys(expireContracts).flatMap((state) => [
    { state, when: 'before' },
    { state, when: 'after' },
  ]);

  it.each(faults)('$when $state fails by its own name, is told once, and a redrive completes', async (fault) => {
    await prepare();
    after(11 * 24);
    world.states.break(fault);
    const arn = await expireStart();
    expect(await world.states.ended(arn)).toMatchObject({ status: 'FAILED', error: 'InjectedFault' });
    const failures = subjects().filter((subject) => subject.includes('failed'));
    expect(failures).toEqual([`Permafrost: ${fault.state} failed: InjectedFault`]);
    world.states.repair();
    expect(await world.states.redrive(arn)).toMatchObject({ status: 'SUCCEEDED' });
    expect(world.cluster.indexNames()).toEqual([index]);
    expect((await record()).indices).toMatchObject([{ ended: { outcome: 'removed' } }]);
  });

  it('puts on record what was removed before the cluster failed', async () => {
    await prepare();
    const gone = { ...(await record()).indices[0]!, name: 'restored-second', uuid: 'another' };
    await rewrite((old) => ({ ...old, indices: [...old.indices, gone] }));
    after(11 * 24);
    const look = world.cluster.indices.bind(world.cluster);
    world.cluster.indices = (patterns) =>
      patterns.includes('restored-second') ? Promise.reject(new ClusterUnreachable('no answer')) : look(patterns);
    const arn = await expireStart();
    expect(await world.states.ended(arn)).toMatchObject({ status: 'FAILED', error: 'ClusterUnreachable' });
    expect((await record()).indices).toMatchObject([{ ended: { outcome: 'removed' } }, { name: 'restored-second' }]);
    expect((await record()).indices[1]!.ended).toBeUndefined();
    world.cluster.indices = look;
    expect(await world.states.redrive(arn)).toMatchObject({ status: 'SUCCEEDED' });
    expect((await record()).indices).toMatchObject([{ ended: { outcome: 'removed' } }, { ended: { outcome: 'gone' } }]);
  });
});
