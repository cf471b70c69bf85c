import type { Task } from '@aws-sdk/client-ecs';
import { describe, expect, test } from 'vitest';
import type { Bindings, Call } from '../../../../infra/local/states/bindings.ts';
import type { Json } from '../../../../infra/local/states/json.ts';
import { bindings, eventsOf, failure, fn, MACHINE, once, outputOf, ROLE, run, service } from './states.ts';

const INVOKE = 'arn:aws:states:::lambda:invoke';
const RUN_TASK = 'arn:aws:states:::ecs:runTask.sync';
const single = (state: object): object => ({ StartAt: 'T', States: { T: { Type: 'Task', ...state, End: true } } });

describe('functions', () => {
  test('lambda:invoke wraps the payload, and a bare function ARN does not', async () => {
    const echo = { F: (input: Json) => ({ echo: input }) };
    const invoke = single({ Resource: INVOKE, Parameters: { FunctionName: `${fn('F')}:7`, 'Payload.$': '$.a' } });
    expect(outputOf(await once(invoke, echo, { a: 1 }))).toEqual({
      ExecutedVersion: '7',
      StatusCode: 200,
      Payload: { echo: 1 },
    });
    expect(outputOf(await once(single({ Resource: `${fn('F')}:7`, InputPath: '$.a' }), echo, { a: 1 }))).toEqual({
      echo: 1,
    });
  });

  test('a function’s error is named by its type, with type, message and trace as JSON for a cause', async () => {
    const broken = {
      F: () => Promise.reject(Object.assign(failure('SnapshotPartial', '2 shards failed'), { trace: ['at x'] })),
    };
    const execution = await once(single({ Resource: fn('F') }), broken);
    expect(execution.error).toBe('SnapshotPartial');
    expect(JSON.parse(execution.cause ?? '')).toEqual({
      errorType: 'SnapshotPartial',
      errorMessage: '2 shards failed',
      trace: ['at x'],
    });
    const throttled = await once(single({ Resource: fn('F') }), {
      F: () => Promise.reject(failure('Lambda.TooManyRequestsException', 'Rate')),
    });
    expect(throttled).toMatchObject({ error: 'Lambda.TooManyRequestsException', cause: 'Rate' });
  });

  test('the call says which state of which execution it is for', async () => {
    let seen: Call | undefined;
    const execution = await once(single({ Resource: fn('F') }), {
      F: (_input: Json, call: Call) => void (seen = call),
    });
    expect(seen).toMatchObject({
      executionArn: execution.executionArn,
      stateMachineArn: MACHINE,
      roleArn: ROLE,
      stateName: 'T',
    });
    expect(execution.output).toBe('null');
  });
});

describe('containers', () => {
  const task = (exitCode?: number): Task => ({
    taskArn: 'arn:task/1',
    lastStatus: 'STOPPED',
    stoppedReason: 'Essential container in task exited',
    stoppedAt: new Date(5),
    containers: [{ name: 'consolidate', ...(exitCode !== undefined && { exitCode }) }],
  });
  const state = single({
    Resource: RUN_TASK,
    Parameters: {
      Cluster: 'c',
      TaskDefinition: 'consolidate:3',
      LaunchType: 'FARGATE',
      Overrides: {
        ContainerOverrides: [{ Name: 'consolidate', Environment: [{ Name: 'VOLUME', 'Value.$': '$.volume' }] }],
      },
    },
  });
  const withTask = (runTask: Bindings['runTask']): Bindings => bindings({}, { runTask });

  test('are asked for as the ECS API has it, and give the stopped task', async () => {
    const requests: unknown[] = [];
    const states = service(
      state,
      withTask((request, call) => {
        call.submitted({ Tasks: [] });
        requests.push(request);
        return Promise.resolve(task(0));
      }),
    );
    const execution = await run(states, { volume: '1' });
    expect(requests).toEqual([
      {
        cluster: 'c',
        taskDefinition: 'consolidate:3',
        launchType: 'FARGATE',
        overrides: { containerOverrides: [{ name: 'consolidate', environment: [{ name: 'VOLUME', value: '1' }] }] },
      },
    ]);
    expect(outputOf(execution)).toMatchObject({
      TaskArn: 'arn:task/1',
      StoppedAt: 5,
      Containers: [{ Name: 'consolidate', ExitCode: 0 }],
    });
    expect(eventsOf(states, execution.executionArn)).toEqual([
      ...['ExecutionStarted', 'TaskStateEntered T', 'TaskScheduled', 'TaskStarted', 'TaskSubmitted', 'TaskSucceeded'],
      ...['TaskStateExited T', 'ExecutionSucceeded'],
    ]);
  });

  test.each([
    ['exits non-zero', 3],
    ['never got to exit', undefined],
  ])('one that %s fails the state with the task as cause', async (_how, code) => {
    const execution = await run(
      service(
        state,
        withTask(() => Promise.resolve(task(code))),
      ),
      { volume: '1' },
    );
    expect(execution.error).toBe('States.TaskFailed');
    expect(JSON.parse(execution.cause ?? '')).toMatchObject({
      StoppedReason: 'Essential container in task exited',
      TaskArn: 'arn:task/1',
    });
  });

  test('one whose execution is stopped is told so by its signal', async () => {
    let signal: AbortSignal | undefined;
    const states = service(
      state,
      withTask((_request, call) => {
        signal = call.signal;
        return new Promise(() => undefined);
      }),
    );
    const { executionArn } = states.startExecution({ stateMachineArn: MACHINE, input: { volume: '1' } });
    await expect.poll(() => signal).toBeDefined();
    await states.stopExecution({ executionArn });
    expect(signal?.aborted).toBe(true);
  });
});

