import { afterEach, describe, expect, test, vi } from 'vitest';
import type { Json } from '../../../../infra/local/states/json.ts';
import { bindings, failure, fn, MACHINE, once, run, service } from './states.ts';

afterEach(() => vi.useRealTimers());

const waiting = (wait: object): object => ({
  StartAt: 'W',
  States: { W: { Type: 'Wait', ...wait, Next: 'T' }, T: { Type: 'Task', Resource: fn('T'), End: true } },
});

/** Runs on a clock that jumps from timer to timer, and tells at which second each call of T came. */
async function callTimes(
  definition: object,
  timeScale: number,
  input: Json,
  work: () => unknown = () => 1,
  jitter = 1,
): Promise<number[]> {
  const times: number[] = [];
  const functions = {
    T: () => {
      times.push(Date.now() / 1000);
      return work();
    },
  };
  vi.useFakeTimers({ now: 0 });
  const states = service(definition, bindings(functions), { timeScale, jitter: () => jitter });
  const { executionArn } = states.startExecution({ stateMachineArn: MACHINE, input });
  await vi.runAllTimersAsync();
  expect(states.describeExecution(executionArn).status).not.toBe('RUNNING');
  vi.useRealTimers();
  return times;
}

const FAILING = (retrier: object): object => ({
  StartAt: 'T',
  States: { T: { Type: 'Task', Resource: fn('T'), Retry: [{ ErrorEquals: ['E'], ...retrier }], End: true } },
});
const fails = (): never => {
  throw failure('E');
};

describe('waits', () => {
  test.each([
    ['Seconds', { Seconds: 3600 }, {}],
    ['SecondsPath', { SecondsPath: '$.s' }, { s: 3600 }],
    ['Timestamp', { Timestamp: '1970-01-01T01:00:00Z' }, {}],
    ['TimestampPath', { TimestampPath: '$.at' }, { at: '1970-01-01T01:00:00Z' }],
  ])('by %s are scaled', async (_by, wait, input) => {
    expect(await callTimes(waiting(wait), 0.01, input)).toEqual([36]);
    expect(await callTimes(waiting(wait), 1, input)).toEqual([3600]);
  });

  test('of a timestamp in the past, and every wait at scale 0, take no time', async () => {
    const before = performance.now();
    await run(service(waiting({ Timestamp: '2020-01-01T00:00:00Z' }), bindings({ T: () => 1 }), { timeScale: 1 }));
    expect((await once(waiting({ Seconds: 99_999_999 }), { T: () => 1 })).status).toBe('SUCCEEDED');
    expect(performance.now() - before).toBeLessThan(5000);
  });
});

describe('retries', () => {
  test('come after growing delays up to the cap, as often as allowed', async () => {
    const definition = FAILING({ IntervalSeconds: 2, BackoffRate: 3, MaxAttempts: 4, MaxDelaySeconds: 10 });
    expect(await callTimes(definition, 1, {}, fails)).toEqual([0, 2, 8, 18, 28]);
    expect(await callTimes(definition, 0.5, {}, fails)).toEqual([0, 1, 4, 9, 14]);
  });

  test('default to three, after 1, 2 and 4 seconds', async () => {
    expect(await callTimes(FAILING({}), 1, {}, fails)).toEqual([0, 1, 3, 7]);
  });

  test('are delayed by less where jitter is full, and only there', async () => {
    expect(
      await callTimes(FAILING({ IntervalSeconds: 8, MaxAttempts: 1, JitterStrategy: 'FULL' }), 1, {}, fails, 0.25),
    ).toEqual([0, 2]);
    expect(await callTimes(FAILING({ IntervalSeconds: 8, MaxAttempts: 1 }), 1, {}, fails, 0.25)).toEqual([0, 8]);
  });

  test('are counted by each retrier on its own, and all together in the context object', async () => {
    const counts: Json[] = [];
    const errors = ['A', 'B', 'A', 'B', 'B'];
    const definition = {
      StartAt: 'T',
      States: {
        T: {
          Type: 'Task',
          Resource: fn('T'),
          Parameters: { 'n.$': '$$.State.RetryCount' },
          Retry: [
            { ErrorEquals: ['A'], MaxAttempts: 2 },
            { ErrorEquals: ['States.ALL'], MaxAttempts: 2 },
          ],
          End: true,
        },
      },
    };
    const execution = await once(definition, {
      T: ({ n }: { n: number }) => {
        counts.push(n);
        throw failure(errors[n] ?? 'None');
      },
    });
    expect(counts).toEqual([0, 1, 2, 3, 4]);
    expect(execution.error).toBe('B');
  });
});

describe('timeouts', () => {
  const hang = (_input: Json, { signal }: { signal: AbortSignal }): Promise<never> =>
    new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(failure('Interrupted'))));

  test('of a Task are real seconds at any scale, abort its signal and fail it with States.Timeout', async () => {
    let signal: AbortSignal | undefined;
    const definition = {
      StartAt: 'T',
      States: {
        T: {
          Type: 'Task',
          Resource: fn('T'),
          TimeoutSecondsPath: '$.limit',
          Catch: [{ ErrorEquals: ['States.Timeout'], Next: 'Out' }],
          End: true,
        },
        Out: { Type: 'Succeed' },
      },
    };
    const before = performance.now();
    const execution = await once(
      definition,
      { T: (input: Json, call: { signal: AbortSignal }) => hang(input, (({ signal } = call), call)) },
      { limit: 1 },
    );
    expect(performance.now() - before).toBeGreaterThan(990);
    expect(execution).toMatchObject({
      status: 'SUCCEEDED',
      output: JSON.stringify({ Error: 'States.Timeout', Cause: '' }),
    });
    expect(signal?.aborted).toBe(true);
  });

  test('of the state machine end it as TIMED_OUT past every catcher, and start anew with a redrive', async () => {
    let calls = 0;
    const definition = {
      StartAt: 'T',
      TimeoutSeconds: 1,
      States: {
        T: { Type: 'Task', Resource: fn('T'), Catch: [{ ErrorEquals: ['States.ALL'], Next: 'Out' }], End: true },
        Out: { Type: 'Succeed' },
      },
    };
    const work = (input: Json, call: { signal: AbortSignal }): unknown =>
      ++calls === 1 ? hang(input, call) : new Promise((done) => setTimeout(done, 600));
    const states = service(definition, bindings({ T: work }));
    const first = await run(states);
    expect(first.status).toBe('TIMED_OUT');
    states.redriveExecution(first);
    expect((await states.waitForExecution(first.executionArn)).status).toBe('SUCCEEDED');
  });
});
