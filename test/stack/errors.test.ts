/** What goes wrong outside: each is told under a name of its own, once. */
import { setTimeout as sleep } from 'node:timers/promises';
import { StopExecutionCommand } from '@aws-sdk/client-sfn';
import { expect, test } from 'vitest';
import { findLink } from '../../archive/catalogue.ts';
import { repositoryPrefix } from '../../archive/keys.ts';
import { invokeWith } from './bundled-functions.ts';
import {
  archive,
  archived,
  archiveIdOf,
  ask,
  endpoints,
  ended,
  loadLogs,
  notices,
  recordedCalls,
  run,
  sfn,
  staging,
  start,
  statesOf,
} from './stack.ts';

const execution = { id: 'arn:aws:states:us-east-1:000000000000:execution:none:1', startedAt: '2026-01-01T00:00:00Z' };

/** Waits until `NotifyUncaught` has looked at the execution for the nth time. */
async function uncaughtLookedAt(executionArn: string, times = 1): Promise<void> {
  const looks = async (): Promise<number> => {
    const calls = (await recordedCalls()).filter(
      ({ caller, action }) => caller === 'permafrost-notify-uncaught' && action === 'states:GetExecutionHistory',
    );
    return calls.filter(({ resource }) => resource === executionArn).length;
  };
  await expect.poll(looks, { timeout: 30_000 }).toBeGreaterThanOrEqual(times);
  await sleep(1000); // between its look and its notice
}

test('a red index is refused as unhealthy; the failure branch told of it, so the rule on failed executions does not', async () => {
  await ask('PUT', '/logdata-07012026?wait_for_active_shards=0', {
    settings: { number_of_replicas: 0, 'routing.allocation.require.box_type': 'nowhere' },
  });
  const failed = await run({ date: '2026-01-07' });
  expect(failed).toMatchObject({ status: 'FAILED', error: 'IndexUnhealthy' });
  await uncaughtLookedAt(failed.executionArn);
  const sent = await notices(failed.name);
  expect(sent.map(({ subject }) => subject)).toEqual(['Permafrost: SelectIndices failed: IndexUnhealthy']);
  expect(sent[0]?.message).toContain('logdata-07012026');
  await ask('DELETE', '/logdata-07012026');
});

test('a day without an index, and an input of no known form', async () => {
  expect(await run({ date: '1999-01-01' })).toMatchObject({ status: 'FAILED', error: 'NoIndicesSelected' });
  expect(await run({ day: '2026-01-01' })).toMatchObject({ status: 'FAILED', error: 'InvalidRequest' });
  expect(await run({ resume: 'logdata-2020-01-01t00-00-00-000000' })).toMatchObject({
    status: 'FAILED',
    error: 'ArchiveNotFound',
  });
});

test('a domain that does not answer is ClusterUnreachable', async () => {
  const select = invokeWith(
    'permafrost-select-indices',
    { DOMAIN_ENDPOINT: 'http://127.0.0.1:9' },
    {
      request: { date: '2026-01-01' },
      execution: { ...execution, stateMachineId: endpoints.stateMachines.archive },
    },
  );
  await expect(select).rejects.toMatchObject({
    name: 'ClusterUnreachable',
    message: expect.stringContaining('127.0.0.1:9') as string,
  });
});

test('a staging bucket that does not exist is RepositoryUnusable', async () => {
  const archiveId = 'logdata-2026-01-08t00-00-00-000000';
  const register = invokeWith('permafrost-register-repository', { STAGING_BUCKET: 'no-such-bucket' }, { archiveId });
  await expect(register).rejects.toMatchObject({
    name: 'RepositoryUnusable',
    message: expect.stringMatching(/bucket does not exist/) as string,
  });
  await ask('DELETE', `/_snapshot/${archiveId}`);
});

test('a variable that is missing fails the first call, and is named', async () => {
  const register = invokeWith('permafrost-register-repository', { SNAPSHOT_ROLE_ARN: '' }, { archiveId: 'any' });
  await expect(register).rejects.toMatchObject({
    name: 'InvalidSettings',
    message: expect.stringContaining('SNAPSHOT_ROLE_ARN') as string,
  });
});

test('a stopped execution is told of once; what it left is reported, left alone, and finished by resume', async () => {
  await loadLogs('2026-01-08');
  const executionArn = await start({ date: '2026-01-08' });
  const leftover = await archiveIdOf(executionArn);
  await expect.poll(() => statesOf(executionArn), { timeout: 60_000 }).toContain('WaitForSnapshot');
  await sfn.send(new StopExecutionCommand({ executionArn, error: 'Operator', cause: 'no time' }));
  const stopped = await ended(executionArn);
  expect(stopped).toMatchObject({ status: 'ABORTED', error: 'Operator', cause: 'no time' });
  await uncaughtLookedAt(executionArn);
  const told = await notices(stopped.name);
  expect(told.map(({ subject }) => subject)).toEqual(['Permafrost: execution ABORTED: Operator']);
  expect(told[0]?.message).toContain('no time');
  // The cluster goes on with its snapshot; this is the last that it writes.
  await expect.poll(() => staged(leftover), { timeout: 60_000 }).toContain('index.latest');

  const before = await staged(leftover);
  await loadLogs('2026-01-09');
  const other = await archived({ date: '2026-01-09' });
  expect(other.output).toMatchObject({ leftovers: [leftover] });
  const [notice] = await notices(other.archiveId);
  expect(notice?.message).toContain(`Unfinished archives of earlier runs, left alone: ${leftover}`);
  expect(await staged(leftover)).toEqual(before);

  const resumed = await archived({ resume: leftover });
  expect(resumed.archiveId).toBe(leftover);
  expect(await findLink(archive, leftover)).toMatchObject({ archiveId: leftover });
  expect(await staged(leftover)).toEqual([]);
  expect((await archived({ resume: leftover })).output).toMatchObject({ work: 'cleanup', wiped: { objects: 0 } });
});

async function staged(archiveId: string): Promise<string[]> {
  const prefix = repositoryPrefix(archiveId);
  const keys: string[] = [];
  for await (const { key } of staging.list(prefix)) keys.push(key.slice(prefix.length));
  return keys;
}
