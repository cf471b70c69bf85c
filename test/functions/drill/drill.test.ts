import { afterEach, describe, expect, it } from 'vitest';
import { failureReportKey, parseEvidence, reportKey, type Evidence } from '../../../archive/evidence.ts';
import { restoredPrefix, restoreRecordKey } from '../../../archive/keys.ts';
import { parseRestoreRecord } from '../../../archive/restore-records.ts';
import { goldenKey } from '../../support/in-process-archive.ts';
import { machineArn, type EndedExecution, type Fault } from '../../support/in-process-states.ts';
import { archived, index, inProcessDrill, keysOf, other, type DrillWorld } from './in-process-drill.ts';

let world: DrillWorld;
let archiveId: string;

afterEach(() => world.states.close());

async function prepare(): Promise<void> {
  world = await inProcessDrill();
  archiveId = await archived(world, [index, other]);
}

const subjects = (): string[] => world.states.notices.map(({ subject }) => subject);
const drillSubjects = (): string[] => subjects().filter((subject) => /drill/i.test(subject));
const readReport = async (key: string): Promise<Evidence> => parseEvidence(await world.restore.read(key));
const restoreArn = (drillId: string): string =>
  `${machineArn('restore').replace(':stateMachine:', ':execution:')}:${drillId}`;
/** The drill that the reports and restores of this test belong to: there is one. */
const drillIdOf = async (): Promise<string> => (await keysOf(world.restore, 'drills/drill-'))[0]!.split('/')[1]!;

/** Everything that must be true after a drill that passed. */
async function expectPassed(run: EndedExecution): Promise<void> {
  expect(run, run.cause).toMatchObject({ status: 'SUCCEEDED' });
  const drillId = String(run.output.drillId);
  const report = await readReport(reportKey(drillId));
  expect(report).toMatchObject({
    verdict: 'passed',
    drillId,
    index,
    archive: { archiveId, sequence: 1 },
    checked: { name: `drill-${index}`, documents: 20, documentsExact: true, samples: 20, shards: 2 },
    restore: { executionArn: restoreArn(drillId) },
  });
  expect(await keysOf(world.restore, `drills/${drillId}/report`)).toEqual(
    ['html', 'json', 'json.sig'].map((extension) => `drills/${drillId}/report.${extension}`),
  );
  expect(world.cluster.indexNames()).toEqual([index, other]);
  expect(await keysOf(world.restore, restoredPrefix)).toEqual([]);
}

describe('a drill', () => {
  it('restores one index of a frozen archive, removes it, writes its evidence and tells', async () => {
    await prepare();
    const run = await world.states.run('drill', { scheduledTime: '2026-02-01T04:00:00Z' });
    await expectPassed(run);
    expect(subjects()).toEqual(['Permafrost: restored 1 indices', `Permafrost: drill passed: ${archiveId}`]);
    const record = parseRestoreRecord(
      await world.restore.read(restoreRecordKey((run.output.drilled as { restoreId: string }).restoreId)),
    );
    expect(record.indices).toMatchObject([{ name: `drill-${index}`, ended: { outcome: 'removed' } }]);
  });

  it('takes the other index the next time', async () => {
    await prepare();
    await world.states.run('drill', {}, 'first');
    const second = await world.states.run('drill', {}, 'second');
    expect(second.output).toMatchObject({ archiveId, index: other });
  });

  it('ends quietly where nothing is sealed', async () => {
    world = await inProcessDrill();
    expect(await world.states.run('drill', {})).toMatchObject({ status: 'SUCCEEDED', output: { due: false } });
    expect(subjects()).toEqual([]);
  });

  it('leaves an archive aside once its lock has ended', async () => {
    await prepare();
    world.clock.now = () => new Date(Date.now() + 366 * 86_400_000);
    expect(await world.states.run('drill', {})).toMatchObject({ status: 'SUCCEEDED', output: { due: false } });
  });

  it('drills what is asked for by hand', async () => {
    await prepare();
    const run = await world.states.run('drill', { archiveId, index: other });
    expect(run).toMatchObject({ status: 'SUCCEEDED', output: { index: other, reason: 'asked for by hand' } });
  });

  it.each([
    ['another form', { day: 1 }, 'InvalidRequest'],
    ['an index without its archive', { index }, 'InvalidRequest'],
    ['an archive that is not there', { archiveId: 'logdata-2026-01-01t00-00-00-abcdef' }, 'NoArchiveFound'],
  ])('refuses %s by name, and starts nothing', async (_, input, error) => {
    await prepare();
    expect(await world.states.run('drill', input)).toMatchObject({ status: 'FAILED', error });
    expect(subjects()).toEqual([`Permafrost: DRILL FAILED: PickArchive failed: ${error}`]);
    expect(world.states.calls.has('LocateArchive')).toBe(false);
  });

  it('refuses a key that signs archives before anything is thawed', async () => {
    await prepare();
    Object.assign(world.evidenceSigner, world.signer);
    expect(await world.states.run('drill', {})).toMatchObject({ status: 'FAILED', error: 'SignerUnusable' });
    expect(world.states.calls.has('LocateArchive')).toBe(false);
    expect(await keysOf(world.restore, 'drills/')).toEqual([]);
  });
});

