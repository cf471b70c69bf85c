import { describe, expect, test } from 'vitest';
import type { Json } from '../../../../infra/local/states/json.ts';
import { bindings, eventsOf, failure, fn, MACHINE, outputOf, redrive, run, service } from './states.ts';

describe('what a redrive does, state by state', () => {
  test('a Task that failed uncaught is scheduled again, not entered again, with its input and all its retries', async () => {
    const inputs: Json[] = [];
    const states = service(
      {
        StartAt: 'A',
        States: {
          A: { Type: 'Pass', Result: 5, Next: 'B' },
          B: { Type: 'Task', Resource: fn('B'), Retry: [{ ErrorEquals: ['E'], MaxAttempts: 2 }], End: true },
        },
      },
      bindings({
        B: (input: Json) => {
          if (inputs.push(input) < 6) throw failure('E');
          return 'ok';
        },
      }),
    );
    const first = await run(states);
    expect(inputs).toHaveLength(3);
    const second = await redrive(states, first);
    expect(second.status).toBe('SUCCEEDED');
    expect(inputs).toEqual([5, 5, 5, 5, 5, 5]);
    expect(eventsOf(states, first.executionArn).slice(-11)).toEqual(
      [
        'ExecutionRedriven',
        ...['LambdaFunctionScheduled', 'LambdaFunctionStarted', 'LambdaFunctionFailed'],
        ...['LambdaFunctionScheduled', 'LambdaFunctionStarted', 'LambdaFunctionFailed'],
        ...['LambdaFunctionScheduled', 'LambdaFunctionStarted', 'LambdaFunctionSucceeded'],
        'TaskStateExited B',
        'ExecutionSucceeded',
      ].slice(-11),
    );
    expect(eventsOf(states, first.executionArn).filter((event) => event === 'TaskStateEntered B')).toHaveLength(1);
  });

  test('a Fail state is entered again and fails again, and the state whose error was caught is not visited', async () => {
    let calls = 0;
    const states = service(
      {
        StartAt: 'A',
        States: {
          A: { Type: 'Task', Resource: fn('A'), End: true, Catch: [{ ErrorEquals: ['States.ALL'], Next: 'Stop' }] },
          Stop: { Type: 'Fail', ErrorPath: '$.Error', Cause: 'given up' },
        },
      },
      bindings({
        A: () => {
          calls++;
          throw failure('Once');
        },
      }),
    );
    const first = await run(states);
    expect(first).toMatchObject({ status: 'FAILED', error: 'Once', cause: 'given up' });
    expect(await redrive(states, first)).toMatchObject({ status: 'FAILED', error: 'Once', redriveCount: 1 });
    expect(calls).toBe(1);
    expect(eventsOf(states, first.executionArn).slice(-3)).toEqual([
      'ExecutionRedriven',
      'FailStateEntered Stop',
      'ExecutionFailed',
    ]);
  });

  test('a Choice that matched nothing is evaluated again', async () => {
    const states = service(
      {
        StartAt: 'Which?',
        States: {
          'Which?': {
            Type: 'Choice',
            Choices: [{ Variable: '$$.Execution.RedriveCount', NumericEquals: 1, Next: 'End' }],
          },
          End: { Type: 'Succeed' },
        },
      },
      bindings({}),
    );
    const first = await run(states);
    expect(first.error).toBe('States.NoChoiceMatched');
    expect((await redrive(states, first)).status).toBe('SUCCEEDED');
  });

  test('a Parallel runs only the branches that failed or were halted, and keeps the outputs of the others', async () => {
    const calls: string[] = [];
    let broken = true;
    const branch = (name: string): object => ({
      StartAt: name,
      States: { [name]: { Type: 'Task', Resource: fn(name), End: true } },
    });
    const states = service(
      { StartAt: 'P', States: { P: { Type: 'Parallel', Branches: [branch('Good'), branch('Bad')], End: true } } },
      bindings({
        Good: () => {
          calls.push('Good');
          return 'good';
        },
        Bad: async () => {
          calls.push('Bad');
          await new Promise(setImmediate);
          if (broken) throw failure('Broken');
          return 'mended';
        },
      }),
    );
    const first = await run(states);
    expect(first.error).toBe('Broken');
    broken = false;
    expect(outputOf(await redrive(states, first))).toEqual(['good', 'mended']);
    expect(calls).toEqual(['Good', 'Bad', 'Bad']);
  });

  test('an inline Map runs only the iterations that failed or were not begun', async () => {
    const calls: Json[] = [];
    let broken = true;
    const states = service(
      {
        StartAt: 'M',
        States: {
          M: {
            Type: 'Map',
            MaxConcurrency: 1,
            End: true,
            ItemProcessor: {
              StartAt: 'T',
              States: {
                T: {
                  Type: 'Task',
                  Resource: fn('T'),
                  Parameters: { 'item.$': '$', 'index.$': '$$.Map.Item.Index' },
                  End: true,
                },
              },
            },
          },
        },
      },
      bindings({
        T: ({ item, index }: { item: string; index: number }) => {
          calls.push(item);
          if (broken && item === 'b') throw failure('Broken');
          return `${item}${index}`;
        },
      }),
    );
    const first = await run(states, ['a', 'b', 'c']);
    broken = false;
    expect(outputOf(await redrive(states, first))).toEqual(['a0', 'b1', 'c2']);
    expect(calls).toEqual(['a', 'b', 'b', 'c']);
  });

  test('an aborted and a timed-out execution go on at the state where they stood', async () => {
    let attempt = 0;
    const hang = (): unknown => (++attempt < 3 ? new Promise(() => undefined) : 'done');
    const states = service(
      { StartAt: 'T', TimeoutSeconds: 1, States: { T: { Type: 'Task', Resource: fn('T'), End: true } } },
      bindings({ T: hang }),
    );
    const { executionArn } = states.startExecution({ stateMachineArn: MACHINE });
    await expect.poll(() => attempt).toBe(1);
    await states.stopExecution({ executionArn, error: 'Operator', cause: 'by hand' });
    expect(states.describeExecution(executionArn)).toMatchObject({
      status: 'ABORTED',
      error: 'Operator',
      cause: 'by hand',
      redriveStatus: 'REDRIVABLE',
    });
    expect((await redrive(states, { executionArn })).status).toBe('TIMED_OUT');
    expect((await redrive(states, { executionArn })).status).toBe('SUCCEEDED');
  });
});

