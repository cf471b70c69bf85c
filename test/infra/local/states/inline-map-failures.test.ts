import { describe, expect, test } from 'vitest';
import type { ExecutionDescription } from '../../../../infra/local/states/descriptions.ts';
import type { Json } from '../../../../infra/local/states/json.ts';
import { definition, gone, input, removing, uncaught, type Item } from './remove-each.ts';
import { bindings, eventsOf, failure, MACHINE, redrive, run, service } from './states.ts';

describe('a failed iteration of an inline Map', () => {
  const failingAt =
    (item: string, broken: () => boolean = () => true) =>
    ({ name }: Item): Json => {
      if (name === item && broken()) throw failure('Broken', `${name} is stuck`);
      return gone;
    };

  test('stops the Map, whose Catch gets its error beside the Map’s own input; what had not begun never begins', async () => {
    const { states, calls } = removing(failingAt('b'));
    const execution = await run(states, input('a', 'b', 'c'));
    expect(execution).toMatchObject({
      status: 'FAILED',
      error: 'Broken',
      cause: expect.stringContaining('halted') as string,
    });
    expect(calls).toEqual(['remove a', 'remove b']);
    const { events } = states.getExecutionHistory({ executionArn: execution.executionArn });
    const failed = events.find(({ type }) => type === 'PassStateEntered') as unknown as {
      stateEnteredEventDetails: { input: string };
    };
    expect(JSON.parse(failed.stateEnteredEventDetails.input)).toEqual({
      ...(input('a', 'b', 'c') as object),
      failure: { Error: 'Broken', Cause: expect.stringContaining('b is stuck') as string },
    });
    const names = eventsOf(states, execution.executionArn);
    const at = names.indexOf('MapIterationFailed');
    expect(names.slice(at, at + 4)).toEqual([
      'MapIterationFailed',
      'MapStateFailed',
      'MapStateExited RemoveAll',
      'PassStateEntered Failed',
    ]);
  });

  test('that was caught is not gone back to: led to the Map again, a redrive begins with the first of the new list', async () => {
    let broken = true;
    const { states, calls } = removing(failingAt('b', () => broken));
    const first = await run(states, input('a', 'b', 'c'));
    broken = false;
    expect((await redrive(states, first)).status).toBe('SUCCEEDED');
    expect(calls).toEqual(['remove a', 'remove b', 'remove b', 'remove c']);
    expect(eventsOf(states, first.executionArn).filter((event) => event === 'MapStateEntered RemoveAll')).toHaveLength(
      2,
    );
  });

  test('that nobody caught is where a redrive goes on, in the state that failed; those before it stay done', async () => {
    let broken = true;
    const { states, calls } = removing(
      failingAt('b', () => broken),
      uncaught,
    );
    const first = await run(states, input('a', 'b', 'c'));
    expect(first).toMatchObject({
      status: 'FAILED',
      error: 'Broken',
      cause: expect.stringContaining('b is stuck') as string,
    });
    broken = false;
    const second = await redrive(states, first);
    expect(second).toMatchObject({ status: 'SUCCEEDED', redriveCount: 1 });
    expect(calls).toEqual(['remove a', 'remove b', 'remove b', 'remove c']);
    const names = eventsOf(states, first.executionArn);
    expect(names.filter((event) => event === 'MapStateEntered RemoveAll')).toHaveLength(1);
    expect(names.filter((event) => event === 'MapIterationStarted')).toHaveLength(3);
    expect(names.filter((event) => event === 'TaskStateEntered Remove')).toHaveLength(3);
  });

  test('has all its retries again after a redrive', async () => {
    const { states, calls } = removing(({ name }) => {
      if (name === 'a' && calls.length < 6) throw failure('Busy');
      return gone;
    }, uncaught);
    const first: ExecutionDescription = await run(states, input('a'));
    expect(first.error).toBe('Busy');
    expect(calls).toHaveLength(3);
    expect((await redrive(states, first)).status).toBe('SUCCEEDED');
    expect(calls).toHaveLength(6);
  });

  test('is run anew with all others where the Map itself is retried', async () => {
    let broken = true;
    const retried = definition({ Catch: [], Retry: [{ ErrorEquals: ['Broken'], MaxAttempts: 1 }] });
    const { states, calls } = removing((item) => {
      const was = broken;
      if (item.name === 'b') broken = false;
      return failingAt('b', () => was)(item);
    }, retried);
    expect((await run(states, input('a', 'b'))).status).toBe('SUCCEEDED');
    expect(calls).toEqual(['remove a', 'remove b', 'remove a', 'remove b']);
  });
});

test('an execution that is stopped in a wait of an iteration goes on in that wait, and asks for no removal twice', async () => {
  let looked = 0;
  const calls: string[] = [];
  const states = service(
    definition(),
    bindings({
      Remove: ({ name }: Item) => {
        calls.push(name);
        return { complete: false, waitSeconds: 60 };
      },
      Look: () => {
        looked++;
        return gone;
      },
    }),
    { timeScale: 1 },
  );
  const { executionArn } = states.startExecution({ stateMachineArn: MACHINE, input: input('a') });
  await expect.poll(() => eventsOf(states, executionArn)).toContain('WaitStateEntered WaitForIt');
  await states.stopExecution({ executionArn });
  expect(states.describeExecution(executionArn).status).toBe('ABORTED');
  expect(looked).toBe(0);
  states.redriveExecution({ executionArn });
  expect(states.describeExecution(executionArn).status).toBe('RUNNING');
  await states.stopExecution({ executionArn });
  expect(calls).toEqual(['a']);
  expect(eventsOf(states, executionArn).filter((event) => event === 'WaitStateEntered WaitForIt')).toHaveLength(1);
});
