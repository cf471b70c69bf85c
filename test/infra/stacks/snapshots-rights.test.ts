import { beforeAll, describe, expect, it } from 'vitest';
import { matches, policyAllows, roleIds, roleStatements, type Statement } from '../../support/iam-matcher.ts';
import { resourcesOf } from './synthesized.ts';
import { synthesizeSnapshots, type SynthesizedSnapshots } from './synthesized-snapshots.ts';

const bucket = 'arn:aws:s3:::permafrost-snapshots-111122223333-eu-west-1';
const domain = 'arn:aws:es:eu-west-1:111122223333:domain/logs';
const repository = '_snapshot/permafrost-snapshots';
const own = `${repository}/snapshot-2026-01-02t03-04-05`;
const blob = `${bucket}/snapshots/indices/abc/0/__blob`;

let stacks: SynthesizedSnapshots;
beforeAll(async () => {
  stacks = await synthesizeSnapshots();
}, 120_000);

/** `DeleteSnapshot` of `SnapshotsDeleteSnapshotRole1045D27B`. */
const plain = (role: string): string => role.replace(/Role[0-9A-F]{8}$/, '').replace(/^Snapshots(?=[A-Z])/, '');
/** The role that the domain takes, so named. */
const domainRole = 'Snapshots';
const allStatements = (of = stacks): [string, Statement][] =>
  roleIds(of).flatMap((role) =>
    roleStatements(of, role).map((statement): [string, Statement] => [plain(role), statement]),
  );
/** Who may do this. */
const allowed = (action: string, resource: string, context: Record<string, string> = {}, of = stacks): string[] =>
  roleIds(of)
    .filter((role) => policyAllows(of, role, action, resource, { 'aws:SecureTransport': 'true', ...context }))
    .map(plain)
    .sort();
const inCluster = (method: string, path: string, of = stacks): string[] =>
  allowed(`es:ESHttp${method}`, `${domain}/${path}`, {}, of);

describe('no role of the stack of snapshots', () => {
  it('has an action with a wildcard, or everything of a service', () => {
    expect(allStatements().length).toBeGreaterThan(30);
    expect(allStatements().filter(([, { Action }]) => Action.some((action) => action.includes('*')))).toEqual([]);
    const wide = allStatements().filter(
      ([, { Action, Resource }]) =>
        Resource.some((one) => one === '*' || one === `${domain}/*`) &&
        Action.some((action) => /^(s3|kms|es|states|iam|sns|lambda):/.test(action)),
    );
    expect(wide).toEqual([]);
  });

  it.each([
    ['Get', 'logdata-01012026/_search'],
    ['Get', 'logdata-01012026/_doc/1'],
    ['Get', '_search'],
    ['Post', 'logdata-01012026/_search'],
    ['Put', 'logdata-01012026/_doc/1'],
    ['Post', '_bulk'],
    ['Delete', 'logdata-01012026'],
    ['Put', '_cluster/settings'],
    ['Post', `${own}/_restore`],
    ['Put', '_snapshot/other'],
    ['Delete', repository],
    ['Delete', '_snapshot/other/snapshot-2026-01-02t03-04-05'],
    ['Delete', `${repository}/cs-automated-2026-01-02`],
    ['Delete', `${repository}/by-hand`],
    ['Delete', `${own},by-hand`],
    ['Put', `${repository}/by-hand`],
  ])('may %s %s', (method, path) => {
    expect(inCluster(method, path)).toEqual([]);
  });

  it('but that of the cluster may read, write or delete in the bucket, and it only below the base path', () => {
    for (const action of ['s3:GetObject', 's3:PutObject', 's3:DeleteObject', 's3:AbortMultipartUpload']) {
      expect(allowed(action, blob), action).toEqual([domainRole]);
      expect(allowed(action, `${bucket}/elsewhere/x`), action).toEqual([]);
    }
    expect(allowed('s3:ListBucket', bucket, { 's3:prefix': 'elsewhere/' })).toEqual([]);
    expect(allowed('s3:ListBucket', bucket, { 's3:prefix': 'snapshots/' })).toEqual(['MeasureRepository', domainRole]);
  });

  it('has anything of the archives', () => {
    expect(JSON.stringify(stacks.template)).not.toMatch(/permafrost-(staging|archive|restore)-/);
  });
});

