import { afterEach, describe, expect, it } from 'vitest';
import { findLink, readManifest } from '../../archive/catalogue.ts';
import { archivePrefix, repositoryPrefix } from '../../archive/keys.ts';
import type { ObjectStore } from '../../ports/object-store.ts';
import { archiveContracts } from '../../workflow/contracts.ts';
import { inProcessArchive, type World } from '../support/in-process-archive.ts';
import type { EndedExecution, Fault } from '../support/in-process-states.ts';

const index = 'logdata-01012026';
const documents = Array.from({ length: 20 }, (_, n) => ({ id: `d${n}`, source: { message: `line ${n}`, n } }));

let world: World;

afterEach(() => world.states.close());

async function prepare(): Promise<void> {
  world = await inProcessArchive();
  world.cluster.putIndex(index, { documents, shards: 2 });
  world.cluster.snapshotsGo({ polls: 2, deletePolls: 1 });
}

const start = (input: unknown, name?: string): Promise<string> => world.states.start('archive', input, name);
const ended = (executionArn: string): Promise<EndedExecution> => world.states.ended(executionArn);
const redrive = (executionArn: string): Promise<EndedExecution> => world.states.redrive(executionArn);

async function keys(store: ObjectStore, prefix = ''): Promise<string[]> {
  const found: string[] = [];
  for await (const { key } of store.list(prefix)) found.push(key);
  return found;
}

/** Everything that must be true of a finished archive. */
async function expectSealedAndClean(output: Record<string, unknown>): Promise<void> {
  const archiveId = String(output.archiveId);
  expect(await findLink(world.archive, archiveId)).toMatchObject({ sequence: 1 });
  const manifest = await readManifest(world.archive, archiveId);
  expect(manifest.indices).toMatchObject([{ name: index, documents: { count: documents.length, exact: true } }]);
  expect(manifest.indices[0]!.samples).toHaveLength(documents.length);
  expect(await keys(world.archive, archivePrefix(archiveId))).toEqual(manifest.volumes.map(({ key }) => key));
  const uploads = [];
  for await (const upload of world.archive.listUploads('')) uploads.push(upload);
  expect(uploads).toEqual([]);
  expect(await keys(world.staging, repositoryPrefix(archiveId))).toEqual([]);
  expect(await world.cluster.repositories()).toEqual([]);
  expect(world.cluster.indexNames()).toEqual([index]);
}

describe('a run without faults', () => {
  it('seals the archive, then removes snapshot, repository and staged objects, and tells once', async () => {
    await prepare();
    const run = await ended(await start({ date: '2026-01-01' }));
    expect(run).toMatchObject({ status: 'SUCCEEDED' });
    await expectSealedAndClean(run.output);
    expect(world.states.notices.map(({ subject }) => subject)).toEqual(['Permafrost: archived 1 indices']);
  });

  it('archives nothing twice, and says why', async () => {
    await prepare();
    await ended(await start({ date: '2026-01-01' }));
    const again = await ended(await start({ date: '2026-01-01' }, 'again'));
    expect(again).toMatchObject({ status: 'SUCCEEDED', output: { work: 'none' } });
    expect(again.output.reason).toContain('unchanged');
    expect(world.states.notices).toHaveLength(1);
  });

  it('archives an index again when documents came later, and says which archive it supersedes', async () => {
    await prepare();
    const first = await ended(await start({ date: '2026-01-01' }));
    world.cluster.addDocuments(index, [{ id: 'late', source: { message: 'late' } }]);
    const second = await ended(await start({ date: '2026-01-01' }, 'again'));
    const manifest = await readManifest(world.archive, String(second.output.archiveId));
    expect(manifest.indices).toMatchObject([
      { name: index, supersedes: first.output.archiveId, documents: { count: documents.length + 1 } },
    ]);
  });

  it('takes what is due when scheduled, and nothing younger or older', async () => {
    await prepare();
    for (const name of ['logdata-02012026', 'logdata-30112025', 'logdata-01022026', 'other-01012026']) {
      world.cluster.putIndex(name, { documents });
    }
    const run = await ended(await start({ scheduledTime: '2026-01-03T02:00:00Z' }));
    const manifest = await readManifest(world.archive, String(run.output.archiveId));
    expect(manifest.indices.map(({ name }) => name)).toEqual([index]);
  });

  it('seals two executions at once under ids, prefixes and chain links of their own', async () => {
    await prepare();
    world.cluster.putIndex('logdata-02012026', { documents });
    const arns = await Promise.all([start({ date: '2026-01-01' }, 'one'), start({ date: '2026-01-02' }, 'two')]);
    const runs = await Promise.all(arns.map(ended));
    expect(runs.map(({ status }) => status)).toEqual(['SUCCEEDED', 'SUCCEEDED']);
    const links = await Promise.all(runs.map(({ output }) => findLink(world.archive, String(output.archiveId))));
    expect(links.map((link) => link?.sequence).sort()).toEqual([1, 2]);
    expect(runs[0]!.output.archiveId).not.toBe(runs[1]!.output.archiveId);
  });
});

