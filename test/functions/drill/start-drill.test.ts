import { describe, expect, it } from 'vitest';
import { startDrill } from '../../../functions/drill/start-drill.ts';
import { checkDrill } from '../../../functions/drill/check-drill.ts';
import type { ExecutionControl, ExecutionFacts } from '../../../ports/executions.ts';

const arn = 'arn:aws:states:eu-west-1:1:execution:restore:drill';
const startedAt = new Date('2026-02-01T04:00:00Z');
const now = (): Date => new Date('2026-02-01T05:00:00Z');
const picked = { drillId: 'drill', archiveId: 'a', sequence: 1, index: 'logs-1', reason: 'because' };

function controlOf(
  facts: Omit<ExecutionFacts, 'startedAt'>,
  { existed = true, redrivable = true }: { existed?: boolean; redrivable?: boolean } = {},
): ExecutionControl & { calls: unknown[] } {
  const calls: unknown[] = [];
  return {
    calls,
    start: (machine, name, input) => {
      calls.push(['start', machine, name, input]);
      return Promise.resolve({ arn, existed });
    },
    facts: () => Promise.resolve({ startedAt, ...facts }),
    redrive: () => {
      calls.push('redrive');
      return Promise.resolve(redrivable);
    },
  };
}
const start = (control: ExecutionControl): ReturnType<typeof startDrill> =>
  startDrill(picked, { control, restoreStateMachineArn: 'machine', now });

describe('the restore of a drill', () => {
  it('is started under the id of the drill, renamed and with a lease of a day', async () => {
    const control = controlOf({ status: 'RUNNING' }, { existed: false });
    expect(await start(control)).toMatchObject({ complete: false, execution: { arn } });
    expect(control.calls).toEqual([
      [
        'start',
        'machine',
        'drill',
        { archiveId: 'a', indices: ['logs-1'], conflict: 'rename', renamePattern: 'drill-{index}', leaseDays: 1 },
      ],
    ]);
  });

  it.each(['RUNNING', 'SUCCEEDED'] as const)('is kept while it is %s', async (status) => {
    const control = controlOf({ status });
    await start(control);
    expect(control.calls).not.toContain('redrive');
  });

  it.each(['FAILED', 'TIMED_OUT', 'ABORTED'] as const)('goes on where it stopped when it has %s', async (status) => {
    const control = controlOf({ status });
    await start(control);
    expect(control.calls).toContain('redrive');
  });

  it('that has only just begun and failed is left to CheckDrill', async () => {
    const control = controlOf({ status: 'FAILED' }, { existed: false });
    await start(control);
    expect(control.calls).not.toContain('redrive');
  });

  it('that cannot be redriven any more fails the drill with its error and cause', async () => {
    const cause = JSON.stringify({ errorMessage: 'no such key' });
    const control = controlOf({ status: 'FAILED', error: 'DecryptionKeyUnusable', cause }, { redrivable: false });
    await expect(start(control)).rejects.toMatchObject({
      name: 'DrillFailed',
      message: `The restore ${arn} ended FAILED with DecryptionKeyUnusable: no such key. It cannot be redriven any more: start another drill`,
    });
  });
});

describe('a look at the restore', () => {
  const restore = {
    complete: false,
    startedAt: '2026-02-01T04:00:00.000Z',
    waitSeconds: 30,
    execution: { arn, startedAt: startedAt.toISOString(), endedAt: null },
    restoreId: null,
  };
  const look = (facts: Omit<ExecutionFacts, 'startedAt'>, at = now): ReturnType<typeof checkDrill> =>
    checkDrill({ ...picked, restore }, { control: controlOf(facts), now: at });

  it('waits longer each time', async () => {
    expect(await look({ status: 'RUNNING' })).toEqual({ ...restore, waitSeconds: 45 });
  });

  it('gives up after four days', async () => {
    const later = (): Date => new Date('2026-02-05T04:00:00Z');
    await expect(look({ status: 'RUNNING' }, later)).rejects.toMatchObject({ name: 'DrillFailed' });
  });

  it('takes id and end from a restore that succeeded', async () => {
    const endedAt = new Date('2026-02-01T04:30:00Z');
    expect(await look({ status: 'SUCCEEDED', endedAt, output: '{"restoreId":"restore-1","x":1}' })).toMatchObject({
      complete: true,
      restoreId: 'restore-1',
      execution: { startedAt: startedAt.toISOString(), endedAt: endedAt.toISOString() },
    });
  });

  it('does not believe a success that names no restore', async () => {
    await expect(look({ status: 'SUCCEEDED', output: '{}' })).rejects.toMatchObject({ name: 'DrillFailed' });
  });

  it('names status, error and cause of one that did not succeed', async () => {
    await expect(look({ status: 'ABORTED' })).rejects.toMatchObject({ message: `The restore ${arn} ended ABORTED` });
  });
});
