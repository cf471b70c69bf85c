/** A day of logs through the deployed workflow, and what must be so afterwards. */
import { DeleteObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { beforeAll, describe, expect, test } from 'vitest';
import { findLink, readSealedManifest } from '../../archive/catalogue.ts';
import { readOriginal } from '../../archive/catalogue-files.ts';
import { verifyLinks, type LinkFile } from '../../archive/chain.ts';
import { chainLinkKey, chainPrefix, chainSignatureKey, repositoryPrefix, signingKeyKey } from '../../archive/keys.ts';
import type { Manifest } from '../../archive/manifest.ts';
import {
  archive,
  archived,
  ask,
  documentCount,
  ended,
  endpoints,
  indexOf,
  loadLogs,
  makeTheArchive,
  notices,
  run,
  s3,
  staging,
  start,
  statesOf,
  succeeded,
  theArchive,
  type Ended,
} from './stack.ts';

const index = indexOf(theArchive.date);
let execution: Ended & { archiveId: string };
let manifest: Manifest;

const manifestOf = async (archiveId: string): Promise<Manifest> =>
  readSealedManifest(archive, (await findLink(archive, archiveId))!);

async function keysBelow(store: typeof staging, prefix: string): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key } of store.list(prefix)) keys.push(key);
  return keys;
}

beforeAll(async () => {
  execution = await makeTheArchive();
  manifest = await manifestOf(execution.archiveId);
}, 240_000);

describe('one day', () => {
  test('passes every state once, and says what it did', async () => {
    const passed = (await statesOf(execution.executionArn)).filter(
      (state) => !/^(Wait|Check(Snapshot|Deletion)|Is\w+\?)/.test(state),
    );
    expect(passed).toEqual([
      'SelectIndices',
      'HasWork?',
      'RegisterRepository',
      'StartSnapshot',
      'PlanVolumes',
      'ConsolidateAndEncrypt',
      'CheckVolumes',
      'VerifyArchive',
      'LockArchive',
      'SealArchive',
      'DeleteSnapshot',
      'ReleaseRepository',
      'WipeStaging',
      'NotifyArchived',
    ]);
    const [volume] = manifest.volumes;
    expect(execution.output).toMatchObject({
      archiveId: expect.stringMatching(/^logdata-\d{4}-\d\d-\d\dt\d\d-\d\d-\d\d-[0-9a-f]{6}$/) as string,
      work: 'archive',
      selection: { indices: 1, documents: theArchive.documents },
      volumes: { volumes: 1, bytes: volume?.bytes, objects: volume?.objects },
      notification: { notified: true },
    });
  });

  test('the signed manifest counts every document, exactly', () => {
    expect(manifest.indices).toMatchObject([
      { name: index, documents: { count: theArchive.documents, exact: true }, supersedes: null },
    ]);
    const written = manifest.indices[0]!.shards.reduce((sum, { maxSeqNo }) => sum + maxSeqNo + 1, 0);
    expect(written).toBe(theArchive.documents);
    expect(manifest.indices[0]?.samples).toHaveLength(100);
    expect(manifest.encryption.recipients).toHaveLength(2);
  });

  test('staging is empty, snapshot and repository are gone, the index is untouched', async () => {
    expect(await keysBelow(staging, repositoryPrefix(execution.archiveId))).toEqual([]);
    expect(await ask('GET', '/_snapshot')).not.toHaveProperty(execution.archiveId);
    expect(await documentCount(index)).toBeGreaterThanOrEqual(theArchive.documents);
  });

  test('its objects are locked for the full term, and can neither be deleted nor written over', async () => {
    const { key: Key, versionId: VersionId, bytes } = manifest.volumes[0]!;
    const Bucket = archive.bucket;
    const until = new Date(manifest.retention.until);
    expect((until.getTime() - Date.parse(manifest.createdAt)) / 86_400_000).toBeGreaterThanOrEqual(1);
    for (const key of [Key, ...(await keysBelow(archive, `catalog/${execution.archiveId}/`))]) {
      const facts = await archive.head(key);
      expect(facts?.retention?.mode, key).toBe('COMPLIANCE');
      expect(facts?.retention?.until.getTime(), key).toBeGreaterThanOrEqual(until.getTime());
    }
    await expect(s3.send(new DeleteObjectCommand({ Bucket, Key, VersionId }))).rejects.toMatchObject({
      $metadata: { httpStatusCode: 403 },
    });
    await expect(s3.send(new PutObjectCommand({ Bucket, Key, Body: 'x', IfNoneMatch: '*' }))).rejects.toMatchObject({
      $metadata: { httpStatusCode: 412 },
    });
    expect(await archive.head(Key)).toMatchObject({ versionId: VersionId, bytes });
  });

  test('one notice is sent', async () => {
    const sent = await notices(execution.executionArn);
    expect(sent).toMatchObject([{ subject: 'Permafrost: archived 1 indices' }]);
    expect(sent[0]?.message).toContain(`${index}: ${theArchive.documents} documents`);
    expect(await notices(execution.archiveId)).toHaveLength(1);
  });
});

