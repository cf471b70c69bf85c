import { beforeAll, describe, expect, it } from 'vitest';
import { matches, policyAllows, roleIds, roleStatements, type Statement } from '../../support/iam-matcher.ts';
import { resourcesOf, synthesizeExample, type Synthesized } from './synthesized.ts';

let stacks: Synthesized;
beforeAll(async () => {
  stacks = await synthesizeExample();
}, 120_000);

const staging = 'arn:aws:s3:::permafrost-staging-111122223333-eu-west-1';
const archive = 'arn:aws:s3:::permafrost-archive-111122223333-eu-west-1';
const domain = 'arn:aws:es:eu-west-1:111122223333:domain/logs';
const id = 'logdata-2026-01-02t02-00-00-a1b2c3';
const volume = `${archive}/archives/${id}/volume-00001.tar.pgp`;
const tls = { 'aws:SecureTransport': 'true' };

const only = (beginning: string): string => {
  const found = roleIds(stacks, beginning);
  expect(found, `roles that begin with ${beginning}`).toHaveLength(1);
  return found[0]!;
};
const may = (role: string, action: string, resource: string, context: Record<string, string> = {}): boolean =>
  policyAllows(stacks, only(role), action, resource, { ...tls, ...context });

/** Statements of all roles, each with its role's logical id. */
const allStatements = (): [string, Statement][] =>
  roleIds(stacks).flatMap((role) =>
    roleStatements(stacks, role).map((statement): [string, Statement] => [role, statement]),
  );
const grantees = (action: string, resource: RegExp): string[] => [
  ...new Set(
    allStatements()
      .filter(([, { Effect, Action }]) => Effect === 'Allow' && Action.some((pattern) => matches(pattern, action)))
      .filter(([, { Resource }]) => Resource.some((pattern) => resource.test(pattern)))
      .map(([role]) => role.replace(/Role[0-9A-F]{8}$/, '')),
  ),
];

describe('no role', () => {
  it('has an action with a wildcard, or a managed policy', () => {
    expect(allStatements().length).toBeGreaterThan(60);
    expect(allStatements().filter(([, { Action }]) => Action.some((action) => action.includes('*')))).toEqual([]);
  });

  it('may touch everything of S3, KMS, the domain or Step Functions', () => {
    const wide = allStatements().filter(([, { Action, Resource }]) => {
      return Resource.includes('*') && Action.some((action) => /^(s3|kms|es|states|iam|sns|lambda|ecs):/.test(action));
    });
    expect(wide).toEqual([]);
  });

  it('may bypass a lock, set a legal hold, or change the rules of a bucket', () => {
    for (const action of [
      's3:BypassGovernanceRetention',
      's3:PutObjectLegalHold',
      's3:PutBucketObjectLockConfiguration',
      's3:PutLifecycleConfiguration',
      's3:PutBucketPolicy',
      's3:DeleteObjectVersion',
    ]) {
      expect(grantees(action, /./), action).toEqual([]);
    }
  });

  it('but WipeStaging and the cluster itself may delete objects, and they only in the staging repositories', () => {
    expect(grantees('s3:DeleteObject', /./)).toEqual(['Snapshot', 'WipeStaging']);
    for (const role of ['WipeStagingRole', 'SnapshotRole']) {
      expect(may(role, 's3:DeleteObject', `${staging}/repositories/${id}/index-0`)).toBe(true);
      expect(may(role, 's3:DeleteObject', `${staging}/runs/${id}/plan.json`)).toBe(false);
      expect(may(role, 's3:DeleteObject', volume)).toBe(false);
    }
  });

  it('but SealArchive may write the catalogue', () => {
    expect(grantees('s3:PutObject', /permafrost-archive-.*\/catalog/)).toEqual(['SealArchive']);
    expect(grantees('kms:Sign', /./)).toEqual(['SealArchive']);
  });

  it('but that of the container may add volumes', () => {
    expect(grantees('s3:PutObject', /permafrost-archive-.*\/archives/)).toEqual(['ConsolidateTask']);
  });

  it('may write documents, or remove anything of the cluster but snapshots and repositories', () => {
    for (const role of roleIds(stacks)) {
      const allowed = (action: string, path: string): boolean =>
        policyAllows(stacks, role, action, `${domain}/${path}`);
      expect(allowed('es:ESHttpDelete', 'logdata-01012026'), role).toBe(false);
      expect(allowed('es:ESHttpPut', 'logdata-01012026/_doc/1'), role).toBe(false);
      expect(allowed('es:ESHttpPost', '_bulk'), role).toBe(false);
      expect(allowed('es:ESHttpPost', 'logdata-01012026/_delete_by_query'), role).toBe(false);
    }
  });
});

