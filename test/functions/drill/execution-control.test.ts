import { afterAll, beforeAll, expect, it } from 'vitest';
import { sfnExecutionControl } from '../../../ports/sfn-executions.ts';
import { InProcessStates, machineArn } from '../../support/in-process-states.ts';

const states = new InProcessStates();
const pass = { Type: 'Pass', Result: { done: true }, End: true };

beforeAll(async () => {
  await states.open();
  states.add({ name: 'passes', definition: { StartAt: 'P', States: { P: pass } }, steps: [], ports: {} });
  const fail = { Type: 'Fail', Error: 'Broken', Cause: 'by design' };
  states.add({ name: 'fails', definition: { StartAt: 'F', States: { F: fail } }, steps: [], ports: {} });
});
afterAll(() => states.close());

it('starts an execution once for a name, and says when it was there', async () => {
  const control = sfnExecutionControl(states.sfn);
  const first = await control.start(machineArn('passes'), 'once', { a: 1 });
  expect(first.existed).toBe(false);
  await states.ended(first.arn);
  expect(await control.start(machineArn('passes'), 'once', { a: 1 })).toEqual({ arn: first.arn, existed: true });
  expect(await control.facts(first.arn)).toMatchObject({ status: 'SUCCEEDED', output: '{"done":true}' });
});

it('redrives what failed, and says when that is not possible', async () => {
  const control = sfnExecutionControl(states.sfn);
  const { arn } = await control.start(machineArn('fails'), 'failing', {});
  await states.ended(arn);
  expect(await control.facts(arn)).toMatchObject({ status: 'FAILED', error: 'Broken', cause: 'by design' });
  expect(await control.redrive(arn)).toBe(true);
  await states.ended(arn);
  const passed = await control.start(machineArn('passes'), 'passing', {});
  await states.ended(passed.arn);
  expect(await control.redrive(passed.arn)).toBe(false);
});

it('names a state machine that is not there', async () => {
  const control = sfnExecutionControl(states.sfn);
  await expect(control.start(machineArn('missing'), 'x', {})).rejects.toMatchObject({ name: 'InvalidSettings' });
});