describe('a function of the snapshot workflow', () => {
  it('does what it is for, and no other does', () => {
    expect(inCluster('Get', '')).toEqual(['PlanSnapshot', 'RegisterRepository']);
    expect(inCluster('Put', repository)).toEqual(['RegisterRepository']);
    expect(inCluster('Put', own)).toEqual(['StartSnapshot']);
    expect(inCluster('Delete', own)).toEqual(['DeleteSnapshot', 'StartSnapshot']);
    expect(inCluster('Get', own)).toEqual(['CheckDeletion', 'CheckSnapshot', 'StartSnapshot']);
    expect(inCluster('Get', `${own}/_status`)).toContain('CheckSnapshot');
    expect(inCluster('Get', `${repository}/_all`)).toEqual(['ListExpiredSnapshots', 'MeasureRepository']);
    expect(inCluster('Post', `${repository}/_cleanup`)).toEqual(['CleanUpRepository']);
    expect(inCluster('Get', '_snapshot/_status')).toEqual(['StartSnapshot']);
    expect(inCluster('Get', '_resolve/index/logs-*,cwl-*')).toEqual(['StartSnapshot']);
    expect(inCluster('Get', 'logdata-01012026,cwl-2026.01.01/_stats/docs,store')).toEqual(['StartSnapshot']);
  });

  it('that lists what is expired sees the repositories of restores, which must not lose what they read', () => {
    expect(inCluster('Get', '_snapshot')).toEqual(['ListExpiredSnapshots']);
    expect(inCluster('Get', '_snapshot/restore-2026-02-03t04-05-06-d4e5f6-1')).toEqual(['ListExpiredSnapshots']);
  });

  it('may ask whether another execution runs, and of what ended it, of its own state machine only', () => {
    const arn = (kind: string, name: string): string => `arn:aws:states:eu-west-1:111122223333:${kind}:${name}`;
    expect(allowed('states:ListExecutions', arn('stateMachine', 'permafrost-snapshot'))).toEqual(['PlanSnapshot']);
    expect(allowed('states:DescribeExecution', arn('execution', 'permafrost-snapshot:x'))).toEqual(['HaltForRedrive']);
    expect(allowed('states:ListExecutions', arn('stateMachine', 'permafrost-archive'))).toEqual([]);
    expect(allowed('states:DescribeExecution', arn('execution', 'permafrost-archive:x'))).toEqual([]);
  });

  it('that registers the repository may pass its role and no other', () => {
    const passing = allStatements().filter(([, { Action }]) => Action.includes('iam:PassRole'));
    expect(passing.map(([role, { Resource }]) => [role, Resource])).toEqual([
      ['RegisterRepository', ['arn:aws:iam::111122223333:role/permafrost-snapshots-eu-west-1']],
    ]);
  });

  it('that has something to tell may publish to the encrypted topic', () => {
    const topic = 'arn:aws:sns:eu-west-1:111122223333:permafrost-snapshot-notifications';
    const tellers = ['NotifySnapshot', 'NotifyUncaught', 'SnapshotStateMachine'];
    expect(allowed('sns:Publish', topic)).toEqual(tellers);
    const withKey = allStatements()
      .filter(([, { Action }]) => Action.some((action) => matches(action, 'kms:GenerateDataKey')))
      .map(([role]) => role);
    expect([...new Set(withKey)].sort()).toEqual(tellers);
  });

  it('that describes failures needs no right: no container runs here', () => {
    expect(allowed('ecs:DescribeTasks', 'arn:aws:ecs:eu-west-1:111122223333:task/permafrost/abc')).toEqual([]);
  });
});

it('the state machine may invoke every version of its functions, so that a redrive finds its own', () => {
  const version = (name: string): string => `arn:aws:lambda:eu-west-1:111122223333:function:${name}:3`;
  const action = 'lambda:InvokeFunction';
  expect(allowed(action, version('permafrost-snapshots-delete-snapshot'))).toEqual(['SnapshotStateMachine']);
  expect(allowed(action, version('permafrost-snapshots-halt-for-redrive'))).toEqual(['SnapshotStateMachine']);
  expect(allowed(action, version('permafrost-seal-archive'))).toEqual([]);
});

describe('the role of the domain', () => {
  it('has the name by which the restoring side passes it, and can be taken by the one domain only', () => {
    const [, role] = resourcesOf(stacks.template, 'AWS::IAM::Role').find(([id]) => id.startsWith('SnapshotsRole'))!;
    expect(role['RoleName']).toBe('permafrost-snapshots-eu-west-1');
    expect(role['AssumeRolePolicyDocument']).toMatchObject({
      Statement: [
        {
          Principal: { Service: 'es.amazonaws.com' },
          Condition: { StringEquals: { 'aws:SourceAccount': '111122223333' }, ArnEquals: { 'aws:SourceArn': domain } },
        },
      ],
    });
  });

  it('can only read where the settings say that the repository is of another deployment', async () => {
    const reader = await synthesizeSnapshots({ readonly: true, bucket: 'first-snapshots' });
    const there = 'arn:aws:s3:::first-snapshots/snapshots/index-0';
    expect(allowed('s3:GetObject', there, {}, reader)).toEqual([domainRole]);
    for (const action of ['s3:PutObject', 's3:DeleteObject', 's3:AbortMultipartUpload']) {
      expect(allowed(action, there, {}, reader), action).toEqual([]);
    }
    expect(inCluster('Put', repository, reader)).toEqual(['RegisterRepository']);
    for (const method of ['Put', 'Delete']) expect(inCluster(method, own, reader), method).toEqual([]);
    expect(inCluster('Post', `${repository}/_cleanup`, reader)).toEqual([]);
  }, 120_000);

  it('of a repository at the root of its bucket, reaches the whole bucket and no other', async () => {
    const atRoot = await synthesizeSnapshots({ bucket: 'mine', settings: { basePath: '' } });
    expect(allowed('s3:PutObject', 'arn:aws:s3:::mine/index-0', {}, atRoot)).toEqual([domainRole]);
    expect(allowed('s3:ListBucket', 'arn:aws:s3:::mine', { 's3:prefix': '' }, atRoot)).toContain('MeasureRepository');
    expect(allowed('s3:PutObject', 'arn:aws:s3:::mine-too/index-0', {}, atRoot)).toEqual([]);
  }, 120_000);
});
