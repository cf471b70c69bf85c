import { beforeAll, describe, expect, it } from 'vitest';
import { restoreContracts } from '../../../workflow/restore-contracts.ts';
import { policyAllows, roleIds, roleStatements, type Statement } from '../../support/iam-matcher.ts';
import type { DeployedStacks } from '../../support/intrinsics.ts';
import { resourcesOf, synthesizeExample, type Synthesized } from './synthesized.ts';

let example: Synthesized;
let stacks: DeployedStacks;
beforeAll(async () => {
  example = await synthesizeExample();
  stacks = example.restoring;
}, 120_000);

const archive = 'arn:aws:s3:::permafrost-archive-111122223333-eu-west-1';
const restore = 'arn:aws:s3:::permafrost-restore-111122223333-eu-west-1';
const domain = 'arn:aws:es:eu-west-1:111122223333:domain/logs';
const archiveId = 'logdata-2026-01-02t02-00-00-a1b2c3';
const restoreId = 'restore-2026-02-03t04-05-06-d4e5f6';
const volume = `${archive}/archives/${archiveId}/volume-00001.tar.pgp`;
const manifest = `${archive}/catalog/${archiveId}/manifest.json`;
const plaintext = `${restore}/restored/${restoreId}/${archiveId}/index-0`;
const plan = `${restore}/runs/${restoreId}/plan.json`;
const record = `${restore}/records/${restoreId}.json`;
const report = `${restore}/drills/drill-2026-03-01t04-00-00-0a1b2c/report.json`;

const plain = (role: string): string => role.replace(/Role[0-9A-F]{8}$/, '');
const roleOf = (name: string): string => {
  const found = roleIds(stacks).filter((role) => plain(role) === name);
  expect(found, `roles of ${name}`).toHaveLength(1);
  return found[0]!;
};
const may = (name: string, action: string, resource: string, context: Record<string, string> = {}): boolean =>
  policyAllows(stacks, roleOf(name), action, resource, { 'aws:SecureTransport': 'true', ...context });
/** Who may do this, functions without the `Restore` that their ids begin with. */
const allowed = (action: string, resource: string, context: Record<string, string> = {}): string[] =>
  roleIds(stacks)
    .map(plain)
    .filter((name) => may(name, action, resource, context))
    .map((name) => name.replace(/^Restore(?!StateMachine)/, ''))
    .sort();

const allStatements = (): [string, Statement][] =>
  roleIds(stacks).flatMap((role) =>
    roleStatements(stacks, role).map((statement): [string, Statement] => [plain(role), statement]),
  );
const granted = (action: RegExp): [string, Statement][] =>
  allStatements().filter(([, { Effect, Action }]) => Effect === 'Allow' && Action.some((one) => action.test(one)));

