/** Restores of archives that are out of the ordinary: made on OpenSearch 2.19, or of a repository that was corrupt when it was sealed. */
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { KMSClient } from '@aws-sdk/client-kms';
import { readPrivateKey } from 'openpgp';
import { describe, expect, test } from 'vitest';
import { archiveIdOf as makeArchiveId } from '../../archive/archive-id.ts';
import { repositoryPrefix, restoredPrefix, selectionKey, snapshotRecordKey } from '../../archive/keys.ts';
import { settle } from '../../archive/observe.ts';
import { selectionBytes, snapshotRecordBytes } from '../../archive/run-records.ts';
import { lockArchive } from '../../functions/archive/lock-archive.ts';
import { observeIndex } from '../../functions/archive/observe-index.ts';
import { planVolumes } from '../../functions/archive/plan-volumes.ts';
import { sealArchive } from '../../functions/archive/seal-archive.ts';
import { verifyArchive } from '../../functions/archive/verify-archive.ts';
import { startOpenSearch } from '../../infra/local/servers/opensearch.ts';
import type { Cluster } from '../../ports/cluster.ts';
import { kmsSigner } from '../../ports/kms-signer.ts';
import { openSearchCluster } from '../../ports/opensearch-cluster.ts';
import { s3ObjectStore } from '../../ports/s3-object-store.ts';
import { consolidate } from '../../tasks/consolidate/consolidate.ts';
import { readRecipients } from '../../tasks/consolidate/recipients.ts';
import { settled } from '../ports/cluster.contract.ts';
import {
  archive,
  archiveIdOf,
  ask,
  documentCount,
  ended,
  endpoints,
  loadLogs,
  notices,
  operator,
  redrive,
  run,
  s3,
  staging,
  start,
  succeeded,
} from './stack.ts';

const restoreBucket = s3ObjectStore(s3, endpoints.buckets.restore!);
const restoreMachine = endpoints.stateMachines.restore!;
const now = (): Date => new Date();

/** Archives the repository folder of another cluster, by the workflow's own functions and task. */
async function archiveRepository(old: Cluster, folder: string, archiveId: string, index: string): Promise<void> {
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const file = join(entry.parentPath, entry.name);
    await staging.put(`${repositoryPrefix(archiveId)}${relative(folder, file)}`, await readFile(file));
  }
  const { distribution: _, ...cluster } = await old.facts();
  const [facts] = await old.indices([index]);
  const { name, uuid, createdVersion, bytes, documents } = facts!;
  const before = await observeIndex(old, { name, uuid });
  const snapshot = await old.snapshot('old', archiveId);
  await staging.put(
    selectionKey(archiveId),
    selectionBytes({
      archiveId,
      reason: 'indices',
      cluster,
      indices: [{ name, uuid, createdVersion, bytes, documents, supersedes: null }],
    }),
  );
  const held = { archiveId, snapshot: { name: archiveId, uuid: snapshot!.uuid }, indices: [settle(before, before)] };
  await staging.put(snapshotRecordKey(archiveId), snapshotRecordBytes(held));

  const armoredKey = await readFile(endpoints.keys.recipientPrivate!, 'utf8');
  const recipientKeys = (await readPrivateKey({ armoredKey })).toPublic().armor();
  const { fingerprints } = await readRecipients(recipientKeys, 'gpg', now());
  const encryption = { profile: 'gpg' as const, recipients: [...fingerprints] };
  const settings = { encryption, retentionDays: 1, volumeBytes: 1024 ** 3, parallelism: 1 };
  await planVolumes({ archiveId }, { staging, ...settings, now });
  await consolidate({
    ...{ staging, archive, archiveId, volume: 1, recipientKeys, profile: 'gpg', prefetch: 8, now },
    signal: new AbortController().signal,
    log: () => undefined,
  });
  await verifyArchive({ archiveId }, { staging, archive });
  await lockArchive({ archiveId }, { staging, archive });
  const client = new KMSClient({ ...operator, endpoint: endpoints.aws });
  const signer = kmsSigner({ client, key: 'alias/permafrost-signing', algorithm: 'ECDSA_SHA_256' });
  await sealArchive({ archiveId }, { staging, archive, signer });
}

