import { beforeAll, describe, expect, it } from 'vitest';
import { readConfiguration } from '../../../infra/config/read.ts';
import { repositorySettings } from '../../../functions/snapshot/repository-settings.ts';
import { applies, bucketStatements } from '../../support/iam-matcher.ts';
import { resourcesOf } from './synthesized.ts';
import { synthesizeSnapshots, type SynthesizedSnapshots } from './synthesized-snapshots.ts';

const bucketName = 'permafrost-snapshots-111122223333-eu-west-1';
const topicArn = 'arn:aws:sns:eu-west-1:111122223333:permafrost-snapshot-notifications';

const schedulesOf = ({ template, resolved }: SynthesizedSnapshots): Record<string, unknown>[] =>
  resourcesOf(template, 'AWS::Scheduler::Schedule')
    .map(([, schedule]) => resolved(schedule) as { Name: string; Target: { Input: string } })
    .map(({ Target, ...schedule }) => ({ ...schedule, input: JSON.parse(Target.Input) as unknown }));
const alarmsOf = ({ template }: SynthesizedSnapshots): Record<string, unknown>[] =>
  resourcesOf(template, 'AWS::CloudWatch::Alarm').map(([, alarm]) => alarm);
const variablesOf = ({ template, resolved }: SynthesizedSnapshots, name: string): Record<string, string> => {
  const [, { Environment }] = resourcesOf(template, 'AWS::Lambda::Function').find(
    ([, { FunctionName }]) => FunctionName === `permafrost-snapshots-${name}`,
  )!;
  return (resolved(Environment) as { Variables: Record<string, string> }).Variables;
};
const repositoryOf = (stacks: SynthesizedSnapshots): unknown =>
  repositorySettings.parse(JSON.parse(variablesOf(stacks, 'register-repository')['REPOSITORY_SETTINGS']!));
const scheduledTime = '<aws.scheduler.scheduled-time>';

