import { execFileSync } from 'node:child_process';
import { beforeAll, describe, expect, it } from 'vitest';
import { partitionQueries } from '../../../infra/ingest/sources/stream.ts';
import { debianProgram } from '../../../infra/local/servers/install/debian.ts';
import { roleIds, roleStatements } from '../../support/iam-matcher.ts';
import { resolveIntrinsics, type DeployedStacks } from '../../support/intrinsics.ts';
import { resourcesOf } from '../stacks/synthesized.ts';
import { synthesizeLogs, type LogStacks } from './synthesized.ts';

/** What a source sends, and how: by its synthesized template. */

let stacks: LogStacks;
let first: DeployedStacks;
let second: DeployedStacks;
beforeAll(() => {
  stacks = synthesizeLogs();
  [first, second] = stacks.sources as [DeployedStacks, DeployedStacks];
}, 120_000);

const account = '222233334444';
const only = (stack: DeployedStacks, type: string): Record<string, unknown> => {
  const found = resourcesOf(stack.templates[0]!, type);
  expect(
    found.map(([id]) => id),
    type,
  ).toHaveLength(1);
  return resolveIntrinsics(stack, stack.templates[0]!, found[0]![1]) as Record<string, unknown>;
};

it('no role of a source has a wildcard action, a managed policy of S3, or a right to delete', () => {
  for (const stack of stacks.sources) {
    const roles = roleIds(stack).filter((role) => !/^CustomResource/.test(role));
    expect(roles.length).toBeGreaterThan(1);
    for (const role of roles) {
      const actions = roleStatements(stack, role).flatMap(({ Action }) => Action);
      expect(
        actions.filter((action) => /\*|delete|bypass|s3:GetObject/i.test(action)),
        role,
      ).toEqual([]);
    }
  }
});

