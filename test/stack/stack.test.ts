/** The stack itself: what it says of itself, what arrived of the template, and how its S3 and KMS behave. */
import { readFileSync, statSync } from 'node:fs';
import { KMSClient } from '@aws-sdk/client-kms';
import {
  CreateBucketCommand,
  GetBucketLifecycleConfigurationCommand,
  GetBucketVersioningCommand,
  GetObjectCommand,
  GetObjectLockConfigurationCommand,
  HeadObjectCommand,
  ListObjectVersionsCommand,
  RestoreObjectCommand,
  type HeadObjectCommandOutput,
} from '@aws-sdk/client-s3';
import { afterAll, describe, expect, inject, test } from 'vitest';
import { findLink, readSealedManifest } from '../../archive/catalogue.ts';
import { kmsSigner } from '../../ports/kms-signer.ts';
import { s3ObjectStore } from '../../ports/s3-object-store.ts';
import { objectStoreContract } from '../ports/object-store.contract.ts';
import { signerContract } from '../ports/signer.contract.ts';
import { deployedStacks } from './deployed.ts';
import { archive, endpoints, makeTheArchive, operator, s3, staging } from './stack.ts';

const kms = new KMSClient({ ...operator, endpoint: endpoints.aws });
afterAll(() => kms.destroy());

describe('endpoints.json', () => {
  const file = inject('endpointsFile');

  test('has all that a standard client needs, and nothing else', () => {
    const text = expect.any(String) as string;
    const address = expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/) as string;
    expect(JSON.parse(readFileSync(file, 'utf8'))).toStrictEqual({
      opensearch: address,
      s3: address,
      aws: address,
      states: address,
      ecs: address,
      region: 'us-east-1',
      buckets: { staging: text, archive: text, restore: endpoints.buckets.restore, snapshots: text, logs: text },
      stateMachines: {
        ...endpoints.stateMachines,
        archive: expect.stringMatching(/^arn:aws:states:us-east-1:000000000000:stateMachine:/) as string,
      },
      topics: {
        ...endpoints.topics,
        notifications: expect.stringMatching(/^arn:aws:sns:/) as string,
      },
      secrets: endpoints.secrets,
      credentials: { accessKeyId: text, secretAccessKey: text },
      keys: { recipientPrivate: text, passphrase: text },
    });
  });

  test('is for its owner only, for it holds credentials', () => {
    expect(statSync(file).mode & 0o777).toBe(0o600);
  });
});

describe('the buckets, as the templates describe them', () => {
  const described = (logicalId: string): Record<string, unknown> => {
    const resources = deployedStacks().templates.flatMap((template) => Object.entries(template.Resources));
    return { ...resources.find(([id]) => id.startsWith(logicalId))?.[1].Properties };
  };

  test('the archive is versioned, under Object Lock, and goes cold; the template encrypts it', async () => {
    const Bucket = archive.bucket;
    expect(await s3.send(new GetBucketVersioningCommand({ Bucket }))).toMatchObject({ Status: 'Enabled' });
    const { ObjectLockConfiguration } = await s3.send(new GetObjectLockConfigurationCommand({ Bucket }));
    expect(ObjectLockConfiguration).toMatchObject({ ObjectLockEnabled: 'Enabled' });
    const { Rules = [] } = await s3.send(new GetBucketLifecycleConfigurationCommand({ Bucket }));
    const rule = Rules.find(({ ID }) => ID === 'KeepVolumesCold');
    expect(rule).toMatchObject({
      Status: 'Enabled',
      Filter: { Prefix: 'archives/' },
      Transitions: [{ StorageClass: expect.stringMatching(/^(GLACIER|DEEP_ARCHIVE)$/) as string }],
      AbortIncompleteMultipartUpload: { DaysAfterInitiation: 7 },
    });
    // Volumes expire after their lock of one day, never before.
    expect(rule?.Expiration?.Days).toBeGreaterThan(1);
    expect(JSON.stringify(described('ArchiveBucket')['BucketEncryption'])).toContain('"AES256"');
  });

  test('staging keeps no versions, and forgets the records of runs', async () => {
    const Bucket = staging.bucket;
    expect((await s3.send(new GetBucketVersioningCommand({ Bucket }))).Status).not.toBe('Enabled');
    await expect(s3.send(new GetObjectLockConfigurationCommand({ Bucket }))).rejects.toMatchObject({
      name: 'ObjectLockConfigurationNotFoundError',
    });
    const { Rules = [] } = await s3.send(new GetBucketLifecycleConfigurationCommand({ Bucket }));
    expect(Rules.filter(({ Expiration }) => Expiration?.Days !== undefined)).toMatchObject([
      { Filter: { Prefix: 'runs/' } },
    ]);
    expect(JSON.stringify(described('StagingBucket')['BucketEncryption'])).toContain('"AES256"');
  });
});