describe('no role of the restoring side', () => {
  it('has an action with a wildcard, or a managed policy', () => {
    expect(allStatements().length).toBeGreaterThan(90);
    expect(granted(/\*/)).toEqual([]);
  });

  it('may touch everything of S3, KMS, the domain, Step Functions or the secrets', () => {
    const wide = granted(/^(s3|kms|es|states|iam|sns|lambda|ecs|secretsmanager):/).filter(([, { Resource }]) =>
      Resource.includes('*'),
    );
    expect(wide).toEqual([]);
  });

  it('may do anything in the archive bucket but read sealed versions, list them, see locks, and ask for thaws', () => {
    const actions = allStatements()
      .filter(([, { Effect, Resource }]) => Effect === 'Allow' && Resource.some((one) => one.startsWith(archive)))
      .flatMap(([, { Action }]) => Action);
    expect([...new Set(actions)].sort()).toEqual([
      's3:GetObjectRetention',
      's3:GetObjectVersion',
      's3:ListBucket',
      's3:ListBucketVersions',
      's3:RestoreObject',
    ]);
    for (const action of ['s3:PutObject', 's3:DeleteObject', 's3:DeleteObjectVersion', 's3:PutObjectRetention']) {
      expect(allowed(action, volume, { 's3:if-none-match': '*' }), action).toEqual([]);
      expect(allowed(action, manifest, { 's3:if-none-match': '*' }), action).toEqual([]);
    }
  });

  it('may read, in the archive bucket, what is not below its two prefixes', () => {
    expect(allowed('s3:GetObjectVersion', `${archive}/other`)).toEqual([]);
    expect(allowed('s3:GetObjectVersion', `${archive}/archives-of-others/x`)).toEqual([]);
  });

  it('may use the key that signs archives, which is another than that of the evidence', () => {
    const keys = resourcesOf(example.restore, 'AWS::KMS::Key').filter(([, { KeyUsage }]) => KeyUsage === 'SIGN_VERIFY');
    expect(keys.map(([logicalId]) => logicalId)).toEqual([expect.stringMatching(/^EvidenceKey/)]);
    expect(JSON.stringify(example.restore)).not.toContain('SigningKey');
    expect(JSON.stringify(example.restore)).not.toContain('permafrost-signing');
    for (const [, { Resource }] of granted(/^kms:(Sign|GetPublicKey)$/)) {
      expect(Resource).toEqual([`arn:aws:kms:eu-west-1:111122223333:key/${keys[0]![0]}`]);
    }
    expect(
      granted(/^kms:Sign$/)
        .map(([role]) => role)
        .sort(),
    ).toEqual(['RestoreRecordFailedDrill', 'RestoreWriteEvidence']);
  });

  it('may write documents, or anything of the cluster but repositories', () => {
    for (const [action, path] of [
      ['es:ESHttpPut', 'logdata-01012026/_doc/1'],
      ['es:ESHttpPut', 'logdata-01012026'],
      ['es:ESHttpPost', '_bulk'],
      ['es:ESHttpPost', 'logdata-01012026/_delete_by_query'],
      ['es:ESHttpPost', '_aliases'],
      ['es:ESHttpPut', '_cluster/settings'],
    ] as const) {
      expect(allowed(action, `${domain}/${path}`), `${action} ${path}`).toEqual([]);
    }
  });

  it('may delete a document, an alias, a template, a system index, or a list of indices', () => {
    for (const path of [
      '_all',
      '.kibana',
      'logdata-01012026,logdata-02012026',
      'logdata-01012026/_doc/1',
      'logdata-01012026/_alias/logs',
      '_index_template/logs',
      '_data_stream/logs',
      '_plugins/_ism/policies/logs',
      '_scripts/x',
      '_search/scroll',
    ]) {
      expect(allowed('es:ESHttpDelete', `${domain}/${path}`), path).toEqual([]);
    }
  });
});

describe('only those that must', () => {
  it.each([
    ['s3:RestoreObject', volume, ['CheckThaw', 'ThawVolumes']],
    ['s3:GetObjectVersion', volume, ['CheckThaw', 'PlanRestore', 'ThawVolumes', 'UnpackTask']],
    [
      's3:GetObjectVersion',
      manifest,
      ['CheckDrilled', 'LocateArchive', 'MeasureDrillAge', 'PickArchive', 'PlanRestore'],
    ],
    ['s3:PutObject', plaintext, ['UnpackTask']],
    ['s3:DeleteObject', plaintext, ['CheckThaw', 'ThawVolumes', 'UnpackTask', 'WipeRestored']],
    ['s3:GetObject', plaintext, ['UnpackTask', 'UnpackedSnapshot']],
    ['s3:PutObject', plan, ['LocateArchive', 'PlanRestore', 'UnpackTask']],
    ['s3:DeleteObject', plan, ['CheckThaw', 'ThawVolumes', 'UnpackTask']],
    ['s3:PutObject', record, ['NotifyExpiring', 'RecordRestore', 'RemoveDrilled', 'RemoveExpired']],
    ['s3:DeleteObject', record, []],
    ['s3:PutObject', report, ['RecordFailedDrill', 'WriteEvidence']],
    ['s3:DeleteObject', report, []],
    ['es:ESHttpPut', `${domain}/_snapshot/${restoreId}-1`, ['RegisterReadonlyRepository']],
    ['es:ESHttpDelete', `${domain}/_snapshot/${restoreId}-1`, ['ReleaseRepository', 'UndoRestore']],
    ['es:ESHttpPost', `${domain}/_snapshot/${restoreId}-1/s/_restore`, ['ReplaceIndices', 'StartRestore']],
    ['es:ESHttpPost', `${domain}/logdata-01012026/_close`, ['ReplaceIndices']],
    [
      'es:ESHttpDelete',
      `${domain}/restored-logdata-01012026`,
      ['PrepareIndices', 'RemoveCopies', 'RemoveDrilled', 'RemoveExpired', 'ReplaceIndices', 'UndoRestore'],
    ],
    [
      'es:ESHttpPost',
      `${domain}/restored-logdata-01012026/_search`,
      ['CheckDrilled', 'ReplaceIndices', 'VerifyReplacement', 'VerifyRestore'],
    ],
    ['states:StartExecution', 'arn:aws:states:eu-west-1:111122223333:stateMachine:permafrost-restore', ['StartDrill']],
  ])('may %s on %s', (action, resource, expected) => {
    expect(allowed(action, resource).filter((name) => name !== 'RestoreStateMachine')).toEqual(expected);
  });

  it('may list what is not theirs to see: plaintext and runs are seen by those who work on them', () => {
    const listing = (prefix: string): string[] => allowed('s3:ListBucket', restore, { 's3:prefix': prefix });
    expect(listing('restored/')).toEqual([
      'CheckThaw',
      'CheckUnpacked',
      'ThawVolumes',
      'UnpackTask',
      'UnpackedSnapshot',
      'WipeRestored',
    ]);
    expect(listing('drills/')).toEqual(['MeasureDrillAge', 'PickArchive', 'RecordFailedDrill', 'WriteEvidence']);
  });

  it('every state of the restore has a role of its own', () => {
    for (const state of Object.keys(restoreContracts)) roleOf(`Restore${state}`);
  });
});