describe('Firehose', () => {
  const stream = (): Record<string, unknown> =>
    only(first, 'AWS::KinesisFirehose::DeliveryStream')['ExtendedS3DestinationConfiguration'] as Record<
      string,
      unknown
    >;
  const parameters = (): Record<string, Record<string, string>> =>
    Object.fromEntries(
      (
        stream()['ProcessingConfiguration'] as {
          Processors: { Type: string; Parameters: { ParameterName: string; ParameterValue: string }[] }[];
        }
      ).Processors.map(({ Type, Parameters }) => [
        Type,
        Object.fromEntries(Parameters.map(({ ParameterName, ParameterValue }) => [ParameterName, ParameterValue])),
      ]),
    );

  it('inflates, does not take messages apart, partitions, puts each message on a line, and compresses', () => {
    expect(Object.keys(parameters())).toEqual(['Decompression', 'MetadataExtraction', 'AppendDelimiterToRecord']);
    expect(parameters()).toMatchObject({
      Decompression: { CompressionFormat: 'GZIP' },
      MetadataExtraction: { JsonParsingEngine: 'JQ-1.6' },
      AppendDelimiterToRecord: { Delimiter: '\\n' },
    });
    expect(stream()).toMatchObject({
      BucketARN: 'arn:aws:s3:::permafrost-cloudwatch-444455556666-eu-west-1',
      CompressionFormat: 'GZIP',
      BufferingHints: { SizeInMBs: 64 },
      DynamicPartitioningConfiguration: { Enabled: true, RetryOptions: { DurationInSeconds: 7200 } },
      Prefix: '!{partitionKeyFromQuery:owner}/!{partitionKeyFromQuery:logGroup}/!{timestamp:yyyy/MM/dd/HH}/',
      ErrorOutputPrefix: expect.stringMatching(/^errors\/222233334444\/!\{firehose:error-output-type\}\//) as string,
    });
  });

  it('asks for partitions what jq answers, control messages included', async () => {
    const { root, env } = await debianProgram('jq', { packages: ['jq'], files: ['usr/bin/jq'] });
    const query = parameters()['MetadataExtraction']!['MetadataExtractionQuery']!;
    const ask = (message: object): unknown =>
      JSON.parse(
        execFileSync(`${root}/usr/bin/jq`, ['-c', query], {
          input: JSON.stringify(message),
          env: { ...process.env, ...env },
        }).toString(),
      );
    const group = (logGroup: string): object => ({
      messageType: 'DATA_MESSAGE',
      owner: account,
      logGroup,
      logEvents: [],
    });
    expect(ask(group('/aws/lambda/orders'))).toEqual({ owner: account, logGroup: 'aws/lambda/orders' });
    expect(ask(group('orders'))).toEqual({ owner: account, logGroup: 'orders' });
    expect(ask({ messageType: 'CONTROL_MESSAGE', owner: 'CloudwatchLogs', logGroup: '' })).toEqual({
      owner: 'CloudwatchLogs',
      logGroup: 'control',
    });
    expect(Object.keys(partitionQueries)).toEqual(['owner', 'logGroup']);
  }, 60_000);

  it('takes its role with the account as external id, and for that account only', () => {
    const [, role] = resourcesOf(first.templates[0]!, 'AWS::IAM::Role').find(
      ([, { RoleName }]) => RoleName === 'permafrost-log-delivery-eu-west-1',
    )!;
    expect(role['AssumeRolePolicyDocument']).toMatchObject({
      Statement: [
        {
          Effect: 'Allow',
          Principal: { Service: 'firehose.amazonaws.com' },
          Condition: { StringEquals: { 'sts:ExternalId': account, 'aws:SourceAccount': account } },
        },
      ],
    });
    expect((role['AssumeRolePolicyDocument'] as { Statement: unknown[] }).Statement).toHaveLength(1);
  });

  it('alarms when a record waits too long', () => {
    for (const stack of stacks.sources) {
      const alarms = resourcesOf(stack.templates[0]!, 'AWS::CloudWatch::Alarm').map(([, properties]) => properties);
      expect(alarms.filter(({ MetricName }) => MetricName === 'DeliveryToS3.DataFreshness')).toMatchObject([
        {
          Namespace: 'AWS/Firehose',
          Threshold: 1800,
          Dimensions: [{ Name: 'DeliveryStreamName', Value: 'permafrost-cloudwatch-logs' }],
          AlarmActions: [expect.anything()],
        },
      ]);
    }
  });
});

describe('CloudWatch Logs', () => {
  it('sends the whole account but what would feed on itself', () => {
    const policy = only(first, 'AWS::Logs::AccountPolicy');
    expect(policy).toMatchObject({ PolicyType: 'SUBSCRIPTION_FILTER_POLICY', Scope: 'ALL' });
    const [, list] = /^LogGroupName NOT IN (\[.*\])$/.exec(String(policy['SelectionCriteria']))!;
    // Of other parts that this file does not have, those whose names do not depend on settings.
    expect(JSON.parse(list!)).toEqual([
      '/aws/kinesisfirehose/permafrost-cloudwatch-logs',
      '/aws/lambda/permafrost-index-cloudwatch-logs',
      '/aws/lambda/permafrost-analytics-index-cloudwatch-logs',
      '/aws/lambda/acme-forward-logs',
    ]);
    const groups = resourcesOf(first.templates[0]!, 'AWS::Logs::LogGroup').map(([, { LogGroupName }]) => LogGroupName);
    expect(groups).toContain('/aws/kinesisfirehose/permafrost-cloudwatch-logs');
    expect(JSON.parse(String(policy['PolicyDocument']))).toMatchObject({
      DestinationArn: 'arn:aws:firehose:eu-west-1:222233334444:deliverystream/permafrost-cloudwatch-logs',
    });
  });

  it('alarms when it cannot put events into the stream, of which the stream knows nothing', () => {
    const queries = stacks.sources.map((stack) => {
      const [[, alarm] = [], ...others] = resourcesOf(stack.templates[0]!, 'AWS::CloudWatch::Alarm').filter(
        ([, { AlarmName }]) => AlarmName === 'permafrost-cloudwatch-logs-undelivered',
      );
      expect(others).toEqual([]);
      expect(alarm).toMatchObject({ Threshold: 1, AlarmActions: [expect.anything()], OKActions: [expect.anything()] });
      const [{ Expression, ReturnData = true }] = alarm!['Metrics'] as [{ Expression: string; ReturnData?: boolean }];
      expect(ReturnData).toBe(true);
      return Expression;
    });
    expect(queries).toEqual([
      'SELECT SUM(DeliveryErrors) FROM "AWS/Logs"',
      `SELECT SUM(DeliveryErrors) FROM "AWS/Logs" WHERE FilterName = 'permafrost-cloudwatch-logs'`,
    ]);
  });

  it('sends log groups one by one where they are named', () => {
    expect(resourcesOf(second.templates[0]!, 'AWS::Logs::AccountPolicy')).toEqual([]);
    const filters = resourcesOf(second.templates[0]!, 'AWS::Logs::SubscriptionFilter');
    expect(filters.map(([, { LogGroupName }]) => LogGroupName)).toEqual(['/app/orders', '/app/billing']);
  });
});

it('the trail covers all regions, is validated, and uses the key of the log account', () => {
  expect(only(first, 'AWS::CloudTrail::Trail')).toMatchObject({
    IsMultiRegionTrail: true,
    EnableLogFileValidation: true,
    IsLogging: true,
    S3BucketName: 'permafrost-cloudtrail-444455556666-eu-west-1',
    KMSKeyId: 'arn:aws:kms:eu-west-1:444455556666:alias/permafrost-logs',
  });
});

it('AWS Config records in its service-linked role and delivers to the log account', () => {
  expect(only(first, 'AWS::Config::ConfigurationRecorder')).toMatchObject({
    RoleARN: 'arn:aws:iam::222233334444:role/aws-service-role/config.amazonaws.com/AWSServiceRoleForConfig',
  });
  expect(only(first, 'AWS::IAM::ServiceLinkedRole')).toEqual({ AWSServiceName: 'config.amazonaws.com' });
  expect(only(first, 'AWS::Config::DeliveryChannel')).toMatchObject({
    S3BucketName: 'permafrost-config-444455556666-eu-west-1',
  });
  // Each wants the other: none may wait for it, and they must begin together.
  const [[role] = ['']] = resourcesOf(first.templates[0]!, 'AWS::IAM::ServiceLinkedRole');
  for (const type of ['AWS::Config::ConfigurationRecorder', 'AWS::Config::DeliveryChannel']) {
    const [[id] = ['']] = resourcesOf(first.templates[0]!, type);
    expect(first.templates[0]!.Resources[id], type).toMatchObject({ DependsOn: [role] });
  }
});

describe('syslog', () => {
  it('has a folder of its own for each receiver, and never two tasks on one', () => {
    const [template] = first.templates;
    const services = resourcesOf(template!, 'AWS::ECS::Service');
    expect(services).toHaveLength(2);
    for (const [, properties] of services) {
      expect(properties).toMatchObject({
        DesiredCount: 1,
        DeploymentConfiguration: { MaximumPercent: 100, MinimumHealthyPercent: 0 },
        AvailabilityZoneRebalancing: 'DISABLED',
      });
    }
    const volumes = resourcesOf(template!, 'AWS::ECS::TaskDefinition').map(
      ([, { Volumes }]) =>
        (
          Volumes as { Name: string; EFSVolumeConfiguration?: { AuthorizationConfig: { AccessPointId: unknown } } }[]
        ).find(({ Name }) => Name === 'spool')!.EFSVolumeConfiguration,
    );
    expect(new Set(volumes.map((volume) => JSON.stringify(volume!.AuthorizationConfig.AccessPointId))).size).toBe(2);
    for (const volume of volumes) {
      expect(volume).toMatchObject({ TransitEncryption: 'ENABLED', AuthorizationConfig: { IAM: 'ENABLED' } });
    }
    const prefixes = resourcesOf(template!, 'AWS::ECS::TaskDefinition').map(
      ([, { ContainerDefinitions }]) =>
        (ContainerDefinitions as { Environment: { Name: string; Value: unknown }[] }[])[0]!.Environment.find(
          ({ Name }) => Name === 'KEY_PREFIX',
        )!.Value,
    );
    expect(prefixes).toEqual(['222233334444/eu-west-1/receiver-1/', '222233334444/eu-west-1/receiver-2/']);
  });

  it('is reached at 514 and 6514 by the senders named, and by nobody else', () => {
    const listeners = resourcesOf(first.templates[0]!, 'AWS::ElasticLoadBalancingV2::Listener');
    expect(listeners.map(([, { Port, Protocol }]) => [Port, Protocol])).toEqual([
      [514, 'TCP'],
      [6514, 'TCP'],
    ]);
    for (const [, { ListenerAttributes }] of listeners) {
      expect(ListenerAttributes).toEqual([{ Key: 'tcp.idle_timeout.seconds', Value: '6000' }]);
    }
    const open = resourcesOf(first.templates[0]!, 'AWS::EC2::SecurityGroup').flatMap(
      ([, { SecurityGroupIngress = [] }]) => SecurityGroupIngress as { CidrIp?: string; FromPort: number }[],
    );
    expect(open.map(({ CidrIp, FromPort }) => [CidrIp, FromPort])).toEqual([
      ['10.0.0.0/8', 514],
      ['10.0.0.0/8', 6514],
    ]);
    expect(only(first, 'AWS::ElasticLoadBalancingV2::LoadBalancer')).toMatchObject({ Scheme: 'internal' });
  });

  it('alarms when a receiver takes no connections, which it may not be able to say itself', () => {
    const [[, alarm] = []] = resourcesOf(first.templates[0]!, 'AWS::CloudWatch::Alarm').filter(
      ([, { AlarmName }]) => AlarmName === 'permafrost-syslog-missing',
    );
    expect(alarm).toMatchObject({
      ...{ Namespace: 'AWS/NetworkELB', MetricName: 'HealthyHostCount', Threshold: 2 },
      ...{ ComparisonOperator: 'LessThanThreshold', TreatMissingData: 'breaching', AlarmActions: [expect.anything()] },
    });
    for (const [, group] of resourcesOf(first.templates[0]!, 'AWS::ElasticLoadBalancingV2::TargetGroup')) {
      expect(group).toMatchObject({ HealthCheckProtocol: 'TCP', HealthCheckPort: '10514' });
    }
  });

  it('keeps its spool encrypted, and beyond the stack', () => {
    const [fileSystem] = Object.values(first.templates[0]!.Resources).filter(
      ({ Type }) => Type === 'AWS::EFS::FileSystem',
    );
    expect(fileSystem).toMatchObject({ DeletionPolicy: 'Retain', Properties: { Encrypted: true } });
  });
});
