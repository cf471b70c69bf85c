import { expect, test } from 'vitest';
import { matches, Rules } from '../../../../infra/local/runtime/rules.ts';
import { Schedules } from '../../../../infra/local/runtime/schedules.ts';

const event = { source: 'aws.states', detail: { status: 'FAILED', name: 'daily-1', parts: ['a', 'b'], cause: null } };

test.each<[boolean, Record<string, unknown>]>([
  [true, { source: ['aws.states'] }],
  [true, { source: ['aws.ecs', 'aws.states'], detail: { status: ['FAILED', 'ABORTED'] } }],
  [true, { detail: { name: [{ prefix: 'daily-' }] } }],
  [true, { detail: { name: [{ suffix: '-1' }] } }],
  [true, { detail: { status: [{ 'anything-but': ['SUCCEEDED', 'RUNNING'] }] } }],
  [true, { detail: { output: [{ exists: false }], cause: [null] } }],
  [true, { detail: { parts: ['b'] } }],
  [false, { source: ['aws.ecs'] }],
  [false, { source: ['aws.states'], detail: { status: ['ABORTED'] } }],
  [false, { detail: { status: [{ 'anything-but': 'FAILED' }] } }],
  [false, { detail: { missing: ['x'] } }],
  [false, { source: { deeper: ['x'] } }],
])('%s: %j', (expected, pattern) => {
  expect(matches(pattern, event)).toBe(expected);
});

test('a filter that is not simulated is an error, not a match', () => {
  expect(() => matches({ detail: { n: [{ numeric: ['>', 1] }] } }, event)).toThrow('numeric is not simulated');
});

test('a rule invokes its targets with the event or with its own input', () => {
  const invoked: [string, unknown][] = [];
  const rules = new Rules((arn, input) => void invoked.push([arn, input]));
  const targets = [{ functionArn: 'fn-a' }, { functionArn: 'fn-b', input: '{"fixed":1}' }];
  rules.add({ name: 'r', pattern: { source: ['aws.states'] }, targets });
  rules.add({ name: 'other', pattern: { source: ['aws.ecs'] }, targets });
  rules.deliver(event);
  expect(invoked).toEqual([
    ['fn-a', event],
    ['fn-b', { fixed: 1 }],
  ]);
});

test('a schedule that is fired starts its target with the scheduled time in its input', async () => {
  const schedules = new Schedules((arn, input) => Promise.resolve({ arn, input }));
  schedules.add({
    name: 'daily',
    arn: 'a',
    targetArn: 'machine',
    input: '{"scheduledTime":"<aws.scheduler.scheduled-time>"}',
  });
  expect(await schedules.fire('daily', new Date('2026-01-02T02:00:00.123Z'))).toEqual({
    arn: 'machine',
    input: '{"scheduledTime":"2026-01-02T02:00:00Z"}',
  });
  await expect(schedules.fire('weekly')).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
});
