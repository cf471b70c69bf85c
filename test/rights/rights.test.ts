/** All workflows on a node with fine-grained access control, each with a role of its own. */
import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, test } from 'vitest';
import { endpoints, indexOf, loadLogs, redrive, run, start, statesOf, succeeded, type Ended } from '../stack/stack.ts';
import { discardPlaintext, endLeases, spoilPlaintext } from './buckets.ts';
import { permissionsOf, putRole } from './cluster-role.ts';
import { learn, lessonOf, type Pupil } from './learn.ts';
import { withRightsTable } from './rights-table.ts';
import { rightsRows } from './rows.ts';
import { apply, forgetRole, newPupil } from './workflows.ts';

const { stateMachines } = endpoints;
const dates = ['2026-01-01', '2026-01-02', '2026-01-03'];
const [first, second, third] = dates.map(indexOf) as [string, string, string];
const pupils: Pupil[] = [];
let archiveId: string;

/** What was granted bit by bit is what is shipped: nothing is missing, nothing is more than needed. */
function expectAllLearned({ granted, shipped }: Pupil): void {
  expect(permissionsOf(granted)).toEqual(permissionsOf(shipped));
}

async function expectUnhindered(execution: Ended): Promise<void> {
  succeeded(execution);
  const states = await statesOf(execution.executionArn);
  expect(states.filter((state) => /^[A-Z]\w+Failed$/.test(state))).toEqual([]);
}

beforeAll(async () => {
  for (const date of dates) await loadLogs(date, 300);
}, 240_000);

describe('archive', () => {
  test('is told of each right that it misses, and needs every one that its role has', async () => {
    const pupil = await newPupil('archive');
    pupils.push(pupil);
    const execution = await learn(pupil, await start({ indices: [first, second] }));
    archiveId = String(execution.output['archiveId']);
    expectAllLearned(pupil);
  });

  test('goes through with the role as it is applied', async () => {
    await forgetRole('archive');
    expect(await apply('archive')).toMatchObject({ outcome: 'created', others: [] });
    expect(await apply('archive')).toMatchObject({ outcome: 'unchanged', mapped: [] });
    await expectUnhindered(await run({ date: dates[2] }));
  });
});

describe('snapshot', () => {
  const machine = stateMachines.snapshot!;
  const requests = [{ snapshotOnly: true }, {}, { cleanUp: true }];

  test('is told of each right that it misses, and needs every one that its role has', async () => {
    const pupil = await newPupil('snapshot');
    pupils.push(pupil);
    // The second one deletes what the first one took.
    for (const request of requests) {
      await nextSecond();
      await learn(pupil, await start(request, undefined, machine));
    }
    expectAllLearned(pupil);
  });

  test('goes through with the role as it is applied', async () => {
    await forgetRole('snapshot');
    expect(await apply('snapshot')).toMatchObject({ outcome: 'created', others: [] });
    for (const request of requests) {
      await nextSecond();
      await expectUnhindered(await run(request, undefined, machine));
    }
  });

  /** Names of snapshots carry seconds. */
  const nextSecond = (): Promise<void> => sleep(1001 - (Date.now() % 1000));
});

describe('restore, drill and expire-restores', () => {
  const machine = stateMachines.restore!;
  /** As each of them is started: from an archive, over an index that is there, and from a snapshot of the schedule. */
  const requests = (): object[] => [
    { archiveId, indices: [first], conflict: 'rename' },
    { archiveId, indices: [second], conflict: 'replace' },
    { source: 'snapshots', indices: [third], conflict: 'rename', renamePattern: 'from-snapshot-{index}' },
  ];
  let pupil: Pupil;

  test('are told of each right that they miss, and need every one that their role has', async () => {
    pupil = await newPupil('restore');
    pupils.push(pupil);
    for (const request of requests()) await learn(pupil, await start(request, undefined, machine));
    // Before the drill, whose error would tell of what its restore misses.
    await learn(pupil, await spoiledRestore(), 'RestoreFailed');
    await learn(pupil, await start({ archiveId }, undefined, stateMachines.drill!));
    await endLeases();
    await learn(pupil, await start({}, undefined, stateMachines.expireRestores!));
    expectAllLearned(pupil);
  });

  /** One that is stopped before it restores, for want of a right that it had, and goes on over a corrupt blob. */
  async function spoiledRestore(): Promise<string> {
    const withheld = 'cluster:admin/snapshot/restore';
    const { granted } = pupil;
    const without = granted.cluster_permissions.filter((permission) => permission !== withheld);
    await putRole(pupil.name, { ...granted, cluster_permissions: without });
    const failed = await run(
      { archiveId, indices: [first], conflict: 'rename', renamePattern: 'spoiled-{index}' },
      undefined,
      machine,
    );
    expect(await lessonOf(failed)).toMatchObject({ state: 'StartRestore', permissions: [withheld] });
    await spoilPlaintext();
    await putRole(pupil.name, granted);
    await redrive(failed.executionArn);
    return failed.executionArn;
  }

  test('go through with the role as it is applied', async () => {
    await discardPlaintext();
    await forgetRole('restore');
    expect(await apply('restore')).toMatchObject({ outcome: 'created', others: [] });
    for (const request of requests()) await expectUnhindered(await run(request, undefined, machine));
    await expectUnhindered(await run({ archiveId }, undefined, stateMachines.drill!));
    await endLeases();
    await expectUnhindered(await run({}, undefined, stateMachines.expireRestores!));
  });
});

test('docs/rights.md has the table of these calls, which npm run test:rights -- -u writes', async () => {
  const file = new URL('../../docs/rights.md', import.meta.url);
  const table = withRightsTable(await readFile(file, 'utf8'), await rightsRows(pupils));
  await expect(table).toMatchFileSnapshot(fileURLToPath(file));
});
