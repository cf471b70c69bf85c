import { describe, expect, test } from 'vitest';
import type { Json } from '../../../../infra/local/states/json.ts';
import { fn, MACHINE, once, outputOf, ROLE } from './states.ts';

const pass = async (state: object, input: Json): Promise<Json> =>
  outputOf(await once({ StartAt: 'P', States: { P: { Type: 'Pass', ...state, End: true } } }, {}, input));

describe('the context object', () => {
  test('is whole in Pass, Task, Map and Choice, paths and intrinsic functions alike', async () => {
    const definition = {
      StartAt: 'P',
      States: {
        P: {
          Type: 'Pass',
          Parameters: { 'all.$': '$$', 'text.$': "States.Format('{} of $$ in {}', $$.State.Name, $$.Execution.Name)" },
          Next: 'Which?',
        },
        'Which?': { Type: 'Choice', Choices: [{ Variable: '$$.Execution.Input.go', BooleanEquals: true, Next: 'M' }] },
        M: {
          Type: 'Map',
          ItemsPath: '$$.Execution.Input.items',
          ItemSelector: { 'index.$': '$$.Map.Item.Index', 'value.$': '$$.Map.Item.Value', 'state.$': '$$.State.Name' },
          ItemProcessor: {
            StartAt: 'T',
            States: {
              T: {
                Type: 'Task',
                Resource: fn('T'),
                Parameters: { 'selected.$': '$', 'again.$': '$$.Map.Item.Value', 'state.$': '$$.State.Name' },
                End: true,
              },
            },
          },
          ResultPath: '$.items',
          End: true,
        },
      },
    };
    const execution = await once(definition, { T: (input: Json) => input }, { go: true, items: ['a', 'b'] });
    const output = outputOf(execution) as { all: Json; text: string; items: Json };
    expect(output.all).toEqual({
      Execution: {
        Id: execution.executionArn,
        Name: execution.name,
        Input: { go: true, items: ['a', 'b'] },
        RoleArn: ROLE,
        StartTime: new Date(execution.startDate).toISOString(),
        RedriveCount: 0,
      },
      State: { Name: 'P', RetryCount: 0, EnteredTime: expect.any(String) as string },
      StateMachine: { Id: MACHINE, Name: 'archive' },
    });
    expect(output.text).toBe(`P of $$ in ${execution.name}`);
    expect(output.items).toEqual([
      { selected: { index: 0, value: 'a', state: 'M' }, again: 'a', state: 'T' },
      { selected: { index: 1, value: 'b', state: 'M' }, again: 'b', state: 'T' },
    ]);
  });

  test('is not looked for in quoted text', async () => {
    expect(await pass({ Parameters: { 'a.$': "States.Format('$, $$ and \\'($.a)\\': {}', $.a)" } }, { a: 1 })).toEqual({
      a: "$, $$ and '($.a)': 1",
    });
  });
});

describe('what the engine alone would get wrong', () => {
  test.each([[0], [false], [null], [''], [[]]])('a Pass with the Result %j', async (Result) => {
    expect(await pass({ Result }, { a: 1 })).toEqual(Result);
  });

  test.each([[0], [false], [null], ['']])('the path $ over %j', async (input) => {
    expect(
      await pass({ InputPath: '$', Parameters: { 'a.$': '$', 'b.$': 'States.Array($, 1)' }, OutputPath: '$' }, input),
    ).toEqual({ a: input, b: [input, 1] });
    expect(await pass({ InputPath: '$', OutputPath: '$' }, input)).toEqual(input);
  });

  test('a selector over a result of null', async () => {
    const definition = {
      StartAt: 'T',
      States: { T: { Type: 'Task', Resource: fn('T'), ResultSelector: { 'r.$': '$' }, ResultPath: '$.t', End: true } },
    };
    expect(outputOf(await once(definition, { T: () => null }, { a: 1 }))).toEqual({ a: 1, t: { r: null } });
  });

  test.each([
    ['$', { b: 2 }],
    ['$.x', { a: 1, x: { b: 2 } }],
    ["$['x y']", { a: 1, 'x y': { b: 2 } }],
    [null, { a: 1 }],
  ])('the ResultPath %s', async (ResultPath, expected) => {
    expect(await pass({ Result: { b: 2 }, ResultPath }, { a: 1 })).toEqual(expected);
  });

  test.each([
    [{ Variable: '$.a', IsPresent: false }, {}, true],
    [{ Variable: '$.a', IsPresent: false }, { a: 1 }, false],
    [{ Not: { Variable: '$.a', IsPresent: true } }, {}, true],
    [{ Variable: '$.a', IsNull: false }, { a: 1 }, true],
    [{ Variable: '$.a', NumericGreaterThan: 3 }, { a: '5' }, false],
    [{ Variable: '$.a', NumericGreaterThan: 3 }, { a: 5 }, true],
    [{ Variable: '$', NumericEquals: 0 }, 0, true],
    [{ Variable: '$.a', StringEqualsPath: '$.b' }, { a: 'x', b: 'x' }, true],
    [
      {
        And: [
          { Variable: '$.a', IsPresent: true },
          { Variable: '$.a', StringMatches: 'x*' },
        ],
      },
      { a: 'xy' },
      true,
    ],
    [{ Variable: '$.a', TimestampEquals: '2026-01-01T00:00:00Z' }, { a: '2026-01-01T01:00:00+01:00' }, true],
  ])('the choice rule %j over %j', async (rule, input, expected) => {
    const definition = {
      StartAt: 'C',
      States: {
        C: { Type: 'Choice', Choices: [{ ...rule, Next: 'Yes' }], Default: 'No' },
        Yes: { Type: 'Pass', Result: true, End: true },
        No: { Type: 'Pass', Result: false, End: true },
      },
    };
    expect(outputOf(await once(definition, {}, input))).toBe(expected);
  });
});