describe('other services', () => {
  test('are called by name and action, and their errors bear the service’s name', async () => {
    const calls: unknown[] = [];
    const callAwsService: Bindings['callAwsService'] = (...[service_, action, parameters]) => {
      calls.push([service_, action, parameters]);
      return action === 'publish' ? Promise.resolve({ MessageId: 'm' }) : Promise.reject(failure('NoSuchKey', 'none'));
    };
    const publish = single({
      Resource: 'arn:aws:states:::sns:publish',
      Parameters: { TopicArn: 't', 'Message.$': '$' },
    });
    expect(outputOf(await run(service(publish, bindings({}, { callAwsService })), { a: 1 }))).toEqual({
      MessageId: 'm',
    });
    const list = single({ Resource: 'arn:aws:states:::aws-sdk:s3:listObjectsV2', Parameters: { Bucket: 'b' } });
    expect(await run(service(list, bindings({}, { callAwsService })))).toMatchObject({
      error: 'S3.NoSuchKey',
      cause: 'none',
    });
    expect(calls).toEqual([
      ['sns', 'publish', { TopicArn: 't', Message: { a: 1 } }],
      ['s3', 'listObjectsV2', { Bucket: 'b' }],
    ]);
  });
});

describe('errors', () => {
  test('a catcher puts Error and Cause where it says, and the first that matches takes it', async () => {
    const definition = {
      StartAt: 'T',
      States: {
        T: {
          Type: 'Task',
          Resource: fn('F'),
          Next: 'Out',
          Catch: [
            { ErrorEquals: ['Other'], Next: 'Out' },
            { ErrorEquals: ['States.TaskFailed'], ResultPath: '$.failure', Next: 'Out' },
          ],
        },
        Out: { Type: 'Succeed' },
      },
    };
    const output = outputOf(await once(definition, { F: () => Promise.reject(failure('E', 'm')) }, { a: 1 }));
    expect(output).toEqual({
      a: 1,
      failure: { Error: 'E', Cause: JSON.stringify({ errorType: 'E', errorMessage: 'm', trace: [] }) },
    });
  });

  test('a path that leads nowhere and an oversized result pass by every catcher', async () => {
    const caught = { Retry: [{ ErrorEquals: ['States.ALL'] }], Catch: [{ ErrorEquals: ['States.ALL'], Next: 'Out' }] };
    const definition = (state: object): object => ({
      StartAt: 'T',
      States: { T: { Type: 'Task', Resource: fn('F'), ...caught, ...state, Next: 'Out' }, Out: { Type: 'Succeed' } },
    });
    const nowhere = await once(definition({ Parameters: { 'a.$': '$$.Execution.Nothing' } }), { F: () => 1 });
    expect(nowhere.error).toBe('States.Runtime');
    expect(nowhere.cause).toContain(
      "executing the state 'T' (entered at the event id #2). Path expression '$$.Execution.Nothing'",
    );
    const large = await once(definition({}), { F: () => 'x'.repeat(262_144) });
    expect(large.error).toBe('States.DataLimitExceeded');
  });
});