describe('a request that cannot be carried out', () => {
  const refused: [string, unknown, string, (() => void)?][] = [
    ['an unknown form', { day: 'yesterday' }, 'InvalidRequest'],
    ['a date that no index is named for', { date: '2020-01-01' }, 'NoIndicesSelected'],
    ['an index that is not there', { indices: ['logdata-31122019'] }, 'IndexMissing'],
    ['a system index', { indices: ['.kibana'] }, 'InvalidRequest'],
    ['an archive that nobody began', { resume: 'logdata-2026-01-01t00-00-00-abcdef' }, 'ArchiveNotFound'],
    [
      'a red index',
      { date: '2026-01-01' },
      'IndexUnhealthy',
      () => world.cluster.changeIndex(index, { health: 'red' }),
    ],
    [
      'a closed index',
      { date: '2026-01-01' },
      'IndexClosed',
      () => world.cluster.changeIndex(index, { state: 'close' }),
    ],
    [
      'an UltraWarm index',
      { date: '2026-01-01' },
      'IndexNotHot',
      () => world.cluster.changeIndex(index, { tier: 'warm' }),
    ],
  ];
  it.each(refused)('%s fails the execution by name and is told', async (_, input, error, arrange) => {
    await prepare();
    arrange?.();
    expect(await ended(await start(input))).toMatchObject({ status: 'FAILED', error });
    expect(world.states.notices.map(({ subject }) => subject)).toEqual([`Permafrost: SelectIndices failed: ${error}`]);
    expect(world.states.notices[0]!.message).toContain(`https://example.org/runbook#${error.toLowerCase()}`);
  });
});

describe('a fault at any state', () => {
  const faults: Fault[] = [...Object.keys(archiveContracts), 'ConsolidateAndEncrypt'].flatMap((state) => [
    { state, when: 'before' },
    { state, when: 'after' },
  ]);

  it.each(faults)('$when $state loses nothing, is told once, and a redrive completes', async (fault) => {
    await prepare();
    world.states.break(fault);
    const executionArn = await start({ date: '2026-01-01' });
    const failed = await ended(executionArn);
    // A container that dies leaves no error of its own: its volume is found missing. One that dies after its work left a receipt.
    const container = fault.state === 'ConsolidateAndEncrypt';
    if (container && fault.when === 'after') {
      expect(failed.status).toBe('SUCCEEDED');
      await expectSealedAndClean(failed.output);
      return;
    }
    expect(failed).toMatchObject({ status: 'FAILED', error: container ? 'VolumeMissing' : 'InjectedFault' });
    const state = container ? 'CheckVolumes' : fault.state;
    const reported = world.states.notices.filter(({ subject }) => subject.includes('failed'));
    expect(reported.map(({ subject }) => subject)).toEqual([`Permafrost: ${state} failed: ${String(failed.error)}`]);
    await expectNothingLost(fault);

    world.states.repair();
    await redrive(executionArn);
    const redriven = await ended(executionArn);
    expect(redriven).toMatchObject({ status: 'SUCCEEDED' });
    await expectSealedAndClean(redriven.output);
  });

  it('is told each time when a redrive fails again elsewhere, and the next redrive completes', async () => {
    await prepare();
    world.states.break({ state: 'PlanVolumes', when: 'before' });
    const executionArn = await start({ date: '2026-01-01' });
    await ended(executionArn);
    world.states.break({ state: 'SealArchive', when: 'after' });
    await redrive(executionArn);
    expect(await ended(executionArn)).toMatchObject({ status: 'FAILED', error: 'InjectedFault' });
    await redrive(executionArn);
    expect(await ended(executionArn)).toMatchObject({ status: 'FAILED', error: 'InjectedFault' });
    world.states.repair();
    await redrive(executionArn);
    const last = await ended(executionArn);
    await expectSealedAndClean(last.output);
    expect(world.states.notices.map(({ subject }) => subject)).toEqual([
      'Permafrost: PlanVolumes failed: InjectedFault',
      'Permafrost: SealArchive failed: InjectedFault',
      'Permafrost: SealArchive failed: InjectedFault',
      'Permafrost: archived 1 indices',
    ]);
  });

  it('ends FAILED with the original error even when the failure branch itself fails', async () => {
    await prepare();
    world.cluster.failNext('facts', new RangeError('no facts'));
    world.states.break({ state: 'DescribeFailure', when: 'before' });
    expect(await ended(await start({ date: '2026-01-01' }))).toMatchObject({ status: 'FAILED', error: 'RangeError' });
  });

  /** Unless the archive is sealed, the staged objects, the snapshot and the indices are all still there. */
  async function expectNothingLost(fault: Fault): Promise<void> {
    expect(world.cluster.indexNames()).toEqual([index]);
    const archiveId = (await keys(world.staging, 'runs/'))[0]?.split('/')[1];
    if (archiveId === undefined || (await findLink(world.archive, archiveId))) return;
    const began = world.cluster.calls.includes('startSnapshot');
    if (!began) return;
    expect(await world.cluster.repositories(), fault.state).toEqual([archiveId]);
    expect(await world.cluster.snapshot(archiveId, archiveId), fault.state).toBeDefined();
    expect(world.cluster.calls, fault.state).not.toContain('deleteSnapshot');
    if (world.states.calls.has('PlanVolumes')) {
      expect(await keys(world.staging, repositoryPrefix(archiveId))).not.toEqual([]);
    }
  }
});

