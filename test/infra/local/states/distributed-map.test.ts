import { describe, expect, test } from 'vitest';
import type { Json } from '../../../../infra/local/states/json.ts';
import { bindings, eventsOf, failure, fn, MACHINE, once, outputOf, redrive, run, service } from './states.ts';

const map = (fields: object, task: object = {}): object => ({
  StartAt: 'M',
  States: {
    M: {
      Type: 'Map',
      ItemsPath: '$.items',
      ItemProcessor: {
        ProcessorConfig: { Mode: 'DISTRIBUTED', ExecutionType: 'STANDARD' },
        StartAt: 'T',
        States: { T: { Type: 'Task', Resource: fn('T'), ...task, End: true } },
      },
      ...fields,
      End: true,
    },
  },
});
const double = (n: number): number => {
  if (n < 0) throw failure('Negative');
  return n * 2;
};

describe('a Map Run', () => {
  test('is one child execution per item, its outputs in order', async () => {
    const states = service(
      map({ Label: 'Volumes' }, { Parameters: { 'item.$': '$', 'context.$': '$$' } }),
      bindings({ T: (input: Json) => input }),
    );
    const execution = await run(states, { items: [1, 2] });
    const [mapRun] = states.listMapRuns(execution.executionArn);
    expect(mapRun).toMatchObject({
      status: 'SUCCEEDED',
      mapRunArn: expect.stringMatching(/:mapRun:archive\/Volumes:[\w-]+$/) as string,
    });
    const children = states.listExecutions({ mapRunArn: mapRun?.mapRunArn }).executions;
    expect(children.map(({ input, status }) => [input, status])).toEqual([
      ['2', 'SUCCEEDED'],
      ['1', 'SUCCEEDED'],
    ]);
    const child = children[1];
    expect(outputOf(execution)).toMatchObject([
      {
        item: 1,
        context: { Execution: { Id: child?.executionArn, Input: 1 }, StateMachine: { Id: `${MACHINE}/Volumes` } },
      },
      { item: 2 },
    ]);
    expect(child?.executionArn).toMatch(/:execution:archive\/Volumes:[\w-]+$/);
    expect(states.listExecutions({ stateMachineArn: MACHINE }).executions).toHaveLength(1);
    expect(eventsOf(states, execution.executionArn)).toEqual([
      ...[
        'ExecutionStarted',
        'MapStateEntered M',
        'MapStateStarted',
        'MapRunStarted',
        'MapRunSucceeded',
        'MapStateSucceeded',
      ],
      ...['MapStateExited M', 'ExecutionSucceeded'],
    ]);
  });

  test('over no items succeeds with none, and DISCARD keeps the input', async () => {
    expect(outputOf(await once(map({}), {}, { items: [] }))).toEqual([]);
    expect(outputOf(await once(map({ ResultPath: null }), { T: double }, { items: [1] }))).toEqual({ items: [1] });
  });

  test('gives each child what ItemSelector says, or a batch of it', async () => {
    const seen: Json[] = [];
    const see = {
      T: (input: Json) => {
        seen.push(input);
        return null;
      },
    };
    const selector = { ItemSelector: { 'at.$': '$$.Map.Item.Index', 'of.$': '$$.Map.Item.Value', 'plan.$': '$.plan' } };
    await once(map({ ...selector, MaxConcurrency: 1 }), see, { items: ['a', 'b'], plan: 'p' });
    expect(seen).toEqual([
      { at: 0, of: 'a', plan: 'p' },
      { at: 1, of: 'b', plan: 'p' },
    ]);
    seen.length = 0;
    await once(
      map({ MaxConcurrency: 1, ItemBatcher: { MaxItemsPerBatchPath: '$.most', BatchInput: { 'plan.$': '$.plan' } } }),
      see,
      { items: [1, 2, 3], plan: 'p', most: 2 },
    );
    expect(seen).toEqual([
      { BatchInput: { plan: 'p' }, Items: [1, 2] },
      { BatchInput: { plan: 'p' }, Items: [3] },
    ]);
  });

  test('runs no more children at once than MaxConcurrency', async () => {
    let [now, most] = [0, 0];
    const work = async (): Promise<void> => {
      most = Math.max(most, ++now);
      await new Promise((resolve) => setTimeout(resolve, 5));
      now--;
    };
    await once(map({ MaxConcurrencyPath: '$.limit' }), { T: work }, { items: Array(7).fill(0), limit: 3 });
    expect(most).toBe(3);
  });

  test('retries inside its children', async () => {
    let left = 2;
    const flaky = (n: number): number => {
      if (left-- > 0) throw failure('E');
      return n;
    };
    expect(outputOf(await once(map({}, { Retry: [{ ErrorEquals: ['E'] }] }), { T: flaky }, { items: [4] }))).toEqual([
      4,
    ]);
  });
});

