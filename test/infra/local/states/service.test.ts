import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Json } from '../../../../infra/local/states/json.ts';
import type { StatusChangeEvent } from '../../../../infra/local/states/status-change.ts';
import { bindings, eventsOf, failure, fn, MACHINE, outputOf, redrive, run, service } from './states.ts';

const TWO = {
  StartAt: 'A',
  States: { A: { Type: 'Task', Resource: fn('A'), Next: 'B' }, B: { Type: 'Task', Resource: fn('B'), End: true } },
};

const untilAborted = (_input: Json, { signal }: { signal: AbortSignal }): Promise<never> =>
  new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(failure('Interrupted'))));

describe('executions on disk', () => {
  let historyDir: string;
  beforeEach(() => (historyDir = mkdtempSync(join(tmpdir(), 'states-'))));
  afterEach(() => rmSync(historyDir, { recursive: true }));

  test('are listed, described and redriven by a restarted service', async () => {
    const before = service(TWO, bindings({ A: () => 'a', B: () => Promise.reject(failure('Broken')) }), { historyDir });
    const failed = await run(before, { x: 1 }, 'kept');
    await before.close();

    const calls: Json[] = [];
    const after = service(TWO, bindings({ B: (input: Json) => calls.push(input) }), { historyDir });
    expect(after.listExecutions({ stateMachineArn: MACHINE }).executions).toEqual([failed]);
    expect(eventsOf(after, failed.executionArn)).toEqual(eventsOf(before, failed.executionArn));
    expect(await redrive(after, failed)).toMatchObject({
      status: 'SUCCEEDED',
      redriveCount: 1,
      startDate: failed.startDate,
    });
    expect(calls).toEqual(['a']);
  });

  test('are redriven with the definition they started with', async () => {
    const before = service(TWO, bindings({ A: () => 'a', B: () => Promise.reject(failure('Broken')) }), { historyDir });
    const failed = await run(before);
    const changed = { StartAt: 'B', States: { B: { Type: 'Pass', Result: 'new', End: true } } };
    const after = service(changed, bindings({ B: () => 'old' }), { historyDir });
    expect(outputOf(await redrive(after, failed))).toBe('old');
    expect(outputOf(await run(after))).toBe('new');
  });

  test('that ran when the process died are aborted where they stood, and resume there', async () => {
    const before = service(TWO, bindings({ A: () => 'a', B: untilAborted }), { historyDir });
    const { executionArn } = before.startExecution({ stateMachineArn: MACHINE });
    await expect.poll(() => eventsOf(before, executionArn)).toContain('TaskStateEntered B');
    // The files as a crash leaves them: `before` gets to close only after they were read.
    const after = service(TWO, bindings({ B: (input: Json) => input }), { historyDir });
    expect(after.describeExecution(executionArn)).toMatchObject({ status: 'ABORTED', redriveStatus: 'REDRIVABLE' });
    expect(eventsOf(after, executionArn).at(-1)).toBe('ExecutionAborted');
    expect(outputOf(await redrive(after, { executionArn }))).toBe('a');
    await before.close();
  });

  test('keep the children of a Map Run that succeeded', async () => {
    const definition = {
      StartAt: 'M',
      States: {
        M: {
          Type: 'Map',
          MaxConcurrency: 1,
          ItemProcessor: {
            ProcessorConfig: { Mode: 'DISTRIBUTED' },
            StartAt: 'T',
            States: { T: { Type: 'Task', Resource: fn('T'), End: true } },
          },
          End: true,
        },
      },
    };
    const before = service(definition, bindings({ T: (n: number) => (n > 1 ? Promise.reject(failure('E')) : n) }), {
      historyDir,
    });
    const failed = await run(before, [1, 2, 3]);
    const calls: number[] = [];
    const after = service(
      definition,
      bindings({
        T: (n: number) => {
          calls.push(n);
          return n;
        },
      }),
      { historyDir },
    );
    expect(outputOf(await redrive(after, failed))).toEqual([1, 2, 3]);
    expect(calls).toEqual([2, 3]);
  });
});

describe('status changes', () => {
  test('are told at start, end and redrive as EventBridge has them', async () => {
    let broken = true;
    const states = service(
      TWO,
      bindings({
        A: () => 1,
        B: () => {
          if (broken) throw failure('Broken', 'why');
          return 2;
        },
      }),
    );
    const events: StatusChangeEvent[] = [];
    const stop = states.onStatusChange((event) => events.push(event));
    const failed = await run(states, { x: 1 }, 'one');
    broken = false;
    await redrive(states, failed);
    stop();
    await run(states);
    expect(events.map(({ detail }) => [detail.status, detail.error, detail.output, detail.redriveCount])).toEqual([
      ['RUNNING', null, null, 0],
      ['FAILED', 'Broken', null, 0],
      ['RUNNING', null, null, 1],
      ['SUCCEEDED', null, '2', 1],
    ]);
    expect(events[1]).toMatchObject({
      source: 'aws.states',
      'detail-type': 'Step Functions Execution Status Change',
      account: '000000000000',
      region: 'eu-central-1',
      resources: [failed.executionArn],
      detail: {
        executionArn: failed.executionArn,
        stateMachineArn: MACHINE,
        name: 'one',
        input: '{"x":1}',
        startDate: failed.startDate,
        stopDate: failed.stopDate,
        cause: failed.cause,
      },
    });
  });
});

describe('closing', () => {
  test('aborts what runs, tells its functions, and waits for them', async () => {
    let finished = false;
    const slow = (_input: Json, { signal }: { signal: AbortSignal }): Promise<void> =>
      new Promise((resolve) =>
        signal.addEventListener('abort', () =>
          setTimeout(() => {
            finished = true;
            resolve();
          }, 20),
        ),
      );
    const states = service(TWO, bindings({ A: slow }));
    const events: string[] = [];
    states.onStatusChange(({ detail }) => events.push(detail.status));
    const { executionArn } = states.startExecution({ stateMachineArn: MACHINE });
    await expect.poll(() => eventsOf(states, executionArn).at(-1)).toBe('LambdaFunctionStarted');
    await states.close();
    expect([finished, states.describeExecution(executionArn).status, events]).toEqual([
      true,
      'ABORTED',
      ['RUNNING', 'ABORTED'],
    ]);
  });
});

test('a loop without end is ended at 25,000 events, as on AWS', async () => {
  const states = service({ StartAt: 'A', States: { A: { Type: 'Wait', Seconds: 30, Next: 'A' } } }, bindings({}));
  const execution = await run(states);
  expect(execution).toMatchObject({
    status: 'FAILED',
    error: 'States.Runtime',
    redriveStatus: 'NOT_REDRIVABLE',
    redriveStatusReason: 'Execution history event limit exceeded.',
  });
  expect(execution.cause).toContain('maximum number of history events');
});