describe('the same day again', () => {
  test('archives nothing, for every index is in a sealed archive', async () => {
    const again = await archived({ date: theArchive.date });
    expect(again.output).toMatchObject({
      work: 'none',
      reason: expect.stringContaining('in a sealed archive, unchanged') as string,
      selection: { indices: 0 },
    });
    expect(await statesOf(again.executionArn)).toEqual(['SelectIndices', 'HasWork?', 'NothingToArchive']);
    expect(await findLink(archive, again.archiveId)).toBeUndefined();
    expect(await notices(again.name)).toEqual([]);
  });

  test('with a late document is archived again, and names the archive that it supersedes', async () => {
    await ask('POST', `/${index}/_doc/late?refresh=true`, { '@timestamp': `${theArchive.date}T23:59:59Z` });
    const later = await archived({ date: theArchive.date });
    expect(later.archiveId).not.toBe(execution.archiveId);
    const { indices } = await manifestOf(later.archiveId);
    expect(indices).toMatchObject([
      {
        name: index,
        uuid: manifest.indices[0]!.uuid,
        documents: { count: theArchive.documents + 1, exact: true },
        supersedes: execution.archiveId,
      },
    ]);
    expect((await archived({ date: theArchive.date })).output).toMatchObject({ work: 'none' });
  });
});

describe('two executions at once', () => {
  test('make separate archives, and the chain over all archives is unbroken', async () => {
    const days = ['2026-01-02', '2026-01-03'];
    for (const date of days) await loadLogs(date);
    const started = await Promise.all(days.map((date) => start({ date })));
    const both = (await Promise.all(started.map(ended))).map(succeeded);
    expect(new Set(both.map(({ archiveId }) => archiveId)).size).toBe(2);
    for (const [at, { archiveId }] of both.entries()) {
      const { indices, volumes } = await manifestOf(archiveId);
      expect(indices.map(({ name }) => name)).toEqual([indexOf(days[at]!)]);
      expect(volumes.map(({ key }) => key)).toEqual([`archives/${archiveId}/volume-00001.tar.pgp`]);
      expect(await keysBelow(staging, repositoryPrefix(archiveId))).toEqual([]);
    }

    const files: LinkFile[] = [];
    const pems = new Map<string, string>();
    const links = (await keysBelow(archive, chainPrefix)).filter((key) => key.endsWith('.json'));
    for (const sequence of links.map((_, at) => at + 1)) {
      files.push({
        bytes: (await readOriginal(archive, chainLinkKey(sequence)))!,
        signature: (await readOriginal(archive, chainSignatureKey(sequence)))!,
      });
    }
    const { keyId } = manifest.signing;
    pems.set(keyId, Buffer.from((await readOriginal(archive, signingKeyKey(keyId)))!).toString());
    const verified = verifyLinks(files, (id) => pems.get(id)!);
    expect(verified.every(({ sealed }) => sealed)).toBe(true);
    expect(verified.map(({ link }) => link.archiveId)).toEqual(
      expect.arrayContaining([execution.archiveId, ...both.map(({ archiveId }) => archiveId)]),
    );
  });
});

describe('the schedule', () => {
  test('archives every day that is over for 24 hours, and ends quietly when there is none left', async () => {
    for (const date of ['2025-06-01', '2025-06-02', '2025-06-03']) await loadLogs(date, 100);
    const scheduled = async (): Promise<Ended & { archiveId: string }> => {
      const page = '/_local/schedules/permafrost-archive?time=2025-06-04T02:00:00Z';
      const fired = await fetch(new URL(page, endpoints.states), { method: 'POST' });
      return succeeded(await ended(((await fired.json()) as { executionArn: string }).executionArn));
    };
    const { archiveId } = await scheduled();
    expect((await manifestOf(archiveId)).indices).toMatchObject([
      { name: 'logdata-01062025', documents: { count: 100, exact: true } },
      { name: 'logdata-02062025', documents: { count: 100, exact: true } },
    ]);
    expect((await scheduled()).output).toMatchObject({ work: 'none' });
  });
});

describe('an index that is asked for by name', () => {
  test('is archived whatever the patterns say, and one that is not there fails by name', async () => {
    await ask('PUT', '/invoices-2025', { settings: { number_of_replicas: 0 } });
    await ask('POST', '/invoices-2025/_doc/1?refresh=true', { amount: 1 });
    const { archiveId } = await archived({ indices: ['invoices-2025'] });
    const { indices } = await manifestOf(archiveId);
    expect(indices).toMatchObject([{ name: 'invoices-2025', documents: { count: 1, exact: true } }]);
    expect(await run({ indices: ['invoices-1925'] })).toMatchObject({ status: 'FAILED', error: 'IndexMissing' });
  });
});
