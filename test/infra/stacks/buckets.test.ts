import { App } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { describe, expect, it } from 'vitest';
import { readConfiguration } from '../../../infra/config/read.ts';
import { StorageStack } from '../../../infra/stacks/storage.ts';
import { applies, bucketStatements } from '../../support/iam-matcher.ts';
import { resourcesOf } from './synthesized.ts';
import type { DeployedStacks, SynthesizedTemplate } from '../../support/intrinsics.ts';

const { settings } = await readConfiguration('infra/config/example.json');
const { account, region } = settings;
const stack = new StorageStack(new App(), 'storage', settings, { env: { account, region } });
const template = Template.fromStack(stack);
const stacks: DeployedStacks = { templates: [template.toJSON() as SynthesizedTemplate], account, region };

const bucketNames = {
  staging: 'permafrost-staging-111122223333-eu-west-1',
  archive: 'permafrost-archive-111122223333-eu-west-1',
};
const denies = (
  bucket: keyof typeof bucketNames,
  action: string,
  key: string,
  context: Record<string, string> = {},
): boolean =>
  bucketStatements(stacks, bucketNames[bucket]).some((statement) =>
    applies(statement, 'Deny', action, `arn:aws:s3:::${bucketNames[bucket]}/${key}`, {
      'aws:SecureTransport': 'true',
      ...context,
    }),
  );
const volume = 'archives/logdata-2026-01-02t02-00-00-a1b2c3/volume-00001.tar.pgp';

describe("the archive bucket's policy, for every principal,", () => {
  it('denies the removal of objects and of versions', () => {
    expect(denies('archive', 's3:DeleteObject', volume)).toBe(true);
    expect(denies('archive', 's3:DeleteObjectVersion', volume)).toBe(true);
    expect(denies('archive', 's3:DeleteObjectVersion', 'catalog/chain/00000001.json')).toBe(true);
  });

  it('denies a write that could replace an object, but not the parts of an upload', () => {
    const creating = { 's3:ObjectCreationOperation': 'true' };
    expect(denies('archive', 's3:PutObject', volume, creating)).toBe(true);
    expect(denies('archive', 's3:PutObject', volume, { ...creating, 's3:if-none-match': '*' })).toBe(false);
    expect(denies('archive', 's3:PutObject', volume, { 's3:ObjectCreationOperation': 'false' })).toBe(false);
  });

  it('denies a lock beyond the term, which nobody could take back', () => {
    const days = (count: number) => ({ 's3:object-lock-remaining-retention-days': String(count) });
    expect(denies('archive', 's3:PutObjectRetention', volume, days(settings.retention.days))).toBe(false);
    expect(denies('archive', 's3:PutObjectRetention', volume, days(settings.retention.days + 2))).toBe(true);
    expect(denies('archive', 's3:PutObject', volume, days(36_500))).toBe(true);
  });

  it('denies the bypass of a lock', () => {
    expect(denies('archive', 's3:BypassGovernanceRetention', volume)).toBe(true);
  });

  it('leaves reading and locking alone', () => {
    for (const action of [
      's3:GetObject',
      's3:PutObjectRetention',
      's3:GetObjectRetention',
      's3:AbortMultipartUpload',
    ]) {
      expect(denies('archive', action, volume), action).toBe(false);
    }
  });

  it('binds everyone', () => {
    const [, policy] = resourcesOf(stacks.templates[0]!, 'AWS::S3::BucketPolicy').find((each) =>
      JSON.stringify(each).includes('DenyDelete'),
    )!;
    const { Statement } = policy['PolicyDocument'] as { Statement: { Principal: unknown; Effect: string }[] };
    expect(Statement.length).toBeGreaterThanOrEqual(5);
    for (const { Principal, Effect } of Statement) {
      expect({ Principal, Effect }).toEqual({ Principal: { AWS: '*' }, Effect: 'Deny' });
    }
  });
});

