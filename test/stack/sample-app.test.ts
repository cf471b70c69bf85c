/** A small app of its own on a stack of its own: what the project's stacks do not show, a second start above all. */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DescribeTasksCommand, ECSClient, ListTasksCommand } from '@aws-sdk/client-ecs';
import { GetPublicKeyCommand, KMSClient } from '@aws-sdk/client-kms';
import {
  GetBucketLifecycleConfigurationCommand,
  GetObjectLockConfigurationCommand,
  HeadObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { DescribeExecutionCommand, SFNClient, StartExecutionCommand } from '@aws-sdk/client-sfn';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { RecordedCall } from '../../infra/local/gateway/calls.ts';
import type { Notification } from '../../infra/local/gateway/notifications.ts';
import { type Stack, startStack } from '../../infra/local/stack.ts';
import { synthesizeSample } from '../infra/local/deploy/sample/app.ts';

const domain = { endpoint: 'https://search.example.test', arn: 'arn:aws:es:us-east-1:000000000000:domain/sample' };
let folder: string;
let stack: Stack;
let states: SFNClient;

const start = (): Promise<Stack> =>
  startStack({
    assemblies: [join(folder, 'cdk.out')],
    dataDir: join(folder, 'data'),
    openSearch: false,
    domain,
    endpointsFile: join(folder, 'endpoints.json'),
  });
const client = () => ({ region: 'us-east-1', credentials: { ...stack.endpoints.credentials } });

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'stack-'));
  synthesizeSample(join(folder, 'cdk.out'));
  stack = await start();
  states = new SFNClient({ endpoint: stack.endpoints.states, ...client() });
}, 180_000);

afterAll(async () => {
  states.destroy();
  await stack.stop();
  rmSync(folder, { recursive: true });
}, 60_000);

async function execute(input: object) {
  const stateMachineArn = stack.endpoints.stateMachines.archive!;
  const { executionArn } = await states.send(
    new StartExecutionCommand({ stateMachineArn, input: JSON.stringify(input) }),
  );
  await stack.states.waitForExecution(executionArn!);
  return states.send(new DescribeExecutionCommand({ executionArn }));
}

async function lines<T>(page: string): Promise<T[]> {
  const text = await (await fetch(`${stack.endpoints.states}/_local/${page}`)).text();
  return text.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line) as T]));
}

test('endpoints.json is there once all is ready, and says what startStack returned', () => {
  expect(JSON.parse(readFileSync(join(folder, 'endpoints.json'), 'utf8'))).toEqual(stack.endpoints);
  expect(stack.endpoints.buckets).toEqual({
    staging: expect.stringContaining('staging') as string,
    archive: expect.stringContaining('archive') as string,
    restore: null,
    snapshots: null,
    logs: null,
  });
});

test('buckets have the lock and the lifecycle of the template', async () => {
  const s3 = new S3Client({ endpoint: stack.endpoints.s3, forcePathStyle: true, ...client() });
  const Bucket = stack.endpoints.buckets.archive!;
  const { ObjectLockConfiguration } = await s3.send(new GetObjectLockConfigurationCommand({ Bucket }));
  expect(ObjectLockConfiguration?.Rule?.DefaultRetention).toMatchObject({ Mode: 'COMPLIANCE', Days: 1 });
  const { Rules } = await s3.send(new GetBucketLifecycleConfigurationCommand({ Bucket }));
  expect(Rules?.[0]?.Transitions?.[0]).toMatchObject({ Days: 1, StorageClass: 'DEEP_ARCHIVE' });
  s3.destroy();
});

