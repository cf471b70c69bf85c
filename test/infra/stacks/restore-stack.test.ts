import { App } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { beforeAll, describe, expect, it } from 'vitest';
import { SettingsInvalid } from '../../../infra/config/errors.ts';
import { readConfiguration } from '../../../infra/config/read.ts';
import { StorageStack } from '../../../infra/stacks/storage.ts';
import { applies, bucketStatements } from '../../support/iam-matcher.ts';
import { resolveIntrinsics, type SynthesizedTemplate } from '../../support/intrinsics.ts';
import { resourcesOf, synthesizeExample, type Synthesized } from './synthesized.ts';

const bucketName = 'permafrost-restore-111122223333-eu-west-1';

describe('the restore stack of the example', () => {
  let stacks: Synthesized;
  beforeAll(async () => {
    stacks = await synthesizeExample();
  }, 120_000);
  const resolved = (value: unknown): unknown => resolveIntrinsics(stacks.all, stacks.restore, value);

  it('keeps plaintext 48 hours at most, runs for 90 days, evidence for years, and records for ever', () => {
    const [[, bucket] = ['', {}]] = resourcesOf(stacks.restore, 'AWS::S3::Bucket');
    expect(bucket).toMatchObject({
      BucketName: bucketName,
      LifecycleConfiguration: {
        Rules: [
          { Prefix: 'restored/', ExpirationInDays: 1, Status: 'Enabled' },
          { Prefix: 'runs/', ExpirationInDays: 90, Status: 'Enabled' },
          { Prefix: 'drills/', ExpirationInDays: 3653, Status: 'Enabled' },
          { AbortIncompleteMultipartUpload: { DaysAfterInitiation: 1 }, Status: 'Enabled' },
        ],
      },
    });
  });

  it('has a bucket that is private, without versions, under keys of S3, and outlives it', () => {
    const bucket = Object.values(stacks.restore.Resources).find(({ Type }) => Type === 'AWS::S3::Bucket');
    expect(bucket).toMatchObject({
      DeletionPolicy: 'Retain',
      Properties: {
        BucketEncryption: {
          ServerSideEncryptionConfiguration: [{ ServerSideEncryptionByDefault: { SSEAlgorithm: 'AES256' } }],
        },
        PublicAccessBlockConfiguration: { BlockPublicAcls: true, RestrictPublicBuckets: true },
        OwnershipControls: { Rules: [{ ObjectOwnership: 'BucketOwnerEnforced' }] },
      },
    });
    expect(bucket!.Properties).not.toHaveProperty('VersioningConfiguration');
    const denied = bucketStatements(stacks.all, bucketName);
    const withoutTls = { 'aws:SecureTransport': 'false' };
    expect(denied.some((one) => applies(one, 'Deny', 's3:GetObject', `arn:aws:s3:::${bucketName}/x`, withoutTls))).toBe(
      true,
    );
  });

  it('starts a drill every month, and looks at the leases every day', () => {
    const schedules = resourcesOf(stacks.restore, 'AWS::Scheduler::Schedule').map(([, schedule]) => resolved(schedule));
    const arn = 'arn:aws:states:eu-west-1:111122223333:stateMachine:permafrost-';
    expect(schedules).toMatchObject([
      {
        Name: 'permafrost-drill',
        ScheduleExpression: 'cron(0 4 1 * ? *)',
        ScheduleExpressionTimezone: 'Europe/Dublin',
        State: 'ENABLED',
        Target: { Arn: `${arn}drill`, Input: '{"scheduledTime":"<aws.scheduler.scheduled-time>"}' },
      },
      {
        Name: 'permafrost-expire-restores',
        ScheduleExpression: 'cron(0 6 * * ? *)',
        State: 'ENABLED',
        Target: { Arn: `${arn}expire-restores` },
      },
    ]);
  });

  it('sends what no Catch sees, of any of its workflows, to a function that notifies', () => {
    const [[, rule] = ['', {}]] = resourcesOf(stacks.restore, 'AWS::Events::Rule');
    expect(resolved(rule)).toMatchObject({
      EventPattern: {
        detail: {
          status: ['FAILED', 'TIMED_OUT', 'ABORTED'],
          stateMachineArn: ['restore', 'drill', 'expire-restores'].map(
            (name) => `arn:aws:states:eu-west-1:111122223333:stateMachine:permafrost-${name}`,
          ),
        },
      },
      Targets: [{ Arn: 'arn:aws:lambda:eu-west-1:111122223333:function:permafrost-restore-notify-uncaught:1' }],
    });
  });

  it('alarms tell of a failed execution of each workflow, and of 40 days without a drill', () => {
    const alarms = resourcesOf(stacks.restore, 'AWS::CloudWatch::Alarm').map(([, alarm]) => alarm);
    expect(alarms.map(({ AlarmName }) => AlarmName)).toEqual([
      'permafrost-restore-execution-failed',
      'permafrost-drill-execution-failed',
      'permafrost-expire-restores-execution-failed',
      'permafrost-drill-too-long-ago',
    ]);
    expect(alarms.at(-1)).toMatchObject({
      Namespace: 'Permafrost',
      MetricName: 'DaysSinceDrill',
      Dimensions: [{ Name: 'service', Value: 'permafrost-restore' }],
      Statistic: 'Maximum',
      Period: 86_400,
      EvaluationPeriods: 2,
      Threshold: 40,
      ComparisonOperator: 'GreaterThanThreshold',
      TreatMissingData: 'breaching',
    });
    for (const { AlarmActions } of alarms) {
      expect(resolved(AlarmActions)).toEqual(['arn:aws:sns:eu-west-1:111122223333:permafrost-restore-notifications']);
    }
  });

  it('reports the days since the drill under the dimension that the alarm watches', () => {
    const [, measuring] = resourcesOf(stacks.restore, 'AWS::Lambda::Function').find(
      ([, { FunctionName }]) => FunctionName === 'permafrost-restore-measure-drill-age',
    )!;
    expect(measuring).toMatchObject({
      Environment: {
        Variables: { POWERTOOLS_SERVICE_NAME: 'permafrost-restore', POWERTOOLS_METRICS_NAMESPACE: 'Permafrost' },
      },
    });
  });

  it('runs beside the archiving side, in its network', () => {
    expect(resourcesOf(stacks.restore, 'AWS::EC2::SecurityGroup')).toEqual([]);
    expect(resourcesOf(stacks.restore, 'AWS::EC2::VPCEndpoint')).toEqual([]);
    for (const [, { VpcConfig }] of resourcesOf(stacks.restore, 'AWS::Lambda::Function')) {
      expect(VpcConfig).toMatchObject({ SubnetIds: stacks.settings.network!.subnetIds });
    }
  });

  it('tells its names under fixed outputs', () => {
    expect(Object.keys(stacks.restore.Outputs ?? {})).toEqual(
      expect.arrayContaining([
        'RestoreBucket',
        'RestoreStateMachine',
        'DrillStateMachine',
        'ExpireRestoresStateMachine',
        'RestoreNotificationsTopic',
        'EvidenceKeyArn',
        'PrivateKeySecretArn',
        'PassphraseSecretArn',
      ]),
    );
  });

  it('has no logical id that another stack has', () => {
    const ids = [stacks.storage, stacks.archive, stacks.restore].flatMap(({ Resources }) => Object.keys(Resources));
    expect(new Set(ids).size).toBe(ids.length);
  });
});