it.each(['staging', 'archive'] as const)('the %s bucket refuses a connection without TLS', (bucket) => {
  expect(denies(bucket, 's3:GetObject', 'anything', { 'aws:SecureTransport': 'false' })).toBe(true);
  expect(denies(bucket, 's3:GetObject', 'anything')).toBe(false);
});

it.each(['staging', 'archive'] as const)(
  'the %s bucket is private, under keys of S3, and outlives the stack',
  (name) => {
    const [bucket] = Object.values(
      template.findResources('AWS::S3::Bucket', { Properties: { BucketName: bucketNames[name] } }),
    );
    expect(bucket).toMatchObject({
      DeletionPolicy: 'Retain',
      UpdateReplacePolicy: 'Retain',
      Properties: {
        BucketEncryption: {
          ServerSideEncryptionConfiguration: [{ ServerSideEncryptionByDefault: { SSEAlgorithm: 'AES256' } }],
        },
        PublicAccessBlockConfiguration: {
          BlockPublicAcls: true,
          BlockPublicPolicy: true,
          IgnorePublicAcls: true,
          RestrictPublicBuckets: true,
        },
        OwnershipControls: { Rules: [{ ObjectOwnership: 'BucketOwnerEnforced' }] },
      },
    });
  },
);

it('the archive bucket is versioned and has Object Lock; its volumes go cold at once and expire after their lock', () => {
  template.hasResourceProperties('AWS::S3::Bucket', {
    BucketName: bucketNames.archive,
    ObjectLockEnabled: true,
    VersioningConfiguration: { Status: 'Enabled' },
    LifecycleConfiguration: {
      Rules: [
        {
          Prefix: 'archives/',
          Status: 'Enabled',
          Transitions: [{ StorageClass: 'DEEP_ARCHIVE', TransitionInDays: 0 }],
          ExpirationInDays: settings.retention.days + settings.lifecycle.expireDaysAfterLock,
          NoncurrentVersionExpiration: { NoncurrentDays: 1 },
          AbortIncompleteMultipartUpload: { DaysAfterInitiation: 7 },
        },
        { Prefix: 'archives/', Status: 'Enabled', ExpiredObjectDeleteMarker: true },
      ],
    },
  });
});

it('no rule of the archive bucket is about the catalogue', () => {
  const buckets = resourcesOf(stacks.templates[0]!, 'AWS::S3::Bucket').map(([, bucket]) => bucket);
  const locked = buckets.find(({ ObjectLockEnabled }) => ObjectLockEnabled === true);
  const { Rules } = locked?.['LifecycleConfiguration'] as { Rules: { Prefix?: string }[] };
  expect(Rules.map(({ Prefix }) => Prefix)).toEqual(['archives/', 'archives/']);
});

it('the staging bucket keeps no versions, so that wiped plaintext is gone', () => {
  const [bucket] = Object.values(
    template.findResources('AWS::S3::Bucket', { Properties: { BucketName: bucketNames.staging } }),
  );
  expect(bucket!['Properties']).not.toHaveProperty('VersioningConfiguration');
});

it.each([
  ['ECDSA_SHA_256', 'ECC_NIST_P256'],
  ['RSASSA_PKCS1_V1_5_SHA_256', 'RSA_3072'],
] as const)('the key for %s is %s, signs only, and outlives the stack', (algorithm, keySpec) => {
  const made = Template.fromStack(
    new StorageStack(new App(), 'storage', { ...settings, signing: { algorithm } }, { env: { account, region } }),
  );
  made.hasResource('AWS::KMS::Key', {
    DeletionPolicy: 'Retain',
    Properties: { KeySpec: keySpec, KeyUsage: 'SIGN_VERIFY' },
  });
  made.hasResourceProperties('AWS::KMS::Alias', { AliasName: 'alias/permafrost-signing' });
});

it('tells its names under fixed outputs', () => {
  for (const name of ['StagingBucket', 'ArchiveBucket', 'SigningKeyArn']) template.hasOutput(name, {});
});
