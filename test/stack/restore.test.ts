/** Restores and drills of a frozen archive on the deployed stack. */
import { GetSecretValueCommand, PutSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { readFile } from 'node:fs/promises';
import { beforeAll, describe, expect, test } from 'vitest';
import { findLink, readSealedManifest } from '../../archive/catalogue.ts';
import { restoredPrefix } from '../../archive/keys.ts';
import type { Manifest } from '../../archive/manifest.ts';
import { s3ObjectStore } from '../../ports/s3-object-store.ts';
import {
  archive,
  archived,
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
  start,
  succeeded,
  type Ended,
} from './stack.ts';

const restoreBucket = s3ObjectStore(s3, endpoints.buckets.restore!);
const dates = ['2026-03-01', '2026-03-02'] as const;
let archiveId: string;
let manifest: Manifest;
let indices: string[];

const restore = (input: object): Promise<Ended> =>
  run({ archiveId, indices: [indices[0]], ...input }, undefined, endpoints.stateMachines.restore!);

async function freeze(): Promise<void> {
  const applied = await fetch(new URL('/_local/apply-lifecycle', endpoints.s3), { method: 'POST' });
  expect(applied.ok).toBe(true);
}

async function expectNothingLeft(): Promise<void> {
  const plaintext = [];
  for await (const { key } of restoreBucket.list(restoredPrefix)) plaintext.push(key);
  expect(plaintext).toEqual([]);
  const repositories = Object.keys(await ask<object>('GET', '/_snapshot'));
  expect(repositories.filter((name) => name.startsWith('restore-'))).toEqual([]);
}

/** The restored index has the documents of the original: as many, and the same ones under the same ids. */
async function expectSame(restored: string, original: Manifest['indices'][number]): Promise<void> {
  expect(await documentCount(restored)).toBe(original.documents.count);
  const ids = original.samples.slice(0, 20).map(({ id }) => id);
  const { docs } = await ask<{ docs: { found: boolean }[] }>('POST', `/${restored}/_mget`, { ids });
  expect(docs.map(({ found }) => found)).toEqual(ids.map(() => true));
}

beforeAll(async () => {
  const loaded = [];
  for (const date of dates) loaded.push(await loadLogs(date, 1000));
  indices = loaded.map(({ index }) => index);
  ({ archiveId } = await archived({ indices }));
  manifest = await readSealedManifest(archive, (await findLink(archive, archiveId))!);
  await freeze();
}, 240_000);

describe('an index of a frozen archive of two', () => {
  test('comes back under another name', async () => {
    expect((await archive.head(manifest.volumes[0]!.key))?.access).toBe('frozen');
    succeeded(await restore({ conflict: 'rename' }));
    await expectSame(`restored-${indices[0]!}`, manifest.indices[0]!);
    await expectNothingLeft();
  });

  test('is refused under a name that is taken, with nothing thawed and nothing touched', async () => {
    const refused = await restore({ conflict: 'fail' });
    expect(refused).toMatchObject({ status: 'FAILED', error: 'IndexExists' });
    expect(await notices(refused.name)).toHaveLength(1);
    expect(await documentCount(indices[0]!)).toBe(1000);
    await expectNothingLeft();
  });

  test('replaces an index that was changed since, after a verified copy', async () => {
    await ask('POST', `/${indices[0]!}/_doc?refresh=true`, { message: 'not in the archive' });
    expect(await documentCount(indices[0]!)).toBe(1001);
    succeeded(await restore({ conflict: 'replace' }));
    await expectSame(indices[0]!, manifest.indices[0]!);
    const names = Object.keys(await ask<object>('GET', '/restoring-*?expand_wildcards=all'));
    expect(names).toEqual([]);
    await expectNothingLeft();
  });

  test('comes back under its own name when that is free', async () => {
    await ask('DELETE', `/${indices[1]!}`);
    succeeded(await restore({ indices: [indices[1]!], conflict: 'fail' }));
    await expectSame(indices[1]!, manifest.indices[1]!);
    await expectNothingLeft();
  });
});

describe('a volume that was covered by a newer version', () => {
  test('is refused before anything is thawed', async () => {
    const { archiveId: other } = await archived({ indices: [(await loadLogs('2026-03-03', 200)).index] });
    const { volumes } = await readSealedManifest(archive, (await findLink(archive, other))!);
    await s3.send(new PutObjectCommand({ Bucket: archive.bucket, Key: volumes[0]!.key, Body: 'another volume' }));
    const refused = await run({ archiveId: other, conflict: 'rename' }, undefined, endpoints.stateMachines.restore!);
    expect(refused).toMatchObject({ status: 'FAILED', error: 'VolumeNotAsSealed' });
    expect(refused.cause).toContain(volumes[0]!.key);
    await expectNothingLeft();
  });
});

describe('the drill', () => {
  const drill = (): Promise<string> => start({ archiveId }, undefined, endpoints.stateMachines.drill!);

  test('restores an index, proves it, removes it, and leaves signed evidence', async () => {
    succeeded(await ended(await drill()));
    const reports = [];
    for await (const { key } of restoreBucket.list('drills/')) reports.push(key);
    expect(reports.filter((key) => key.endsWith('/report.json'))).toHaveLength(1);
    expect(reports.filter((key) => key.endsWith('/report.json.sig'))).toHaveLength(1);
    expect(reports.filter((key) => key.endsWith('/report.html'))).toHaveLength(1);
    expect(Object.keys(await ask<object>('GET', '/drill-*'))).toEqual([]);
  });

  test('fails loudly when the private key is another, and passes once it is back', async () => {
    const secrets = new SecretsManagerClient({ ...operator, endpoint: endpoints.aws });
    const SecretId = endpoints.secrets.privateKey!;
    const { SecretString } = await secrets.send(new GetSecretValueCommand({ SecretId }));
    const another = await readFile(new URL('../golden/keys/p384.sec.asc', import.meta.url), 'utf8');
    await secrets.send(new PutSecretValueCommand({ SecretId, SecretString: another }));
    const executionArn = await drill();
    const failed = await ended(executionArn);
    await secrets.send(new PutSecretValueCommand({ SecretId, SecretString }));
    expect(failed).toMatchObject({ status: 'FAILED', error: 'DrillFailed' });
    expect(failed.cause).toContain('DecryptionKeyUnusable');
    const [notice] = await notices(failed.name);
    expect(notice?.subject).toContain('DRILL FAILED');
    succeeded(await redrive(executionArn));
    await expectNothingLeft();
  });
});