describe('the stack of frequent snapshots of the example', () => {
  let stacks: SynthesizedSnapshots;
  beforeAll(async () => {
    stacks = await synthesizeSnapshots();
  }, 120_000);

  it('has a bucket that is private, without versions, under keys of S3, and outlives it', () => {
    const bucket = Object.values(stacks.template.Resources).find(({ Type }) => Type === 'AWS::S3::Bucket');
    expect(bucket).toMatchObject({
      DeletionPolicy: 'Retain',
      UpdateReplacePolicy: 'Retain',
      Properties: {
        BucketName: bucketName,
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
    expect(bucket!.Properties).not.toHaveProperty('VersioningConfiguration');
    const denied = (context: Record<string, string>): boolean =>
      bucketStatements(stacks, bucketName).some((one) =>
        applies(one, 'Deny', 's3:GetObject', `arn:aws:s3:::${bucketName}/snapshots/index-0`, context),
      );
    expect(denied({ 'aws:SecureTransport': 'false' })).toBe(true);
    expect(denied({ 'aws:SecureTransport': 'true' })).toBe(false);
  });

  it('lets no lifecycle expire or move what a snapshot may refer to', () => {
    const [[, bucket] = ['', {}]] = resourcesOf(stacks.template, 'AWS::S3::Bucket');
    expect(bucket['LifecycleConfiguration']).toEqual({
      Rules: [{ Id: 'AbortUploads', Status: 'Enabled', AbortIncompleteMultipartUpload: { DaysAfterInitiation: 7 } }],
    });
  });

  it('takes snapshots every 30 minutes and deletes the expired ones, and cleans up every week', () => {
    expect(schedulesOf(stacks)).toMatchObject([
      { Name: 'permafrost-snapshot', ScheduleExpression: 'rate(30 minutes)', State: 'ENABLED' },
      { Name: 'permafrost-snapshot-clean-up', ScheduleExpression: 'cron(15 3 ? * SUN *)', State: 'ENABLED' },
    ]);
    expect(schedulesOf(stacks).map(({ input }) => input)).toEqual([
      { scheduledTime },
      { scheduledTime, cleanUp: true },
    ]);
  });

  it('sends what no Catch sees to a function that notifies', () => {
    const [[, rule] = ['', {}]] = resourcesOf(stacks.template, 'AWS::Events::Rule');
    expect(stacks.resolved(rule)).toMatchObject({
      EventPattern: {
        detail: {
          status: ['FAILED', 'TIMED_OUT', 'ABORTED'],
          stateMachineArn: ['arn:aws:states:eu-west-1:111122223333:stateMachine:permafrost-snapshot'],
        },
      },
      Targets: [{ Arn: 'arn:aws:lambda:eu-west-1:111122223333:function:permafrost-snapshots-notify-uncaught:1' }],
    });
  });

  it('alarms tell of a failed execution, of two hours without a snapshot, and of more than 200 snapshots', () => {
    const alarms = alarmsOf(stacks);
    const ofFunctions = {
      Namespace: 'Permafrost',
      Dimensions: [{ Name: 'service', Value: 'permafrost-snapshots' }],
      Period: 3600,
    };
    expect(alarms).toMatchObject([
      { AlarmName: 'permafrost-snapshot-execution-failed' },
      {
        ...ofFunctions,
        AlarmName: 'permafrost-snapshot-no-snapshot',
        MetricName: 'SnapshotsTaken',
        Statistic: 'Sum',
        EvaluationPeriods: 2,
        DatapointsToAlarm: 2,
        Threshold: 1,
        ComparisonOperator: 'LessThanThreshold',
        TreatMissingData: 'breaching',
      },
      {
        ...ofFunctions,
        AlarmName: 'permafrost-snapshot-many-snapshots',
        MetricName: 'SnapshotsKept',
        Statistic: 'Maximum',
        Threshold: 200,
        ComparisonOperator: 'GreaterThanThreshold',
        TreatMissingData: 'ignore',
      },
    ]);
    for (const { AlarmActions } of alarms) expect(stacks.resolved(AlarmActions)).toEqual([topicArn]);
    for (const { OKActions } of alarms.slice(1)) expect(stacks.resolved(OKActions)).toEqual([topicArn]);
  });

  it('reports its figures under the dimension that the alarms watch', () => {
    for (const name of ['notify-snapshot', 'list-expired-snapshots']) {
      expect(variablesOf(stacks, name)).toMatchObject({
        POWERTOOLS_SERVICE_NAME: 'permafrost-snapshots',
        POWERTOOLS_METRICS_NAMESPACE: 'Permafrost',
      });
    }
  });

  it('registers the repository over its own bucket, with its own role', () => {
    expect(repositoryOf(stacks)).toEqual({
      bucket: bucketName,
      base_path: 'snapshots',
      region: 'eu-west-1',
      role_arn: 'arn:aws:iam::111122223333:role/permafrost-snapshots-eu-west-1',
      readonly: false,
      shard_path_type: 'FIXED',
      remote_store_index_shallow_copy: false,
    });
  });

  it('has outputs of fixed names', () => {
    const outputs = stacks.template.Outputs ?? {};
    expect(Object.keys(outputs)).toEqual(
      expect.arrayContaining([
        'SnapshotsBucket',
        'SnapshotStateMachine',
        'SnapshotNotificationsTopic',
        'SnapshotsRoleArn',
      ]),
    );
    expect(outputs['SnapshotsBucket']?.Value).toBe(bucketName);
  });
});

describe('with retention on a schedule of its own', () => {
  it('the frequent executions delete nothing, and the daily ones only delete', async () => {
    const { settings } = await readConfiguration('infra/config/example.json');
    const daily = { cron: 'cron(0 1 * * ? *)', timezone: 'Europe/Dublin' };
    const stacks = await synthesizeSnapshots({ retention: { ...settings.snapshots.retention, schedule: daily } });
    expect(schedulesOf(stacks)).toMatchObject([
      { Name: 'permafrost-snapshot', input: { scheduledTime, snapshotOnly: true } },
      {
        Name: 'permafrost-snapshot-retention',
        ScheduleExpression: 'cron(0 1 * * ? *)',
        ScheduleExpressionTimezone: 'Europe/Dublin',
        input: { scheduledTime, deleteOnly: true },
      },
      { Name: 'permafrost-snapshot-clean-up' },
    ]);
    expect(JSON.parse(variablesOf(stacks, 'list-expired-snapshots')['RETENTION']!)).not.toHaveProperty('schedule');
  }, 120_000);
});

describe('a second deployment that only reads the repository of a first', () => {
  let stacks: SynthesizedSnapshots;
  beforeAll(async () => {
    stacks = await synthesizeSnapshots({
      readonly: true,
      bucket: 'first-snapshots',
      bucketRegion: 'eu-central-1',
      settings: { basePath: 'clusters/first' },
    });
  }, 120_000);

  it('makes no bucket, and needs no other stack', () => {
    expect(resourcesOf(stacks.template, 'AWS::S3::Bucket')).toEqual([]);
    expect(JSON.stringify(stacks.template)).not.toContain('Fn::ImportValue');
    expect(JSON.stringify(stacks.template)).not.toContain('Fn::GetStackOutput');
  });

  it('registers it for reading, in its own region', () => {
    expect(repositoryOf(stacks)).toMatchObject({
      bucket: 'first-snapshots',
      base_path: 'clusters/first',
      region: 'eu-central-1',
      readonly: true,
    });
    expect(variablesOf(stacks, 'plan-snapshot')).toMatchObject({ REPOSITORY_READONLY: 'true' });
  });

  it('keeps it registered on the schedule, and neither deletes nor cleans up', () => {
    expect(schedulesOf(stacks)).toMatchObject([{ Name: 'permafrost-snapshot', input: { scheduledTime } }]);
    expect(alarmsOf(stacks)).toMatchObject([
      { AlarmName: 'permafrost-snapshot-execution-failed' },
      {
        AlarmName: 'permafrost-snapshot-no-registration',
        MetricName: 'ExecutionsSucceeded',
        TreatMissingData: 'breaching',
      },
    ]);
  });
});

it('in a network that has its endpoints, the functions have a security group of their own', async () => {
  const { template } = await synthesizeSnapshots({}, { inVpc: true });
  const groups = resourcesOf(template, 'AWS::EC2::SecurityGroup');
  expect(groups).toHaveLength(1);
  expect(groups[0]![1]).not.toHaveProperty('SecurityGroupIngress');
  expect(resourcesOf(template, 'AWS::EC2::VPCEndpoint')).toEqual([]);
  const functions = resourcesOf(template, 'AWS::Lambda::Function').map(([, properties]) => properties);
  expect(functions.length).toBeGreaterThan(10);
  for (const { VpcConfig } of functions) expect(VpcConfig).toHaveProperty('SubnetIds');
}, 120_000);