describe('the role for the domain', () => {
  it('reads what is unpacked, and can write nothing', () => {
    const actions = roleStatements(stacks, roleOf('UnpackedSnapshot')).flatMap(({ Action }) => Action);
    expect(actions.sort()).toEqual(['s3:GetObject', 's3:ListBucket']);
    expect(may('UnpackedSnapshot', 's3:GetObject', plan)).toBe(false);
  });

  it('can be taken by the one domain only, and passed on by the one function that registers', () => {
    const [, role] = resourcesOf(example.restore, 'AWS::IAM::Role').find(([id]) => id.startsWith('UnpackedSnapshot'))!;
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
    const passing = granted(/^iam:PassRole$/).map(([name, { Resource }]) => [name, Resource]);
    expect(passing).toContainEqual([
      'RestoreRegisterReadonlyRepository',
      [
        `arn:aws:iam::111122223333:role/${roleOf('UnpackedSnapshot')}`,
        // Of the schedule's repository, which a restore from a snapshot registers beside it.
        'arn:aws:iam::111122223333:role/permafrost-snapshots-eu-west-1',
      ],
    ]);
    expect(passing.map(([name]) => name).sort()).toEqual(['RestoreRegisterReadonlyRepository', 'RestoreStateMachine']);
  });
});

describe('a state machine', () => {
  const version = (name: string): string => `arn:aws:lambda:eu-west-1:111122223333:function:${name}:3`;

  it.each([
    ['RestoreStateMachine', 'permafrost-restore-locate-archive', 'permafrost-restore-pick-archive'],
    ['DrillStateMachine', 'permafrost-restore-pick-archive', 'permafrost-restore-locate-archive'],
    ['ExpireRestoresStateMachine', 'permafrost-restore-list-leases', 'permafrost-restore-start-restore'],
  ])('%s may invoke every version of its own functions, and no other', (name, own, other) => {
    expect(may(name, 'lambda:InvokeFunction', version(own))).toBe(true);
    expect(may(name, 'lambda:InvokeFunction', version('permafrost-restore-halt-for-redrive'))).toBe(true);
    expect(may(name, 'lambda:InvokeFunction', version(other))).toBe(false);
  });

  it('only that of the restore runs containers, its own in its own cluster', () => {
    const cluster = { 'ecs:cluster': 'arn:aws:ecs:eu-west-1:111122223333:cluster/permafrost-restore' };
    const revision = (family: string): string => `arn:aws:ecs:eu-west-1:111122223333:task-definition/${family}:7`;
    expect(allowed('ecs:RunTask', revision('permafrost-unpack'), cluster)).toEqual(['RestoreStateMachine']);
    expect(allowed('ecs:RunTask', revision('permafrost-consolidate'), cluster)).toEqual([]);
    expect(may('RestoreStateMachine', 'ecs:RunTask', revision('permafrost-unpack'))).toBe(false);
  });

  it('may publish to the encrypted topic of its own side', () => {
    for (const name of ['RestoreStateMachine', 'DrillStateMachine', 'ExpireRestoresStateMachine']) {
      expect(may(name, 'sns:Publish', 'arn:aws:sns:eu-west-1:111122223333:permafrost-restore-notifications')).toBe(
        true,
      );
      expect(granted(/^kms:GenerateDataKey$/).map(([role]) => role)).toContain(name);
    }
    expect(allowed('sns:Publish', 'arn:aws:sns:eu-west-1:111122223333:permafrost-notifications')).toEqual([]);
  });
});

it('nothing of the archiving side knows the private key, the restore bucket or the evidence key', () => {
  const archiving = JSON.stringify([example.storage, example.archive]);
  expect(archiving).not.toMatch(/GetSecretValue|private-key|permafrost-restore|EvidenceKey/);
  expect(JSON.stringify(example.restore)).toContain('GetSecretValue');
});
