import { describe, expect, test } from 'vitest';
import { acceptDefinition } from '../../../../infra/local/states/accept.ts';
import { fn } from './states.ts';

const state = (name: string, fields: object): object => ({ StartAt: name, States: { [name]: fields } });
const task = (fields: object): object => state('Seal', { Type: 'Task', Resource: fn('F'), End: true, ...fields });
const map = (fields: object, config: object = {}): object =>
  state('Each', {
    Type: 'Map',
    End: true,
    ItemProcessor: { StartAt: 'In', ProcessorConfig: config, States: { In: { Type: 'Succeed' } } },
    ...fields,
  });
const choice = (rule: object): object => ({
  StartAt: 'Which?',
  States: { 'Which?': { Type: 'Choice', Choices: [{ ...rule, Next: 'End' }] }, End: { Type: 'Succeed' } },
});

describe('a definition is refused, with the state and the field named, for', () => {
  test.each([
    ['JSONata in the machine', { ...task({}), QueryLanguage: 'JSONata' }, 'The state machine: the field QueryLanguage'],
    ['JSONata in a state', task({ QueryLanguage: 'JSONata' }), "State 'Seal': the field QueryLanguage"],
    ['Assign', task({ Assign: { a: 1 } }), "State 'Seal': the field Assign"],
    [
      'Assign in a catcher',
      task({ Catch: [{ ErrorEquals: ['E'], Next: 'Seal', Assign: { a: 1 } }] }),
      "State 'Seal', Catch: the field Assign",
    ],
    ['Output', state('P', { Type: 'Pass', Output: '{% 1 %}', End: true }), "State 'P': the field Output"],
    [
      'an unknown service',
      task({ Resource: 'arn:aws:states:::glue:startJobRun.sync' }),
      `State 'Seal': the Resource "arn:aws:states:::glue:startJobRun.sync"`,
    ],
    [
      'a task token',
      task({ Resource: 'arn:aws:states:::lambda:invoke.waitForTaskToken' }),
      "State 'Seal': the Resource",
    ],
    ['an asynchronous container', task({ Resource: 'arn:aws:states:::ecs:runTask' }), "State 'Seal': the Resource"],
    [
      'an activity',
      task({ Resource: 'arn:aws:states:eu-central-1:000000000000:activity:a' }),
      "State 'Seal': the Resource",
    ],
    [
      'an asynchronous invocation',
      task({ Resource: 'arn:aws:states:::lambda:invoke', Parameters: { FunctionName: 'f', InvocationType: 'Event' } }),
      'InvocationType',
    ],
    ['a heartbeat nobody sends', task({ HeartbeatSeconds: 5 }), "State 'Seal': the field HeartbeatSeconds"],
    ['credentials', task({ Credentials: { RoleArn: 'r' } }), "State 'Seal': the field Credentials"],
    ['the token in the context object', task({ Parameters: { 'a.$': '$$.Task.Token' } }), `State 'Seal': "a.$"`],
    [
      'an unknown intrinsic function',
      task({ Parameters: { deep: [{ 'a.$': "States.Format('{}', States.Now())" }] } }),
      "State 'Seal': the intrinsic function States.Now",
    ],
    ['a template value that is no path', task({ Parameters: { 'a.$': 5 } }), `State 'Seal': the value of "a.$"`],
    ['a misspelt field', task({ TimeoutSecond: 5 }), "State 'Seal': the field TimeoutSecond"],
    [
      'a misspelt field of a retrier',
      task({ Retry: [{ ErrorEquals: ['E'], MaxAttempt: 5 }] }),
      "State 'Seal', Retry: the field MaxAttempt",
    ],
    ['an item reader', map({ ItemReader: {} }, { Mode: 'DISTRIBUTED' }), "State 'Each': the field ItemReader"],
    ['a result writer', map({ ResultWriter: {} }, { Mode: 'DISTRIBUTED' }), "State 'Each': the field ResultWriter"],
    [
      'express children',
      map({}, { Mode: 'DISTRIBUTED', ExecutionType: 'EXPRESS' }),
      "State 'Each': ProcessorConfig.ExecutionType EXPRESS",
    ],
    ['tolerance in an inline Map', map({ ToleratedFailureCount: 1 }), "State 'Each': the field ToleratedFailureCount"],
    [
      'an unknown choice operator',
      choice({ Variable: '$.a', StringContains: 'b' }),
      "State 'Which?': the choice operator StringContains",
    ],
    [
      'two tests in one rule',
      choice({ Variable: '$.a', StringEquals: 'b', IsPresent: true }),
      "State 'Which?': a choice rule has not one test",
    ],
    ['an unknown type', state('Odd', { Type: 'Activity', End: true }), `State 'Odd': the Type "Activity"`],
    [
      'a state inside a Map',
      map({ ItemProcessor: { StartAt: 'In', States: { In: { Type: 'Pass', End: true, Assign: {} } } } }),
      "State 'In': the field Assign",
    ],
    [
      'a state inside a Parallel',
      state('Both', {
        Type: 'Parallel',
        End: true,
        Branches: [{ StartAt: 'In', States: { In: { Type: 'Pass', End: true, Assign: {} } } }],
      }),
      "State 'In': the field Assign",
    ],
  ])('%s', (_what, definition, message) => {
    expect(() => acceptDefinition(definition)).toThrow(
      expect.objectContaining({ name: 'UnsupportedDefinition', message: expect.stringContaining(message) as string }),
    );
  });

  test('what the ASL schema refuses', () => {
    expect(() => acceptDefinition(state('P', { Type: 'Pass', Next: 'Nowhere' }))).toThrow('Nowhere');
  });
});

test('a definition of all that is supported is accepted as it is', () => {
  const definition = {
    Comment: 'c',
    StartAt: 'A',
    TimeoutSeconds: 60,
    QueryLanguage: 'JSONPath',
    States: {
      A: {
        Type: 'Task',
        Resource: 'arn:aws:states:::ecs:runTask.sync',
        Parameters: { 'a.$': "States.Format('{} (not States.Now())', $$.Execution.Name)" },
        Retry: [
          {
            ErrorEquals: ['E'],
            IntervalSeconds: 1,
            MaxAttempts: 2,
            BackoffRate: 2,
            MaxDelaySeconds: 9,
            JitterStrategy: 'FULL',
          },
        ],
        Catch: [{ ErrorEquals: ['States.ALL'], ResultPath: '$.failure', Next: 'Stop' }],
        TimeoutSeconds: 5,
        Next: 'M',
      },
      M: {
        Type: 'Map',
        Label: 'Volumes',
        ItemsPath: '$.items',
        ItemBatcher: { MaxItemsPerBatch: 2, BatchInput: { 'a.$': '$.a' } },
        ToleratedFailurePercentage: 100,
        ItemProcessor: {
          ProcessorConfig: { Mode: 'DISTRIBUTED', ExecutionType: 'STANDARD' },
          StartAt: 'S',
          States: { S: { Type: 'Succeed' } },
        },
        ResultPath: null,
        End: true,
      },
      Stop: { Type: 'Fail', Error: 'E', CausePath: '$.failure.Cause' },
    },
  };
  expect(acceptDefinition(definition)).toEqual(definition);
});
