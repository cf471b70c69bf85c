import { describe, expect, test } from 'vitest';
import type { Json } from '../../../../infra/local/states/json.ts';
import { gone, input, removing, type Item } from './remove-each.ts';
import { eventsOf, failure, outputOf, run } from './states.ts';

describe('an inline Map of one at a time', () => {
  test('ends one item, with all its waits, before it begins the next', async () => {
    const { states, calls, most } = removing(({ name }) =>
      name === 'b' ? { complete: false, waitSeconds: 30 } : gone,
    );
    const execution = await run(states, input('a', 'b', 'c'));
    expect(execution.status).toBe('SUCCEEDED');
    expect(calls).toEqual(['remove a', 'remove b', 'look b', 'look b', 'look b', 'remove c']);
    expect(most()).toBe(1);
    // ResultPath null: the outputs of the iterations are dropped.
    expect(outputOf(execution)).toEqual(input('a', 'b', 'c'));
  });

  test('gives each iteration what its ItemSelector says, of item, index and state input', async () => {
    const items: Item[] = [];
    const { states } = removing((item) => {
      items.push(item);
      return gone;
    });
    await run(states, input('a', 'b'));
    expect(items).toEqual([
      { name: 'a', at: 0, run: 'r' },
      { name: 'b', at: 1, run: 'r' },
    ]);
  });

  test('over no items succeeds without an iteration', async () => {
    const { states, calls } = removing(() => gone);
    const execution = await run(states, input());
    expect(execution.status).toBe('SUCCEEDED');
    expect(calls).toEqual([]);
    expect(eventsOf(states, execution.executionArn).slice(1, 5)).toEqual([
      'MapStateEntered RemoveAll',
      'MapStateStarted',
      'MapStateSucceeded',
      'MapStateExited RemoveAll',
    ]);
  });

  test('over what is no list fails, named and caught', async () => {
    const { states } = removing(() => gone);
    expect(await run(states, { run: 'r', expired: { names: 'a' } })).toMatchObject({
      status: 'FAILED',
      error: 'States.Runtime',
    });
  });

  test('retries the one state that failed, within its iteration', async () => {
    const { states, calls } = removing(({ name }, call) => {
      if (name === 'b' && call < 3) throw failure('Busy');
      return gone;
    });
    const { status, executionArn } = await run(states, input('a', 'b', 'c'));
    expect(status).toBe('SUCCEEDED');
    expect(calls).toEqual(['remove a', 'remove b', 'remove b', 'remove b', 'remove c']);
    const events = eventsOf(states, executionArn);
    expect(events.filter((event) => event === 'MapIterationStarted')).toHaveLength(3);
    expect(events.filter((event) => event === 'TaskStateEntered Remove')).toHaveLength(3);
    expect(events.filter((event) => event === 'LambdaFunctionFailed')).toHaveLength(2);
  });

  test('ends a task that outlasts its timeout, and retries it as States.Timeout', async () => {
    const { states, calls } = removing(({ name }, call) =>
      name === 'a' && call === 1 ? new Promise<Json>(() => undefined) : gone,
    );
    const { status, executionArn } = await run(states, input('a'));
    expect(status).toBe('SUCCEEDED');
    expect(calls).toEqual(['remove a', 'remove a']);
    expect(eventsOf(states, executionArn)).toContain('LambdaFunctionTimedOut');
  });

  test('writes the events of AWS, each iteration after its own', async () => {
    const { states } = removing(() => gone);
    const { executionArn } = await run(states, input('a', 'b'));
    const iteration = [
      'MapIterationStarted',
      'TaskStateEntered Remove',
      ...['LambdaFunctionScheduled', 'LambdaFunctionStarted', 'LambdaFunctionSucceeded'],
      'TaskStateExited Remove',
      'ChoiceStateEntered IsGone?',
      'ChoiceStateExited IsGone?',
      'SucceedStateEntered Gone',
      'SucceedStateExited Gone',
      'MapIterationSucceeded',
    ];
    expect(eventsOf(states, executionArn)).toEqual([
      'ExecutionStarted',
      'MapStateEntered RemoveAll',
      'MapStateStarted',
      ...iteration,
      ...iteration,
      'MapStateSucceeded',
      'MapStateExited RemoveAll',
      'SucceedStateEntered Done',
      'SucceedStateExited Done',
      'ExecutionSucceeded',
    ]);
    const { events } = states.getExecutionHistory({ executionArn });
    const started = events.filter(({ type }) => type === 'MapIterationStarted');
    expect(started.map((event) => event['mapIterationStartedEventDetails'])).toEqual([
      { name: 'RemoveAll', index: 0 },
      { name: 'RemoveAll', index: 1 },
    ]);
    const mapStarted = events.find(({ type }) => type === 'MapStateStarted')!;
    expect(mapStarted['mapStateStartedEventDetails']).toEqual({ length: 2 });
    // Both follow the start of the Map, not each other.
    expect(started.map(({ previousEventId }) => previousEventId)).toEqual([mapStarted.id, mapStarted.id]);
  });
});

test('a Map over hundreds of items stays far below the history that an execution may have', async () => {
  const { states } = removing(() => ({ complete: false, waitSeconds: 30 }));
  const names = Array.from({ length: 400 }, (_, n) => `n${n}`);
  const { status, executionArn } = await run(states, input(...names));
  expect(status).toBe('SUCCEEDED');
  let events = 0;
  let nextToken: string | undefined;
  do {
    const page = states.getExecutionHistory({
      executionArn,
      maxResults: 1000,
      ...(nextToken !== undefined && { nextToken }),
    });
    events += page.events.length;
    nextToken = page.nextToken;
  } while (nextToken !== undefined);
  // Three looks at each, which take 8 events with their waits.
  expect(events).toBeLessThan(20_000);
}, 60_000);
