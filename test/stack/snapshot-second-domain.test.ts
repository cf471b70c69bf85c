import { fileURLToPath } from 'node:url';
import { DescribeExecutionCommand, SFNClient, StartExecutionCommand } from '@aws-sdk/client-sfn';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { startStack, type Stack } from '../../infra/local/stack.ts';
import { projectStack } from '../../infra/local/stack/command.ts';
import { ask, documentCount, endpoints, operator, run, succeeded } from './stack.ts';

/** A second deployment with a cluster of its own, over the bucket of the first: as it is kept for the day the first one is lost. */

const directory = fileURLToPath(new URL('../../.local/test-recovery', import.meta.url));
const index = 'schedule-recovery';
let recovery: Stack;

async function runThere(
  stateMachineArn: string,
  input: object,
): Promise<{ status: string; output: object; cause: string }> {
  const sfn = new SFNClient({ ...operator, endpoint: recovery.endpoints.states });
  const { executionArn } = await sfn.send(new StartExecutionCommand({ stateMachineArn, input: JSON.stringify(input) }));
  return vi.waitFor(
    async () => {
      const {
        status,
        output = '{}',
        error = '',
        cause = '',
      } = await sfn.send(new DescribeExecutionCommand({ executionArn }));
      if (status === 'RUNNING') throw new Error('still running');
      return { status: status!, output: JSON.parse(output) as object, cause: `${error}: ${cause}` };
    },
    { timeout: 60_000, interval: 100 },
  );
}

beforeAll(async () => {
  await ask('PUT', `/${index}`, { settings: { number_of_replicas: 0, number_of_shards: 1 } });
  const lines = Array.from({ length: 50 }, (_, number) => `{"create":{}}\n{"number":${number}}\n`);
  await ask('POST', `/${index}/_bulk?refresh=true`, lines.join(''));
  succeeded(await run({ snapshotOnly: true }, undefined, endpoints.stateMachines.snapshot!));

  vi.stubEnv('AWS_ACCESS_KEY_ID', endpoints.credentials.accessKeyId);
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', endpoints.credentials.secretAccessKey);
  const options = await projectStack(
    { fresh: true, timeScale: 0.01, thawSeconds: 1, profile: 'gpg', recipients: 1, ingest: false },
    () => undefined,
    directory,
    {
      prefix: 'recovery',
      snapshots: { readonly: true, bucket: endpoints.buckets.snapshots!, repository: 'permafrost-snapshots' },
    },
  );
  recovery = await startStack({ ...options, external: { s3: endpoints.s3 } });
}, 120_000);

afterAll(async () => {
  await recovery.stop();
  vi.unstubAllEnvs();
  await ask('DELETE', `/${index}`);
});

describe('a second domain', () => {
  const machines = (): typeof endpoints.stateMachines => recovery.endpoints.stateMachines;
  const askThere = <Answer>(method: string, path: string): Promise<Answer> =>
    ask<Answer>(method, path, undefined, recovery.endpoints.opensearch!);

  it('keeps the repository of the first registered, read-only, and takes no snapshot', async () => {
    const ended = await runThere(machines().snapshot!, { scheduledTime: '2026-01-01T00:00:00Z' });
    expect(ended).toMatchObject({
      status: 'SUCCEEDED',
      output: { work: 'register', repository: { outcome: 'registered' } },
    });
    const here = await ask<{ snapshots: object[] }>('GET', '/_snapshot/permafrost-snapshots/_all');
    const there = await askThere<{ snapshots: object[] }>('GET', '/_snapshot/permafrost-snapshots/_all');
    expect(there.snapshots).toHaveLength(here.snapshots.length);
    expect(await runThere(machines().snapshot!, {})).toMatchObject({
      status: 'SUCCEEDED',
      output: { repository: { outcome: 'unchanged' } },
    });
  });

  it('refuses by name what would write to it', async () => {
    const ended = await runThere(machines().snapshot!, { deleteOnly: true });
    expect(ended.status).toBe('FAILED');
    expect(ended.cause).toContain('RepositoryReadonly');
  });

  it('restores from it what the first domain has lost', async () => {
    const ended = await runThere(machines().restore!, { source: 'snapshots', indices: [index] });
    expect(ended.status, ended.cause).toBe('SUCCEEDED');
    const { count } = await askThere<{ count: number }>('GET', `/${index}/_count`);
    expect(count).toBe(await documentCount(index));
  });
});