describe('an archive that was made on OpenSearch 2.19', () => {
  test('restores on 3.8 by the workflow, with count, mapping and samples as signed', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'permafrost-2.19-'));
    const index = 'made-on-2.19';
    const executionArn = 'arn:aws:states:us-east-1:000000000000:execution:archive:of-2.19';
    const archiveId = makeArchiveId({ prefix: 'old', startedAt: now(), executionArn });
    const repoPath = join(folder, 'repositories');
    const node = await startOpenSearch({ version: '2.19.6', dataDir: join(folder, 'node'), repoPath });
    try {
      const old = openSearchCluster({
        endpoint: node.url,
        region: operator.region,
        credentials: () => Promise.resolve(operator.credentials),
      });
      await ask('PUT', `/${index}`, { settings: { number_of_shards: 2, number_of_replicas: 0 } }, node.url);
      const lines = Array.from(
        { length: 300 },
        (_, n) => `{"index":{"_id":"${n}"}}\n{"message":"line ${n}","n":${n}}\n`,
      );
      await ask('POST', `/${index}/_bulk?refresh=true`, lines.join(''), node.url);
      await ask('PUT', '/_snapshot/old', { type: 'fs', settings: { location: 'old' } }, node.url);
      await old.startSnapshot('old', archiveId, [index]);
      expect(await settled(old, 'old', archiveId)).toMatchObject({ state: 'SUCCESS' });
      await archiveRepository(old, join(repoPath, 'old'), archiveId, index);
    } finally {
      await node.stop();
      await rm(folder, { recursive: true, force: true });
    }
    const restored = succeeded(await run({ archiveId, conflict: 'rename' }, undefined, restoreMachine));
    expect(restored.output).toMatchObject({ verification: { indices: 1, documents: 300 } });
    expect(await documentCount(`restored-${index}`)).toBe(300);
  });
});

describe('a blob that was corrupt when it was archived', () => {
  test('ends the restore red, with the cause named and the red index removed', async () => {
    const { index } = await loadLogs('2026-03-10', 500);
    const executionArn = await start({ indices: [index] });
    const archiveId = await archiveIdOf(executionArn);
    // An object that does not belong there holds the run up before anything is planned.
    const stray = `${repositoryPrefix(archiveId)}stray`;
    await staging.put(stray, new Uint8Array(1));
    expect(await ended(executionArn)).toMatchObject({ status: 'FAILED', error: 'StagingForeign' });
    await staging.delete([stray]);
    await flipLargestBlob(archiveId);
    succeeded(await redrive(executionArn));

    const failed = await run({ archiveId, conflict: 'rename' }, undefined, restoreMachine);
    expect(failed).toMatchObject({ status: 'FAILED', error: 'RestoreFailed' });
    expect(failed.cause).toMatch(/[Cc]orrupt|checksum/);
    expect(Object.keys(await ask<object>('GET', `/restored-${index}*`))).toEqual([]);
    const repositories = Object.keys(await ask<object>('GET', '/_snapshot'));
    expect(repositories.filter((name) => name.startsWith('restore-'))).toEqual([]);
    expect(await notices(failed.name)).toHaveLength(1);
    expect(await documentCount(index)).toBe(500);
    await discardPlaintext();
  });

  /** A failed restore keeps what passed its checks for a redrive: here none comes. */
  async function discardPlaintext(): Promise<void> {
    const keys = [];
    for await (const { key } of restoreBucket.list(restoredPrefix)) keys.push(key);
    await restoreBucket.delete(keys);
  }

  async function flipLargestBlob(archiveId: string): Promise<void> {
    let largest = { key: '', bytes: 0 };
    for await (const object of staging.list(repositoryPrefix(archiveId))) {
      if (object.key.includes('/__') && object.bytes > largest.bytes) largest = object;
    }
    const bytes = Uint8Array.from(await staging.read(largest.key));
    bytes[bytes.length >> 1]! ^= 1;
    await staging.put(largest.key, bytes);
  }
});
