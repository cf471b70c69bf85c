import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Task } from '@aws-sdk/client-ecs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readImage } from '../../../../infra/local/runtime/image.ts';
import { Tasks } from '../../../../infra/local/runtime/tasks.ts';

let folder: string;
let tasks: Tasks;
let secretsWork = true;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'tasks-'));
  cpSync(fileURLToPath(new URL('../deploy/sample/task', import.meta.url)), join(folder, 'image'), { recursive: true });
  tasks = new Tasks(join(folder, 'logs'));
  tasks.defineCluster('main', 'arn:aws:ecs:us-east-1:000000000000:cluster/main');
  tasks.define({
    family: 'job',
    arn: 'arn:aws:ecs:us-east-1:000000000000:task-definition/job:1',
    cpu: '256',
    memory: '512',
    roleArns: [],
    container: {
      name: 'job',
      image: readImage({ directory: join(folder, 'image'), dockerfile: 'Dockerfile' }),
      environment: { ITEM: 'of the definition', AWS_ACCESS_KEY_ID: 'AKIATASK' },
      secrets: () =>
        secretsWork ? Promise.resolve({ SECRET: 'sesame' }) : Promise.reject(new Error('no such secret')),
      stopTimeoutSeconds: 1,
    },
  });
});

afterAll(async () => {
  await tasks.close();
  rmSync(folder, { recursive: true });
});

const run = (environment: Record<string, string> = {}) =>
  tasks.run({
    cluster: 'main',
    taskDefinition: 'job',
    overrides: {
      containerOverrides: [
        { name: 'job', environment: Object.entries(environment).map(([name, value]) => ({ name, value })) },
      ],
    },
  });
const logOf = (task: Task): string =>
  readFileSync(task.tags?.find(({ key }) => key === 'logFile')?.value ?? '', 'utf8');

test('a task runs the entry point of its image with its own environment only, and is kept with its exit code', async () => {
  const { task, stopped } = run({ ITEM: 'of the request' });
  expect(task.lastStatus).toBe('PENDING');
  const ended = await stopped;
  expect(ended).toMatchObject({ lastStatus: 'STOPPED', stopCode: 'EssentialContainerExited' });
  expect(ended.containers?.[0]).toMatchObject({ name: 'job', exitCode: 0 });
  expect(JSON.parse(logOf(ended))).toEqual({
    item: 'of the request',
    secret: 'sesame',
    key: 'AKIATASK',
    besideEntryPoint: true,
  });
  expect(tasks.describe([task.taskArn!, 'gone'])).toEqual({
    tasks: [ended],
    failures: [{ arn: 'gone', reason: 'MISSING' }],
  });
});

test('the exit code of a failed container is told', async () => {
  const ended = await run({ EXIT_CODE: '42' }).stopped;
  expect(ended.containers?.[0]?.exitCode).toBe(42);
});

test('StopTask sends SIGTERM', async () => {
  const { task, stopped } = run({ STAY: 'yes' });
  await expect.poll(() => task.lastStatus).toBe('RUNNING');
  await expect.poll(() => logOf(task)).toContain('staying');
  expect(tasks.list({ family: 'job' })).toContain(task.taskArn);
  tasks.stop(task.taskArn!, 'enough');
  const ended = await stopped;
  expect(ended).toMatchObject({ stopCode: 'UserInitiated', stoppedReason: 'enough' });
  expect(ended.containers?.[0]?.exitCode).toBe(143);
  expect(tasks.list()).not.toContain(task.taskArn);
  expect(tasks.list({ desiredStatus: 'STOPPED' })).toContain(task.taskArn);
});

test('a container that ignores SIGTERM is killed after its stop timeout', async () => {
  const { task, stopped } = run({ STAY: 'deaf' });
  await expect.poll(() => task.lastStatus === 'RUNNING' && logOf(task).includes('staying')).toBe(true);
  tasks.stop(task.taskArn!);
  expect((await stopped).containers?.[0]?.exitCode).toBe(137);
});

test('a task that is stopped before it started never starts', async () => {
  const { task, stopped } = run({ STAY: 'yes' });
  tasks.stop(task.taskArn!, 'changed my mind');
  expect(await stopped).toMatchObject({ lastStatus: 'STOPPED', stopCode: 'UserInitiated' });
});

test('a secret that cannot be read keeps the task from starting, with the reason', async () => {
  secretsWork = false;
  const ended = await run().stopped.finally(() => (secretsWork = true));
  expect(ended).toMatchObject({
    stopCode: 'TaskFailedToStart',
    stoppedReason: expect.stringContaining('no such secret') as string,
  });
  expect(ended.containers?.[0]?.exitCode).toBeUndefined();
});

test.each([
  [{ cluster: 'other', taskDefinition: 'job' }, 'ECS.ClusterNotFoundException'],
  [{ cluster: 'main', taskDefinition: 'other' }, 'ECS.ClientException'],
])('a task of %j cannot be run: %s', (request, name) => {
  expect(() => tasks.run(request)).toThrow(expect.objectContaining({ name }) as Error);
});
