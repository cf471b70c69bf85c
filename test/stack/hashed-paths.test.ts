/** OpenSearch 3.3.0 puts shard data below hashed prefixes, outside a repository's base path, unless it is told not to. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { repositoryPrefix } from '../../archive/keys.ts';
import { checkSnapshot } from '../../functions/archive/check-snapshot.ts';
import { planVolumes } from '../../functions/archive/plan-volumes.ts';
import { registerRepository } from '../../functions/archive/register-repository.ts';
import { selectIndices } from '../../functions/archive/select-indices.ts';
import { startSnapshot } from '../../functions/archive/start-snapshot.ts';
import { startOpenSearch, type OpenSearch } from '../../infra/local/servers/opensearch.ts';
import type { Cluster } from '../../ports/cluster.ts';
import { openSearchCluster } from '../../ports/opensearch-cluster.ts';
import { archive, ask, endpoints, operator, staging } from './stack.ts';

let folder: string;
let node: OpenSearch;
let cluster: Cluster;
const now = (): Date => new Date();

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'opensearch-330-'));
  node = await startOpenSearch({
    version: '3.3.0',
    dataDir: folder,
    s3: { endpoint: endpoints.s3, region: endpoints.region, ...endpoints.credentials },
  });
  cluster = openSearchCluster({
    endpoint: node.url,
    region: endpoints.region,
    credentials: () => Promise.resolve(operator.credentials),
  });
  await ask('PUT', '/logs', { settings: { number_of_shards: 2, number_of_replicas: 0 } }, node.url);
  for (const id of ['1', '2', '3']) await ask('POST', `/logs/_doc/${id}?refresh=true`, { id }, node.url);
}, 600_000);
afterAll(async () => {
  await node.stop();
  await rm(folder, { recursive: true });
}, 60_000);

/** The states up to `PlanVolumes`, with a repository that `register` makes. */
async function planAfter(second: string, register: (archiveId: string) => Promise<unknown>) {
  const { archiveId } = await selectIndices(
    {
      request: { indices: ['logs'] },
      execution: { id: 'arn:one', startedAt: `2026-01-10T00:00:${second}Z`, stateMachineId: 'arn:machine' },
    },
    {
      cluster,
      staging,
      archive,
      executions: {
        running: () => Promise.resolve([]),
        redriveCount: () => Promise.resolve(0),
        events: () => {
          throw new RangeError('no execution has a history here');
        },
      },
      prefix: 'hashed',
      settings: { patterns: [], excluded: [], minimumAgeHours: 0, windowDays: 1 },
      allowEmpty: false,
    },
  );
  await register(archiveId);
  let snapshot = await startSnapshot({ archiveId }, { cluster, staging, now });
  while (!snapshot.complete) {
    snapshot = await checkSnapshot({ archiveId, snapshot }, { cluster, staging, timeoutHours: 1, now });
  }
  const encryption = { profile: 'gpg', recipients: ['A'.repeat(40)] } as const;
  const settings = { retentionDays: 1, volumeBytes: 1024 ** 3, parallelism: 1, now };
  const planning = planVolumes(
    { archiveId },
    { staging, encryption: { ...encryption, recipients: [...encryption.recipients] }, ...settings },
  );
  return planning.finally(() => cleanUp(archiveId));
}

/** Nothing of it may look like a leftover to the other tests. */
async function cleanUp(archiveId: string): Promise<void> {
  await cluster.deleteSnapshot(archiveId, archiveId);
  await cluster.removeRepository(archiveId);
  for (const prefix of [repositoryPrefix(archiveId), `runs/${archiveId}/`]) {
    const keys: string[] = [];
    for await (const { key } of staging.list(prefix)) keys.push(key);
    if (keys.length > 0) await staging.delete(keys);
  }
}

test('shard data outside the prefix is StagingIncomplete, and the message names the setting', async () => {
  const plan = planAfter('01', (archiveId) =>
    cluster.registerRepository(archiveId, {
      bucket: staging.bucket,
      base_path: repositoryPrefix(archiveId).replace(/\/$/, ''),
      region: endpoints.region,
    }),
  );
  await expect(plan).rejects.toMatchObject({
    name: 'StagingIncomplete',
    message: expect.stringMatching(/shard_path_type.*FIXED|FIXED.*shard_path_type/s) as string,
  });
});

test('as RegisterRepository registers it, everything is below the prefix', async () => {
  const ports = { cluster, bucket: staging.bucket, region: endpoints.region, roleArn: 'arn:aws:iam::1:role/r' };
  const plan = await planAfter('02', (archiveId) => registerRepository({ archiveId }, ports));
  expect(plan).toMatchObject({ volumes: 1, pending: [{ volume: 1 }] });
  expect(plan.objects).toBeGreaterThanOrEqual(8);
});
