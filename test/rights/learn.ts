/** Which rights a workflow needs: it starts with none, and is given the one that it misses each time it fails. */
import { expect } from 'vitest';
import type { WorkflowWithRole } from '../../functions/rights/contract.ts';
import { ended, redrive, statesOf, type Ended } from '../stack/stack.ts';
import { grant, putRole, type RoleDocument } from './cluster-role.ts';
import { clusterCalls, kindOf } from './calls.ts';

export interface Pupil {
  readonly workflow: WorkflowWithRole;
  /** Of the role on the cluster. */
  readonly name: string;
  /** What it has by now. */
  readonly granted: RoleDocument;
  /** What it may be given. */
  readonly shipped: RoleDocument;
  readonly lessons: Lesson[];
}

export interface Lesson {
  /** The state that failed, and the function that called. */
  readonly state: string;
  readonly caller: string;
  readonly method: string;
  /** As `kindOf` has it. */
  readonly path: string;
  /** Named by the error: one as a rule, all that the call still misses where they are asked for together. */
  readonly permissions: readonly string[];
}

const longest = 60;

/**
 * Waits for the execution's end and redrives it until it has succeeded, or failed by `final`. Each time it must have failed for
 * want of a permission that is named, in the shipped role, and not granted before. That one is granted, and no other.
 */
export async function learn(pupil: Pupil, executionArn: string, final?: string): Promise<Ended> {
  for (let lessons = 0; lessons < longest; lessons += 1) {
    const execution = await ended(executionArn);
    if (final === undefined ? execution.status === 'SUCCEEDED' : execution.error === final) return execution;
    const lesson = await lessonOf(execution);
    const [permission = ''] = lesson.permissions;
    const line = grant(pupil.granted, pupil.shipped, permission);
    expect(line, `${pupil.name} must grant ${permission} (${JSON.stringify(lesson)})`).toBeDefined();
    pupil.lessons.push(lesson);
    await putRole(pupil.name, pupil.granted);
    await redrive(executionArn);
  }
  return expect.fail(`${executionArn} has missed ${longest} permissions, and is not through`);
}

/** The failure must be a clear one: it names the state, the permission and where to read about it. */
export async function lessonOf({ executionArn, error, cause = '' }: Ended): Promise<Lesson> {
  expect(error, cause).toBe('NotAllowed');
  const { errorMessage } = JSON.parse(cause) as { errorMessage: string };
  const found = /missing permission (.+?), see docs\/rights\.md\. (\w+) (\S+): 403/.exec(errorMessage);
  expect(found, errorMessage).not.toBeNull();
  const [, permissions = '', method = '', path = ''] = found!;
  const state = (await statesOf(executionArn)).findLast((name) => /^[A-Z]\w+Failed$/.test(name))!;
  // What undoes a failed restore may be refused something too, later.
  const refused = (await clusterCalls()).findLast(
    (call) => call.method === method && call.path === path && call.status === 403,
  );
  return {
    state: state.replace(/Failed$/, ''),
    caller: refused!.caller,
    method,
    path: kindOf(path),
    permissions: permissions.split(', '),
  };
}