test('volumes go cold by the lifecycle, are refused then, and come back by a restore; the catalogue stays readable', async () => {
  const { archiveId } = await makeTheArchive();
  const sealed = (await findLink(archive, archiveId))!;
  const { key: Key, bytes, versionId } = (await readSealedManifest(archive, sealed)).volumes[0]!;
  const volume = { Bucket: archive.bucket, Key };
  const head = (): Promise<HeadObjectCommandOutput> => s3.send(new HeadObjectCommand(volume));
  const moved = await fetch(new URL('/_local/apply-lifecycle', endpoints.s3), { method: 'POST' });
  expect(moved.ok, await moved.text()).toBe(true);

  expect((await head()).StorageClass).toMatch(/^(GLACIER|DEEP_ARCHIVE)$/);
  await expect(s3.send(new GetObjectCommand(volume))).rejects.toMatchObject({
    name: 'InvalidObjectState',
    $metadata: { httpStatusCode: 403 },
  });
  await expect(archive.get(Key)).rejects.toMatchObject({ name: 'ObjectFrozen' });
  expect((await readSealedManifest(archive, sealed)).archiveId).toBe(archiveId);
  // Cold or not, the lock holds.
  expect(await archive.head(Key)).toMatchObject({ retention: { mode: 'COMPLIANCE' } });

  const RestoreRequest = { Days: 1, GlacierJobParameters: { Tier: 'Bulk' } } as const;
  await s3.send(new RestoreObjectCommand({ ...volume, RestoreRequest }));
  expect((await head()).Restore).toBe('ongoing-request="true"');
  await expect.poll(async () => (await head()).Restore, { timeout: 20_000 }).toMatch(/^ongoing-request="false"/);
  const { Body, VersionId } = await s3.send(new GetObjectCommand(volume));
  expect(VersionId).toBe(versionId);
  expect((await Body!.transformToByteArray()).length).toBe(bytes);
  const { Versions = [] } = await s3.send(new ListObjectVersionsCommand({ Bucket: archive.bucket, Prefix: Key }));
  expect(Versions).toHaveLength(1);
});

signerContract("the stack's KMS", async () => {
  const { archiveId } = await makeTheArchive();
  const { keyId, algorithm } = (await findLink(archive, archiveId))!.link.signing;
  return kmsSigner({ client: kms, key: keyId, algorithm });
});

let buckets = 0;
objectStoreContract("the stack's S3, through the proxy", async () => {
  buckets += 1;
  const [plain, locked] = [`contract-plain-${buckets}`, `contract-locked-${buckets}`];
  await s3.send(new CreateBucketCommand({ Bucket: plain }));
  await s3.send(new CreateBucketCommand({ Bucket: locked, ObjectLockEnabledForBucket: true }));
  return {
    plain: s3ObjectStore(s3, plain),
    locked: s3ObjectStore(s3, locked),
    absent: s3ObjectStore(s3, 'no-such-bucket'),
  };
});