test('an execution through the SFN client runs functions, containers and notifications, each as its role', async () => {
  const execution = await execute({ items: ['a', 'b'] });
  expect(execution.status, execution.cause).toBe('SUCCEEDED');
  const output = JSON.parse(execution.output!) as { plan: Record<string, unknown>; jobs: unknown[] };
  expect(output.plan.signatureBytes).toBeGreaterThan(60);
  expect(output.plan.domain).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
  expect(output.jobs).toEqual([{ exitCode: 0 }, { exitCode: 0 }]);

  const [notification] = await lines<Notification>('notifications');
  expect(notification).toMatchObject({
    topicArn: stack.endpoints.topics.notifications,
    subject: 'done',
    message: '{"items":["a","b"]}',
    messageAttributes: { kind: { type: 'String', value: 'sample' } },
  });

  const calls = (await lines<RecordedCall>('calls')).filter(({ role }) => role !== null);
  const made = (by: string) => calls.filter(({ caller }) => caller?.includes(by)).map(({ action }) => action);
  expect(made('Step')).toEqual(['kms:Sign', 's3:PutObject']);
  expect(new Set(made('Machine'))).toEqual(
    new Set(['lambda:InvokeFunction', 'ecs:RunTask', 'iam:PassRole', 'sns:Publish']),
  );
  expect(made('sample-job (start)')).toEqual(['secretsmanager:GetSecretValue', 'secretsmanager:GetSecretValue']);
  expect(calls.find(({ action }) => action === 's3:PutObject')?.resource).toBe(
    `arn:aws:s3:::${stack.endpoints.buckets.staging!}/runs/one.json`,
  );
});

test('stopped tasks are described over the ECS protocol', async () => {
  const ecs = new ECSClient({ endpoint: stack.endpoints.ecs, ...client() });
  const { taskArns } = await ecs.send(new ListTasksCommand({ desiredStatus: 'STOPPED' }));
  const { tasks } = await ecs.send(new DescribeTasksCommand({ tasks: taskArns }));
  expect(tasks).toHaveLength(2);
  expect(tasks?.[0]).toMatchObject({
    lastStatus: 'STOPPED',
    stopCode: 'EssentialContainerExited',
    stoppedAt: expect.any(Date) as Date,
  });
  const log = readFileSync(tasks?.[0]?.tags?.[0]?.value ?? '', 'utf8');
  expect(JSON.parse(log)).toMatchObject({ item: 'a', secret: expect.stringMatching(/^.{24}$/) as string });
  ecs.destroy();
});

test('a failed execution has the error of its function, and the rule on executions that fail invokes its target', async () => {
  const { status, error, name } = await execute({ fail: 'IndexMissing' });
  expect({ status, error }).toEqual({ status: 'FAILED', error: 'IndexMissing' });
  const s3 = new S3Client({ endpoint: stack.endpoints.s3, forcePathStyle: true, ...client() });
  const head = new HeadObjectCommand({ Bucket: stack.endpoints.buckets.staging!, Key: `status/${name!}/FAILED` });
  await expect
    .poll(
      () =>
        s3.send(head).then(
          () => true,
          () => false,
        ),
      { timeout: 10_000 },
    )
    .toBe(true);
  s3.destroy();
});

test('a schedule that is fired starts its target', async () => {
  const answer = await fetch(`${stack.endpoints.states}/_local/schedules/sample-daily?time=2026-01-02T02:00:00Z`, {
    method: 'POST',
  });
  const { executionArn } = (await answer.json()) as { executionArn: string };
  const { input } = await stack.states.waitForExecution(executionArn);
  expect(JSON.parse(input)).toEqual({ scheduledTime: '2026-01-02T02:00:00Z' });
});

test('a second start over the same data finds the same key, and what was notified', { timeout: 60_000 }, async () => {
  const publicKey = async (): Promise<string> => {
    const kms = new KMSClient({ endpoint: stack.endpoints.aws, ...client() });
    const { PublicKey } = await kms.send(new GetPublicKeyCommand({ KeyId: 'alias/sample/signing' }));
    kms.destroy();
    return Buffer.from(PublicKey!).toString('base64');
  };
  const before = await publicKey();
  const published = stack.notifications.all().length;
  await stack.stop();
  expect(existsSync(join(folder, 'endpoints.json'))).toBe(false);
  stack = await start();
  states.destroy();
  states = new SFNClient({ endpoint: stack.endpoints.states, ...client() });
  expect(await publicKey()).toBe(before);
  expect((await execute({ items: [] })).status).toBe('SUCCEEDED');
  expect(stack.notifications.all()).toHaveLength(published + 1);
});