describe('what may be redriven', () => {
  const BROKEN = { StartAt: 'F', States: { F: { Type: 'Fail', Error: 'E' } } };

  test('not a running or a successful execution, nor one that ended over 14 days ago', async () => {
    let now = Date.parse('2026-01-01T00:00:00Z');
    const states = service(BROKEN, bindings({}), { now: () => now });
    const { executionArn } = await run(states);
    now += 14 * 86_400_000;
    expect(states.describeExecution(executionArn).redriveStatus).toBe('REDRIVABLE');
    now += 1;
    expect(states.describeExecution(executionArn)).toMatchObject({
      redriveStatus: 'NOT_REDRIVABLE',
      redriveStatusReason: 'Execution redrivable period exceeded.',
    });
    expect(() => states.redriveExecution({ executionArn })).toThrow(
      expect.objectContaining({ name: 'ExecutionNotRedrivable' }),
    );

    const fine = service({ StartAt: 'S', States: { S: { Type: 'Succeed' } } }, bindings({}));
    const done = fine.startExecution({ stateMachineArn: MACHINE });
    const refused = (): unknown => fine.redriveExecution(done);
    expect(refused).toThrow('Execution is RUNNING and cannot be redriven.');
    await fine.waitForExecution(done.executionArn);
    expect(refused).toThrow('Execution is SUCCEEDED and cannot be redriven.');
  });

  test('the same client token redrives once', async () => {
    const states = service(BROKEN, bindings({}));
    const { executionArn } = await run(states);
    const first = states.redriveExecution({ executionArn, clientToken: 't' });
    await states.waitForExecution(executionArn);
    expect(states.redriveExecution({ executionArn, clientToken: 't' })).toEqual(first);
    expect(states.describeExecution(executionArn)).toMatchObject({ status: 'FAILED', redriveCount: 1 });
  });

  test('the context object tells the redrives: 0 and no time before the first', async () => {
    const seen: Json[] = [];
    const states = service(
      {
        StartAt: 'T',
        States: { T: { Type: 'Task', Resource: fn('T'), Parameters: { 'execution.$': '$$.Execution' }, End: true } },
      },
      bindings({
        T: ({ execution }: { execution: Json }) => {
          seen.push(execution);
          throw failure('E');
        },
      }),
    );
    const first = await run(states, { a: 1 }, 'one');
    await redrive(states, first);
    const common = {
      Id: first.executionArn,
      Name: 'one',
      Input: { a: 1 },
      StartTime: new Date(first.startDate).toISOString(),
    };
    expect(seen[0]).toEqual({ ...common, RoleArn: expect.any(String) as string, RedriveCount: 0 });
    expect(seen[1]).toMatchObject({ ...common, RedriveCount: 1, RedriveTime: expect.any(String) as string });
  });
});