describe('the container', () => {
  const role = 'ConsolidateTaskRole';

  it('may read what is staged and make volumes', () => {
    expect(may(role, 's3:GetObject', `${staging}/repositories/${id}/index-0`)).toBe(true);
    expect(may(role, 's3:PutObject', `${staging}/runs/${id}/volume-00001.receipt.json`)).toBe(true);
    expect(may(role, 's3:PutObject', volume, { 's3:if-none-match': '*', 's3:ObjectCreationOperation': 'true' })).toBe(
      true,
    );
    expect(may(role, 's3:PutObjectRetention', volume, { 's3:object-lock-remaining-retention-days': '1' })).toBe(true);
    expect(may(role, 's3:AbortMultipartUpload', volume)).toBe(true);
  });

  it('may not delete, and has nothing in the catalogue', () => {
    const statements = roleStatements(stacks, only(role));
    expect(
      statements.flatMap(({ Action }) => Action).filter((action) => /delete|bypass|legalhold/i.test(action)),
    ).toEqual([]);
    expect(JSON.stringify(statements)).not.toContain('catalog');
    expect(may(role, 's3:GetObject', `${archive}/catalog/chain/00000001.json`)).toBe(false);
    expect(may(role, 's3:ListBucket', archive, { 's3:prefix': 'catalog/' })).toBe(false);
    expect(may(role, 's3:PutObject', `${staging}/repositories/${id}/index-1`)).toBe(false);
  });
});

describe('a function', () => {
  it.each(['VerifyArchive', 'LockArchive'])('%s sees volumes and their locks', (state) => {
    for (const action of ['s3:GetObject', 's3:GetObjectVersion', 's3:GetObjectRetention']) {
      expect(may(`${state}Role`, action, volume)).toBe(true);
    }
    expect(may(`${state}Role`, 's3:PutObjectRetention', volume)).toBe(state === 'LockArchive');
  });

  it.each(['DeleteSnapshot', 'ReleaseRepository', 'WipeStaging'])(
    '%s can prove the seal before it removes',
    (state) => {
      const link = `${archive}/catalog/chain/00000001.json`;
      expect(may(`${state}Role`, 's3:GetObjectVersion', link)).toBe(true);
      expect(may(`${state}Role`, 's3:ListBucketVersions', archive, { 's3:prefix': 'catalog/chain/' })).toBe(true);
      expect(grantees('kms:GetPublicKey', /./)).toContain(state);
    },
  );

  it('may list only the prefixes that it reads', () => {
    expect(may('CheckVolumesRole', 's3:ListBucket', staging, { 's3:prefix': `runs/${id}/` })).toBe(true);
    expect(may('CheckVolumesRole', 's3:ListBucket', staging, { 's3:prefix': 'repositories/' })).toBe(false);
    expect(may('CheckVolumesRole', 's3:ListBucket', archive, { 's3:prefix': 'catalog/' })).toBe(false);
  });

  it('RegisterRepository may pass the snapshot role and no other', () => {
    const passing = allStatements().filter(([, { Action }]) => Action.includes('iam:PassRole'));
    expect(passing.map(([role]) => role.replace(/Role[0-9A-F]{8}$/, '')).sort()).toEqual([
      'ArchiveStateMachine',
      'RegisterRepository',
    ]);
    const [, statement] = passing.find(([role]) => role.startsWith('RegisterRepository'))!;
    expect(statement.Resource).toEqual([`arn:aws:iam::111122223333:role/${only('SnapshotRole')}`]);
  });
});

describe('the snapshot role', () => {
  it('can be taken by the one domain only', () => {
    const roles = resourcesOf(stacks.archive, 'AWS::IAM::Role');
    const [, role] = roles.find(([logicalId]) => logicalId.startsWith('SnapshotRole'))!;
    expect(role['AssumeRolePolicyDocument']).toMatchObject({
      Statement: [
        {
          Principal: { Service: 'es.amazonaws.com' },
          Condition: {
            StringEquals: { 'aws:SourceAccount': '111122223333' },
            ArnEquals: { 'aws:SourceArn': domain },
          },
        },
      ],
    });
  });
});

describe('the state machine', () => {
  const role = 'ArchiveStateMachineRole';

  it('may run any revision of its own task definition, in its own cluster, and no other', () => {
    const cluster = { 'ecs:cluster': 'arn:aws:ecs:eu-west-1:111122223333:cluster/permafrost' };
    const revision = (family: string): string => `arn:aws:ecs:eu-west-1:111122223333:task-definition/${family}:7`;
    expect(may(role, 'ecs:RunTask', revision('permafrost-consolidate'), cluster)).toBe(true);
    expect(may(role, 'ecs:RunTask', revision('other'), cluster)).toBe(false);
    expect(may(role, 'ecs:RunTask', revision('permafrost-consolidate'))).toBe(false);
  });

  it('may invoke every version of its functions, so that a redrive after a deployment finds its own', () => {
    const version = (name: string): string => `arn:aws:lambda:eu-west-1:111122223333:function:${name}:3`;
    expect(may(role, 'lambda:InvokeFunction', version('permafrost-select-indices'))).toBe(true);
    expect(may(role, 'lambda:InvokeFunction', version('permafrost-halt-for-redrive'))).toBe(true);
    expect(may(role, 'lambda:InvokeFunction', version('other'))).toBe(false);
  });

  it('may publish to the encrypted topic', () => {
    expect(may(role, 'sns:Publish', 'arn:aws:sns:eu-west-1:111122223333:permafrost-notifications')).toBe(true);
    expect(grantees('kms:GenerateDataKey', /./).sort()).toEqual([
      'ArchiveStateMachine',
      'NotifyArchived',
      'NotifyUncaught',
    ]);
  });
});