describe('in another account', () => {
  const account = '222233334444';
  let stacks: Synthesized;
  beforeAll(async () => {
    const domain = {
      endpoint: 'https://vpc-restored-example.eu-west-1.es.amazonaws.com',
      arn: `arn:aws:es:eu-west-1:${account}:domain/restored`,
    };
    stacks = await synthesizeExample({ restore: { account, domain } });
  }, 120_000);

  const grantsOf = (): {
    Sid?: string;
    Action: readonly string[];
    Resource: readonly string[];
    Condition?: unknown;
  }[] =>
    bucketStatements(stacks.all, 'permafrost-archive-111122223333-eu-west-1').filter(
      ({ Effect }) => Effect === 'Allow',
    );

  it('the archive bucket lets that account read versions, list, see locks and ask for thaws, and nothing else', () => {
    const archive = 'arn:aws:s3:::permafrost-archive-111122223333-eu-west-1';
    expect(grantsOf()).toMatchObject([
      { Action: ['s3:GetObjectVersion'], Resource: [`${archive}/archives/*`, `${archive}/catalog/*`] },
      { Action: ['s3:GetObjectRetention', 's3:RestoreObject'], Resource: [`${archive}/archives/*`] },
      {
        Action: ['s3:ListBucket', 's3:ListBucketVersions'],
        Resource: [archive],
        Condition: { StringLikeIfExists: { 's3:prefix': ['catalog/*', 'archives/*'] } },
      },
    ]);
    expect(JSON.stringify(grantsOf())).toContain(`:iam::${account}:root`);
  });

  it('its denials still bind everyone', () => {
    const denials = bucketStatements(stacks.all, 'permafrost-archive-111122223333-eu-west-1').filter(
      ({ Effect }) => Effect === 'Deny',
    );
    expect(denials.map(({ Sid }) => Sid)).toEqual(
      expect.arrayContaining(['DenyDelete', 'DenyOverwrite', 'DenyRetentionBeyondTerm', 'DenyBypassOfRetention']),
    );
  });

  it('the stack refers to nothing of the other side but by name, and has a network of its own', () => {
    expect(JSON.stringify(stacks.restore)).not.toContain('Fn::ImportValue');
    expect(JSON.stringify(stacks.restore)).not.toContain('Fn::GetStackOutput');
    expect(resourcesOf(stacks.restore, 'AWS::EC2::VPC')).toHaveLength(1);
    const [[, bucket] = ['', {}]] = resourcesOf(stacks.restore, 'AWS::S3::Bucket');
    expect(bucket['BucketName']).toBe(`permafrost-restore-${account}-eu-west-1`);
    const variables = resourcesOf(stacks.restore, 'AWS::Lambda::Function').map(([, { Environment }]) =>
      JSON.stringify(Environment),
    );
    const reading = variables.filter((text) => text.includes('ARCHIVE_BUCKET'));
    expect(reading.length).toBeGreaterThan(3);
    for (const text of reading) expect(text).toContain('permafrost-archive-111122223333-eu-west-1');
  });
});

it('beside the archiving side, the policy of the archive bucket allows nothing to anyone', async () => {
  const { settings } = await readConfiguration('infra/config/example.json');
  const { account, region } = settings;
  const storage = new StorageStack(new App(), 'storage', settings, { env: { account, region } });
  const templates = [Template.fromStack(storage).toJSON() as SynthesizedTemplate];
  const statements = bucketStatements({ templates, account, region }, 'permafrost-archive-111122223333-eu-west-1');
  expect(statements.map(({ Effect }) => Effect)).not.toContain('Allow');
});

it('without a trusted key there is no stack, and the way to the fingerprint is told', async () => {
  const refused = await synthesizeExample({ restore: { trustedSigningKeys: [] } }).catch((error: unknown) => error);
  expect(refused).toBeInstanceOf(SettingsInvalid);
  const { message } = refused as Error;
  expect(message).toContain('restore.trustedSigningKeys is empty');
  expect(message).toContain('"restore": {"enabled": false}');
  expect(message).toContain('aws kms get-public-key --region eu-west-1 --key-id alias/permafrost-signing');
});
