import { afterEach, expect, it } from 'vitest';
import { restoreRecordKey } from '../../archive/keys.ts';
import { parseRestoreRecord, type RestoreRecord } from '../../archive/restore-records.ts';
import { documentsOf, index, inProcessDrill, type DrillWorld } from '../functions/drill/in-process-drill.ts';

const snapshot = 'snapshot-2026-01-03t00-00-00';
const day = 86_400_000;

let world: DrillWorld;

afterEach(() => world.states.close());

it('an index that was restored from a snapshot is removed when its lease ends, and what took its name is not', async () => {
  world = await inProcessDrill();
  const { cluster, states, restore, clock } = world;
  cluster.putIndex(index, { documents: documentsOf(index), shards: 2 });
  await cluster.registerRepository('schedule', { bucket: 'staging', base_path: 'snapshots', shard_path_type: 'FIXED' });
  await cluster.startSnapshot('schedule', snapshot, [index]);
  while ((await cluster.snapshot('schedule', snapshot))?.state === 'IN_PROGRESS');
  const asked = { source: 'snapshots', conflict: 'rename', leaseDays: 10 };
  const kept = await states.run('restore', asked, 'kept');
  const replaced = await states.run('restore', { ...asked, renamePattern: 'again-{index}' }, 'replaced');
  cluster.removeIndex(`again-${index}`);
  cluster.putIndex(`again-${index}`, { documents: documentsOf(index) });

  clock.now = () => new Date(Date.now() + 9 * day);
  expect(await states.run('expire-restores', {}, 'tells')).toMatchObject({ status: 'SUCCEEDED' });
  expect(states.notices.at(-1)?.message).toContain(`${index} of snapshot ${snapshot} of repository schedule`);

  clock.now = () => new Date(Date.now() + 11 * day);
  expect(await states.run('expire-restores', {})).toMatchObject({ status: 'SUCCEEDED' });
  expect(cluster.indexNames()).toEqual([`again-${index}`, index]);
  const record = async (restoreId: unknown): Promise<RestoreRecord> =>
    parseRestoreRecord(await restore.read(restoreRecordKey(String(restoreId))));
  const ofSnapshot = { source: 'snapshot', snapshot: { repository: 'schedule', name: snapshot } };
  expect((await record(kept.output.restoreId)).indices).toMatchObject([
    { ...ofSnapshot, ended: { outcome: 'removed' } },
  ]);
  expect((await record(replaced.output.restoreId)).indices).toMatchObject([
    { ...ofSnapshot, ended: { outcome: 'replaced' } },
  ]);
});