describe('a drill that cannot show it', () => {
  it('fails loudly when the private key was replaced, writes no passing evidence, and passes once the key is back', async () => {
    await prepare();
    const { armored } = world.privateKey;
    world.privateKey.armored = await goldenKey('rsa4096.sec');
    const arn = await world.states.start('drill', {});
    const failed = await world.states.ended(arn);
    expect(failed).toMatchObject({ status: 'FAILED', error: 'DrillFailed' });
    expect(failed.cause).toContain('DecryptionKeyUnusable');
    expect(drillSubjects()).toEqual(['Permafrost: DRILL FAILED: CheckDrill failed: DrillFailed']);
    expect(world.states.notices.at(-1)!.message).toContain('https://example.org/runbook#drillfailed');
    const drillId = await drillIdOf();
    expect(await keysOf(world.restore, `drills/${drillId}/report`)).toEqual([]);
    expect(await readReport(failureReportKey(drillId, 0))).toMatchObject({
      verdict: 'failed',
      restoreExecutionArn: restoreArn(drillId),
      failure: { state: 'CheckDrill', error: 'DrillFailed' },
    });

    world.privateKey.armored = armored;
    await expectPassed(await world.states.redrive(arn));
    // What failed stays on record.
    expect(await readReport(failureReportKey(drillId, 0))).toMatchObject({ verdict: 'failed' });
  });

  it('keeps the restore when somebody has redriven it by hand', async () => {
    await prepare();
    world.states.break({ state: 'StartRestore', when: 'before' });
    const arn = await world.states.start('drill', {});
    await world.states.ended(arn);
    world.states.repair();
    expect(await world.states.redrive(restoreArn(await drillIdOf()))).toMatchObject({ status: 'SUCCEEDED' });
    const restored = world.states.calls.get('StartRestore');
    await expectPassed(await world.states.redrive(arn));
    expect(world.states.calls.get('StartRestore')).toBe(restored);
  });

  it('looks for itself: an index that changed after the restore was verified fails the drill', async () => {
    await prepare();
    world.states.break({ state: 'CheckDrilled', when: 'before' });
    const arn = await world.states.start('drill', {});
    await world.states.ended(arn);
    world.states.repair();
    world.cluster.addDocuments(`drill-${index}`, [{ id: `${index}-7`, source: { message: 'forged' } }]);
    expect(await world.states.redrive(arn)).toMatchObject({ status: 'FAILED', error: 'RestoredContentDiffers' });
    expect(await keysOf(world.restore, `drills/${await drillIdOf()}/report`)).toEqual([]);
  });

  it('never takes another index of the name for the drilled one, nor removes it', async () => {
    await prepare();
    world.states.break({ state: 'RemoveDrilled', when: 'before' });
    const arn = await world.states.start('drill', {});
    await world.states.ended(arn);
    world.states.repair();
    world.cluster.removeIndex(`drill-${index}`);
    world.cluster.putIndex(`drill-${index}`, { documents: [{ id: 'mine', source: {} }] });
    const run = await world.states.redrive(arn);
    expect(run).toMatchObject({ status: 'SUCCEEDED', output: { removal: { outcome: 'replaced' } } });
    expect(await world.cluster.count(`drill-${index}`)).toBe(1);
  });
});

describe('a fault at any state', () => {
  const states = [
    'PickArchive',
    'StartDrill',
    'CheckDrill',
    'CheckDrilled',
    'RemoveDrilled',
    'WriteEvidence',
    'NotifyDrilled',
  ];
  const faults: Fault[] = states.flatMap((state) => [
    { state, when: 'before' },
    { state, when: 'after' },
  ]);

  it.each(faults)('$when $state fails by its own name, is told once, and a redrive completes', async (fault) => {
    await prepare();
    world.states.break(fault);
    const arn = await world.states.start('drill', {});
    expect(await world.states.ended(arn)).toMatchObject({ status: 'FAILED', error: 'InjectedFault' });
    const failures = subjects().filter((subject) => subject.includes('FAILED'));
    expect(failures).toEqual([`Permafrost: DRILL FAILED: ${fault.state} failed: InjectedFault`]);
    world.states.repair();
    await expectPassed(await world.states.redrive(arn));
  });

  it('is told with its own error even when it cannot be put on record', async () => {
    await prepare();
    world.states.break({ state: 'RecordFailedDrill', when: 'before' });
    world.privateKey.armored = await goldenKey('rsa4096.sec');
    expect(await world.states.run('drill', {})).toMatchObject({ status: 'FAILED', error: 'DrillFailed' });
    expect(drillSubjects()).toEqual(['Permafrost: DRILL FAILED: CheckDrill failed: DrillFailed']);
  });
});
