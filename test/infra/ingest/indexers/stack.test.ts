import { execFileSync } from 'node:child_process';
import { globSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { environment as enablerEnvironment } from '../../../../functions/ingest/enable-indexers.ts';
import { environment } from '../../../../functions/ingest/index-s3-objects.ts';
import { ingestSchema } from '../../../../infra/ingest/config/schema.ts';
import { statements } from '../../../support/iam-matcher.ts';
import type { DeployedStacks } from '../../../support/intrinsics.ts';
import { example } from '../synthesized.ts';
import { account, region, resourceWith, resourcesOf, settings, synthesize } from './synthesized.ts';

const indexerNames = ['orders', 'web', 'flow-logs', 'access'];
const queueArn = (name: string): string => `arn:aws:sqs:${region}:${account}:permafrost-index-${name}`;

describe('the stack of indexers', () => {
  let stacks: DeployedStacks;
  beforeAll(() => void (stacks = synthesize()), 120_000);
  const functionOf = (name: string): Readonly<Record<string, unknown>> =>
    resourceWith(stacks, 'AWS::Lambda::Function', 'FunctionName', `permafrost-${name}`).properties;
  const queueOf = (name: string): Readonly<Record<string, unknown>> =>
    resourceWith(stacks, 'AWS::SQS::Queue', 'QueueName', `permafrost-index-${name}`).properties;

  test('gives the functions variables that they take', () => {
    const variables = (name: string): unknown => ({
      ...(functionOf(name)['Environment'] as { Variables: object }).Variables,
      // Known after the deployment only, and set by Lambda.
      QUEUE_URL: 'https://queue.example',
      AWS_REGION: region,
    });
    for (const name of indexerNames)
      expect(environment.safeParse(variables(`index-${name}`)).error, name).toBeUndefined();
    expect(environment.parse(variables('index-flow-logs'))).toMatchObject({
      INDEXER: 'flow-logs',
      FORMAT: 'vpc-flow-logs',
      INDEX_PATTERN: 'flow-YYYY.MM.DD',
      REJECTS_BUCKET: `permafrost-rejects-${account}-${region}`,
    });
    expect(enablerEnvironment.parse(variables('enable-indexers'))).toMatchObject({ MINIMUM_FREE_BYTES: 5 * 1024 ** 3 });
  });

  test.each(indexerNames)(
    'hides a message of %s for six times the time of the function, and keeps it for 14 days',
    (name) => {
      const timeout = functionOf(`index-${name}`)['Timeout'] as number;
      expect(queueOf(name)).toMatchObject({
        VisibilityTimeout: 6 * timeout,
        MessageRetentionPeriod: 14 * 86_400,
        SqsManagedSseEnabled: true,
      });
      const deadLetters = `${name}-dead-letters`;
      expect(queueOf(deadLetters)).toMatchObject({ MessageRetentionPeriod: 14 * 86_400 });
      expect(queueOf(name)['RedrivePolicy']).toEqual({
        deadLetterTargetArn: queueArn(deadLetters),
        maxReceiveCount: name === 'web' ? 5 : 10,
      });
    },
  );

  test('limits runs at the mapping, reserves nothing, and fails message by message', () => {
    const mappings = resourcesOf(stacks, 'AWS::Lambda::EventSourceMapping').map(({ properties }) => properties);
    expect(mappings).toHaveLength(indexerNames.length);
    for (const name of indexerNames) {
      const mapping = mappings.find(({ EventSourceArn }) => EventSourceArn === queueArn(name))!;
      expect(mapping).toMatchObject({
        FunctionName: `permafrost-index-${name}`,
        FunctionResponseTypes: ['ReportBatchItemFailures'],
        ScalingConfig: { MaximumConcurrency: name === 'web' ? 7 : 4 },
        BatchSize: 10,
      });
      // Else a deployment would start what has stopped itself.
      expect(mapping).not.toHaveProperty('Enabled');
    }
    for (const { properties } of resourcesOf(stacks, 'AWS::Lambda::Function'))
      expect(properties).not.toHaveProperty('ReservedConcurrentExecutions');
  });

  test('wakes somebody at the first dead letter, by the age of messages, by rejects, and where one stays stopped', () => {
    const alarm = (name: string): Readonly<Record<string, unknown>> => {
      const { properties } = resourceWith(stacks, 'AWS::CloudWatch::Alarm', 'AlarmName', `permafrost-${name}`);
      expect(properties['AlarmActions']).toEqual([
        `arn:aws:sns:${region}:${account}:permafrost-indexers-notifications`,
      ]);
      return properties;
    };
    for (const name of indexerNames) {
      expect(alarm(`index-${name}-dead-letter`)).toMatchObject({
        MetricName: 'ApproximateNumberOfMessagesVisible',
        ComparisonOperator: 'GreaterThanOrEqualToThreshold',
        Threshold: 1,
        EvaluationPeriods: 1,
        Dimensions: [{ Name: 'QueueName', Value: expect.stringContaining('DeadLetters') as unknown }],
      });
      expect(alarm(`index-${name}-late`)).toMatchObject({
        MetricName: 'ApproximateAgeOfOldestMessage',
        Threshold: 7200,
      });
      expect(alarm(`index-${name}-rejected`)).toMatchObject({
        Namespace: 'Permafrost',
        MetricName: 'RecordsRejected',
        Dimensions: [{ Name: 'service', Value: `permafrost-index-${name}` }],
      });
    }
    expect(alarm('enable-indexers-stopped')).toMatchObject({
      MetricName: 'IndexersStopped',
      TreatMissingData: 'breaching',
    });
  });

  test('looks every five minutes whether indexers can start again', () => {
    const [schedule] = resourcesOf(stacks, 'AWS::Scheduler::Schedule');
    expect(schedule!.properties).toMatchObject({
      ScheduleExpression: 'rate(5 minutes)',
      Target: { Arn: `arn:aws:lambda:${region}:${account}:function:permafrost-enable-indexers` },
    });
  });

  test('lets rejects expire, and no note of one that has stopped', () => {
    const { properties, resource } = resourceWith(
      stacks,
      'AWS::S3::Bucket',
      'BucketName',
      `permafrost-rejects-${account}-${region}`,
    );
    expect(resource['DeletionPolicy']).toBe('Retain');
    expect(properties).not.toHaveProperty('VersioningConfiguration');
    const { Rules } = properties['LifecycleConfiguration'] as { Rules: Record<string, unknown>[] };
    expect(Rules.filter((rule) => 'ExpirationInDays' in rule)).toEqual([
      expect.objectContaining({ Prefix: 'rejects/', ExpirationInDays: 90 }),
    ]);
    expect(JSON.stringify(properties['BucketEncryption'])).toContain('AES256');
  });

  test('makes a bucket that tells each queue of its part, once the queue lets it', () => {
    const { properties, resource } = resourceWith(stacks, 'AWS::S3::Bucket', 'BucketName', 'acme-logs');
    const { QueueConfigurations } = properties['NotificationConfiguration'] as { QueueConfigurations: unknown[] };
    const ofPart = (queue: string, prefix: string): unknown => ({
      Event: 's3:ObjectCreated:*',
      Queue: queueArn(queue),
      Filter: { S3Key: { Rules: [{ Name: 'prefix', Value: prefix }] } },
    });
    expect(QueueConfigurations).toEqual([ofPart('orders', 'orders/'), ofPart('web', 'web+%5B1%5D/')]);

    const policies = resourcesOf(stacks, 'AWS::SQS::QueuePolicy').filter(({ resource: policy }) =>
      JSON.stringify(policy).includes('"AllowBucket"'),
    );
    expect(policies).toHaveLength(2);
    for (const { id, properties: policy } of policies) {
      expect(resource['DependsOn']).toContain(id);
      expect(statements(policy['PolicyDocument'])).toContainEqual(
        expect.objectContaining({
          Principal: { Service: 's3.amazonaws.com' },
          Action: ['sqs:SendMessage'],
          Condition: {
            StringEquals: { 'aws:SourceAccount': account },
            ArnEquals: { 'aws:SourceArn': 'arn:aws:s3:::acme-logs' },
          },
        }),
      );
    }
  });

  test('hears of other buckets by EventBridge, or by a topic, below their prefix, and loses no notice', () => {
    const [rule] = resourcesOf(stacks, 'AWS::Events::Rule');
    expect(rule!.properties).toMatchObject({
      EventPattern: {
        source: ['aws.s3'],
        'detail-type': ['Object Created'],
        detail: { bucket: { name: ['acme-flow'] }, object: { key: [{ prefix: 'AWSLogs/' }] } },
      },
      Targets: [{ Arn: queueArn('flow-logs'), DeadLetterConfig: { Arn: queueArn('flow-logs-dead-letters') } }],
    });
    const [subscription] = resourcesOf(stacks, 'AWS::SNS::Subscription');
    expect(subscription!.properties).toMatchObject({
      TopicArn: `arn:aws:sns:${region}:777788889999:acme-access`,
      Endpoint: queueArn('access'),
      RawMessageDelivery: true,
      FilterPolicyScope: 'MessageBody',
      // As S3 writes the key into its notices.
      FilterPolicy: { Records: { s3: { object: { key: [{ prefix: 'app/%C3%A4+b/' }] } } } },
      RedrivePolicy: { deadLetterTargetArn: queueArn('access-dead-letters') },
    });
  });

  test('lets nobody send over plain HTTP', () => {
    const queues = resourcesOf(stacks, 'AWS::SQS::QueuePolicy');
    expect(queues).toHaveLength(2 * indexerNames.length);
    for (const { resource } of queues) {
      const { PolicyDocument } = resource['Properties'] as { PolicyDocument: unknown };
      expect(PolicyDocument).toMatchObject({
        Statement: expect.arrayContaining([
          expect.objectContaining({
            Effect: 'Deny',
            Action: 'sqs:*',
            Condition: { Bool: { 'aws:SecureTransport': 'false' } },
          }),
        ]) as unknown,
      });
    }
  });
});

describe('functions in a VPC', () => {
  const network = {
    vpcId: 'vpc-0123456789abcdef0',
    subnetIds: ['subnet-0123456789abcdef0', 'subnet-0123456789abcdef1'],
    availabilityZones: ['eu-west-1a', 'eu-west-1b'],
  };

  test('are in its subnets, reach out by HTTPS only, and have bundles that export a handler', () => {
    const started: string[] = [];
    const stacks = synthesize({ ...settings(), network }, undefined, (outdir) => {
      for (const file of globSync(join(outdir, 'asset.*', 'index.mjs'))) {
        const script = `const { handler } = await import(${JSON.stringify(file)}); process.stdout.write(typeof handler);`;
        started.push(execFileSync(process.execPath, ['--input-type=module', '-e', script]).toString());
      }
    });
    expect(started).toEqual(['function', 'function']);
    const functions = resourcesOf(stacks, 'AWS::Lambda::Function');
    expect(functions).toHaveLength(indexerNames.length + 1);
    for (const { properties } of functions)
      expect(properties['VpcConfig']).toMatchObject({ SubnetIds: network.subnetIds });
    const [group, ...others] = resourcesOf(stacks, 'AWS::EC2::SecurityGroup');
    expect(others).toEqual([]);
    expect(group!.properties['SecurityGroupEgress']).toEqual([
      expect.objectContaining({ FromPort: 443, ToPort: 443, IpProtocol: 'tcp' }),
    ]);
    expect(group!.properties).not.toHaveProperty('SecurityGroupIngress');
  }, 60_000);
});

describe('an indexer of a central bucket', () => {
  const { logs } = ingestSchema.parse({ logs: example().logs });
  const one = {
    name: 'trails',
    source: { central: 'cloudtrail', prefix: 'AWSLogs/' },
    format: 'cloudtrail',
    indexPattern: 'trail-YYYY.MM.DD',
  };
  const of = (changes: object = {}): object => ({ ...settings(), indexers: [{ ...one, ...changes }] });

  test('hears by the topic of the bucket, and decrypts by its key alone', () => {
    const stacks = synthesize(of(), logs);
    const bucket = `arn:aws:s3:::permafrost-cloudtrail-${account}-${region}`;
    const [subscription] = resourcesOf(stacks, 'AWS::SNS::Subscription');
    expect(subscription!.properties).toMatchObject({
      TopicArn: `arn:aws:sns:${region}:${account}:permafrost-cloudtrail-objects`,
      FilterPolicy: { Records: { s3: { object: { key: [{ prefix: 'AWSLogs/' }] } } } },
    });
    const policies = resourcesOf(stacks, 'AWS::IAM::Policy').flatMap(({ properties }) =>
      statements(properties['PolicyDocument']),
    );
    expect(policies.filter(({ Action }) => Action.includes('kms:Decrypt'))).toEqual([
      expect.objectContaining({
        Resource: [`arn:aws:kms:${region}:${account}:key/*`],
        Condition: {
          StringEquals: { 'kms:ViaService': `s3.${region}.amazonaws.com` },
          StringLike: { 'kms:EncryptionContext:aws:s3:arn': [bucket, `${bucket}/*`] },
          'ForAnyValue:StringEquals': { 'kms:ResourceAliases': ['alias/permafrost-logs'] },
        },
      }),
    ]);
    expect(policies.find(({ Action }) => Action.includes('s3:GetObjectVersion'))?.Resource).toEqual([
      `${bucket}/AWSLogs/*`,
    ]);
  }, 60_000);

  test.each([
    ['without the part logs', of(), undefined, 'these settings have no part logs'],
    [
      'that there is not',
      of({ source: { central: 'loadbalancers' } }),
      { ...logs!, loadBalancerAccounts: [] },
      'no such bucket',
    ],
    ['of another region', { ...of(), region: 'eu-central-1' }, logs, 'name bucket, topicArn and keyArn instead'],
    [
      'whose notices leave the prefix out',
      of(),
      { ...logs!, notifications: { cloudtrail: ['other/'] } },
      'no notification of it covers "AWSLogs/"',
    ],
  ])('%s is refused', (_, wanted, central, reason) => {
    expect(() => synthesize(wanted, central)).toThrow(reason);
  });
});
