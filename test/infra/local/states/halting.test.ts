import { describe, expect, test } from 'vitest';
import type { Json } from '../../../../infra/local/states/json.ts';
import { bindings, failure, fn, outputOf, redrive, run, service } from './states.ts';

/** Two steps, each caught into a notice, a halt and a way back, as the workflows are built. */
const guarded = (name: string, next: string): Record<string, object> => ({
  [name]: {
    Type: 'Task',
    Resource: fn(name),
    ResultPath: `$.${name}`,
    Next: next,
    Catch: [{ ErrorEquals: ['States.ALL'], ResultPath: '$.failure', Next: `${name}Failed` }],
  },
  [`${name}Failed`]: {
    Type: 'Pass',
    Parameters: { state: name, 'input.$': '$', 'error.$': '$.failure', 'redriveCount.$': '$$.Execution.RedriveCount' },
    Next: 'NotifyFailure',
  },
});
const HALTING = {
  StartAt: 'X',
  States: {
    ...guarded('X', 'Y'),
    ...guarded('Y', 'Done'),
    NotifyFailure: { Type: 'Task', Resource: fn('NotifyFailure'), ResultPath: null, Next: 'HaltForRedrive' },
    HaltForRedrive: {
      Type: 'Task',
      Resource: 'arn:aws:states:::lambda:invoke',
      Parameters: {
        FunctionName: fn('HaltForRedrive'),
        Payload: { 'record.$': '$', 'redriveCount.$': '$$.Execution.RedriveCount' },
      },
      OutputPath: '$.Payload',
      Next: 'ResumeAtFailedState',
    },
    ResumeAtFailedState: {
      Type: 'Choice',
      OutputPath: '$.input',
      Choices: [
        { Variable: '$.state', StringEquals: 'X', Next: 'X' },
        { Variable: '$.state', StringEquals: 'Y', Next: 'Y' },
      ],
    },
    Done: { Type: 'Succeed' },
  },
};

interface FailureRecord {
  state: string;
  input: Record<string, Json>;
  error: { Error: string; Cause: string };
  redriveCount: number;
}

function halting(steps: {
  X: (input: Json) => Json;
  Y: (input: Json) => Json;
}): ReturnType<typeof service> & { notices: string[] } {
  const notices: string[] = [];
  const functions = {
    X: steps.X,
    Y: steps.Y,
    NotifyFailure: ({ state }: FailureRecord) => notices.push(state),
    HaltForRedrive: ({ record, redriveCount }: { record: FailureRecord; redriveCount: number }) => {
      if (redriveCount <= record.redriveCount) throw failure(record.error.Error, 'halted');
      return {
        state: record.state,
        input: Object.fromEntries(Object.entries(record.input).filter(([key]) => key !== 'failure')),
      };
    },
  };
  return Object.assign(service(HALTING, bindings(functions)), { notices });
}

describe('halting for a redrive', () => {
  test('resumes at each failed state with that state’s own input, once for each failure', async () => {
    const inputs: Record<'X' | 'Y', Json[]> = { X: [], Y: [] };
    const step = (name: 'X' | 'Y') => (input: Json) => {
      if (inputs[name].push(input) === 1) throw failure(`${name}Broken`);
      return `${name} done`;
    };
    const states = halting({ X: step('X'), Y: step('Y') });

    const first = await run(states, { date: '2026-01-01' });
    expect(first).toMatchObject({ status: 'FAILED', error: 'XBroken', redriveCount: 0, redriveStatus: 'REDRIVABLE' });
    const second = await redrive(states, first);
    expect(second).toMatchObject({ status: 'FAILED', error: 'YBroken', redriveCount: 1 });
    const third = await redrive(states, first);

    expect(third).toMatchObject({
      status: 'SUCCEEDED',
      redriveCount: 2,
      redriveStatus: 'NOT_REDRIVABLE',
      startDate: first.startDate,
    });
    expect(outputOf(third)).toEqual({ date: '2026-01-01', X: 'X done', Y: 'Y done' });
    expect(inputs.X).toEqual([{ date: '2026-01-01' }, { date: '2026-01-01' }]);
    expect(inputs.Y).toEqual(Array(2).fill({ date: '2026-01-01', X: 'X done' }));
    expect(states.notices).toEqual(['X', 'Y']);
  });

  test('resumes at the same state redrive after redrive', async () => {
    let attempts = 0;
    const states = halting({
      X: () => 1,
      Y: () => {
        if (++attempts < 3) throw failure('StillBroken');
        return 2;
      },
    });
    const first = await run(states);
    expect(await redrive(states, first)).toMatchObject({ status: 'FAILED', error: 'StillBroken' });
    expect(await redrive(states, first)).toMatchObject({ status: 'SUCCEEDED', redriveCount: 2 });
    expect(states.notices).toEqual(['Y', 'Y']);
  });
});