describe('a snapshot that is not whole', () => {
  it.each([
    ['PARTIAL', 'SnapshotPartial'],
    ['FAILED', 'SnapshotFailed'],
  ] as const)('%s fails by name; the redrive removes it and takes another', async (outcome, error) => {
    await prepare();
    world.cluster.snapshotsGo({ outcome });
    const executionArn = await start({ date: '2026-01-01' });
    expect(await ended(executionArn)).toMatchObject({ status: 'FAILED', error });
    world.cluster.snapshotsGo({ outcome: 'SUCCESS' });
    await redrive(executionArn);
    await expectSealedAndClean((await ended(executionArn)).output);
  });
});

describe('an object in the staged prefix that is not of the repository', () => {
  it('is refused before anything is planned; without it the redrive completes', async () => {
    await prepare();
    world.states.break({ state: 'PlanVolumes', when: 'before' });
    const executionArn = await start({ date: '2026-01-01' });
    await ended(executionArn);
    world.states.repair();
    const archiveId = (await keys(world.staging, 'runs/'))[0]!.split('/')[1]!;
    const stray = `${repositoryPrefix(archiveId)}tests-abc/master.dat`;
    await world.staging.put(stray, new Uint8Array(3));
    expect(await redrive(executionArn)).toMatchObject({ status: 'FAILED', error: 'StagingForeign' });
    await world.staging.delete([stray]);
    await expectSealedAndClean((await redrive(executionArn)).output);
  });
});

describe('a leftover of an earlier run', () => {
  it('is reported by the next run and left alone; resume finishes it', async () => {
    await prepare();
    world.states.break({ state: 'VerifyArchive', when: 'before' });
    await ended(await start({ date: '2026-01-01' }, 'given-up'));
    world.states.repair();
    const leftover = (await keys(world.staging, 'runs/'))[0]!.split('/')[1]!;
    const staged = await keys(world.staging, repositoryPrefix(leftover));
    world.cluster.putIndex('logdata-02012026', { documents });
    const next = await ended(await start({ date: '2026-01-02' }, 'next'));
    expect(next.output.leftovers).toEqual([leftover]);
    expect(world.states.notices.at(-1)!.message).toContain(leftover);
    expect(await keys(world.staging, repositoryPrefix(leftover))).toEqual(staged);

    const resumed = await ended(await start({ resume: leftover }, 'resumed'));
    expect(resumed).toMatchObject({ status: 'SUCCEEDED', output: { archiveId: leftover } });
    expect(await findLink(world.archive, leftover)).toMatchObject({ sequence: 2 });
    expect(await keys(world.staging, repositoryPrefix(leftover))).toEqual([]);
  });
});