describe('failed items', () => {
  test.each([
    ['none by default', {}, [1, -1], false],
    ['up to a count', { ToleratedFailureCount: 1 }, [1, -1], true],
    ['not over a count', { ToleratedFailureCount: 1 }, [1, -1, -1], false],
    ['up to a percentage', { ToleratedFailurePercentage: 50 }, [1, -1], true],
    ['all at 100 percent', { ToleratedFailurePercentage: 100 }, [-1, -1], true],
    [
      'not when either limit is passed',
      { ToleratedFailurePercentage: 90, ToleratedFailureCount: 1 },
      [1, 1, 1, -1, -1],
      false,
    ],
  ])('are tolerated: %s', async (_what, limits, items, tolerated) => {
    const execution = await once(map(limits), { T: double }, { items });
    if (tolerated) expect(outputOf(execution)).toEqual(items.filter((n) => n > 0).map((n) => n * 2));
    else expect(execution.error).toBe('States.ExceedToleratedFailureThreshold');
  });

  test('reach the Map’s one Catch, and the children still running are told to stop', async () => {
    let stopped = 0;
    const work = (n: number, { signal }: { signal: AbortSignal }): unknown =>
      n < 0
        ? double(n)
        : new Promise((_resolve, reject) =>
            signal.addEventListener('abort', () => {
              stopped++;
              reject(failure('Interrupted'));
            }),
          );
    const definition = map({ Catch: [{ ErrorEquals: ['States.ALL'], ResultPath: '$.failure', Next: 'Notify' }] }) as {
      States: object;
    };
    const whole = {
      ...definition,
      States: { ...definition.States, Notify: { Type: 'Pass', OutputPath: '$.failure.Error', End: true } },
    };
    const states = service(whole, bindings({ T: work }));
    const execution = await run(states, { items: [1, -1, 2] });
    expect(outputOf(execution)).toBe('States.ExceedToleratedFailureThreshold');
    expect(stopped).toBe(2);
    const { mapRunArn } = states.listMapRuns(execution.executionArn)[0] ?? {};
    expect(
      states
        .listExecutions({ mapRunArn })
        .executions.map(({ status }) => status)
        .sort(),
    ).toEqual(['ABORTED', 'ABORTED', 'FAILED']);
  });
});

describe('a redrive of a Map Run', () => {
  test('keeps what succeeded, redrives what failed at its failed state, and starts the rest', async () => {
    const calls: string[] = [];
    let broken = true;
    const work = (n: number): number => {
      calls.push(`T${n}`);
      if (n === 2 && broken) throw failure('E');
      return n * 10;
    };
    const first = { Prepare: { Type: 'Task', Resource: fn('Prepare'), Next: 'T' } };
    const definition = map({ MaxConcurrency: 1 }) as {
      States: { M: { ItemProcessor: { StartAt: string; States: object } } };
    };
    const processor = definition.States.M.ItemProcessor;
    Object.assign(processor, { StartAt: 'Prepare', States: { ...first, ...processor.States } });
    const states = service(
      definition,
      bindings({
        T: work,
        Prepare: (n: number) => {
          calls.push(`P${n}`);
          return n;
        },
      }),
    );

    const failed = await run(states, { items: [1, 2, 3] });
    expect(calls).toEqual(['P1', 'T1', 'P2', 'T2']);
    const [before] = states.listMapRuns(failed.executionArn);
    const child = before?.children[1]?.executionArn ?? '';
    expect(states.describeExecution(child).redriveStatus).toBe('REDRIVABLE_BY_MAP_RUN');
    expect(() => states.redriveExecution({ executionArn: child })).toThrow(
      expect.objectContaining({ name: 'ExecutionNotRedrivable' }),
    );

    broken = false;
    calls.length = 0;
    expect(outputOf(await redrive(states, failed))).toEqual([10, 20, 30]);
    expect(calls).toEqual(['T2', 'P3', 'T3']);
    const runs = states.listMapRuns(failed.executionArn);
    expect(runs).toMatchObject([{ mapRunArn: before?.mapRunArn, redriveCount: 1, status: 'SUCCEEDED' }]);
    expect(states.describeExecution(child)).toMatchObject({ status: 'SUCCEEDED', redriveCount: 1 });
    expect(eventsOf(states, failed.executionArn).slice(-6)).toEqual([
      'ExecutionRedriven',
      'MapRunRedriven',
      'MapRunSucceeded',
      'MapStateSucceeded',
      'MapStateExited M',
      'ExecutionSucceeded',
    ]);
  });

  test('whose execution was stopped aborts and resumes its children', async () => {
    let calls = 0;
    const states = service(map({}), bindings({ T: (n: number) => (++calls <= 2 ? new Promise(() => undefined) : n) }));
    const { executionArn } = states.startExecution({ stateMachineArn: MACHINE, input: { items: [1, 2] } });
    await expect.poll(() => calls).toBe(2);
    await states.stopExecution({ executionArn });
    expect(states.listMapRuns(executionArn)).toMatchObject([
      { status: 'ABORTED', children: [{ status: 'ABORTED' }, { status: 'ABORTED' }] },
    ]);
    expect(outputOf(await redrive(states, { executionArn }))).toEqual([1, 2]);
  });
});
