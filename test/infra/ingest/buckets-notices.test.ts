import { beforeAll, describe, expect, it } from 'vitest';
import { ingestSchema } from '../../../infra/ingest/config/schema.ts';
import { applies, type Statement } from '../../support/iam-matcher.ts';
import { resolveIntrinsics, type DeployedStacks } from '../../support/intrinsics.ts';
import { resourcesOf } from '../stacks/synthesized.ts';
import { administrator, deployedRole, mayDo, policyOf } from './access.ts';
import { example, synthesizeLogs, type Example, type LogStacks } from './synthesized.ts';

let stacks: LogStacks;
beforeAll(() => {
  stacks = synthesizeLogs();
}, 120_000);
const resources = (type: string): Record<string, unknown>[] =>
  resourcesOf(stacks.account.templates[0]!, type).map(
    ([, properties]) =>
      resolveIntrinsics(stacks.account, stacks.account.templates[0]!, properties) as Record<string, unknown>,
  );

describe('notices of new objects', () => {
  it('go from each bucket to a topic to which this bucket alone may publish', () => {
    for (const bucket of resources('AWS::S3::Bucket')) {
      const name = String(bucket['BucketName']);
      const { TopicConfigurations } = bucket['NotificationConfiguration'] as {
        TopicConfigurations: { Topic: string }[];
      };
      expect(TopicConfigurations, name).toHaveLength(1);
      const [{ Topic }] = TopicConfigurations as [{ Topic: string }];
      const policy = policyOf(stacks.account, 'AWS::SNS::TopicPolicy', 'PolicyDocument', (text) =>
        text.includes(`"${Topic}"`),
      );
      const mayPublish = (from: string): boolean =>
        policy.some((each: Statement) =>
          applies(each, 'Allow', 'sns:Publish', Topic, {
            'aws:SourceArn': `arn:aws:s3:::${from}`,
            'aws:SourceAccount': '444455556666',
          }),
        );
      expect(mayPublish(name), name).toBe(true);
      expect(mayPublish('another-bucket'), name).toBe(false);
    }
  });

  it('reach a queue for each part that a reader wants, raw, and filtered where it wants a part of a topic', () => {
    expect(resources('AWS::SQS::Queue').map(({ QueueName }) => QueueName)).toEqual([
      'permafrost-monitoring-cloudwatch-unread',
      'permafrost-monitoring-cloudwatch',
      'permafrost-monitoring-cloudtrail-6ff54f48-unread',
      'permafrost-monitoring-cloudtrail-6ff54f48',
    ]);
    const subscriptions = resources('AWS::SNS::Subscription');
    expect(subscriptions).toHaveLength(2);
    for (const each of subscriptions) expect(each).toMatchObject({ Protocol: 'sqs', RawMessageDelivery: true });
    expect(subscriptions.map(({ FilterPolicy }) => FilterPolicy)).toEqual([
      undefined,
      { Records: { s3: { object: { key: [{ prefix: 'AWSLogs/' }] } } } },
    ]);
  });

  it('raise an alarm when a reader does not get on with them', () => {
    const alarms = resources('AWS::CloudWatch::Alarm');
    expect(alarms.map(({ AlarmName }) => AlarmName)).toEqual([
      'permafrost-monitoring-cloudwatch-unread',
      'permafrost-monitoring-cloudtrail-6ff54f48-unread',
    ]);
    for (const alarm of alarms)
      expect(alarm).toMatchObject({
        MetricName: 'ApproximateNumberOfMessagesVisible',
        Threshold: 1,
        AlarmActions: ['arn:aws:sns:eu-west-1:444455556666:permafrost-log-account-notifications'],
      });
  });

  it('are kept 14 days, tried five times, and read by the reader alone', () => {
    const [queue] = resources('AWS::SQS::Queue').filter(
      ({ QueueName }) => QueueName === 'permafrost-monitoring-cloudwatch',
    );
    expect(queue).toMatchObject({
      MessageRetentionPeriod: 14 * 24 * 3600,
      VisibilityTimeout: 5400,
      RedrivePolicy: { maxReceiveCount: 5 },
    });
    const arn = 'arn:aws:sqs:eu-west-1:444455556666:permafrost-monitoring-cloudwatch';
    const policy = policyOf(stacks.account, 'AWS::SQS::QueuePolicy', 'PolicyDocument', (text) =>
      text.includes(`"${arn}"`),
    );
    expect(policy).toContainEqual(
      expect.objectContaining({
        Effect: 'Allow',
        Principal: { AWS: 'arn:aws:iam::444455556666:root' },
        Action: expect.arrayContaining(['sqs:ReceiveMessage', 'sqs:DeleteMessage']) as string[],
        Condition: {
          ArnEquals: { 'aws:PrincipalArn': ['arn:aws:iam::444455556666:role/monitoring'] },
        },
      }),
    );
    const other = { ...administrator('777788889999'), own: () => true };
    expect(mayDo(policy, '444455556666', other, 'sqs:ReceiveMessage', arn)).toBe(false);
  });
});

describe('the second copy', () => {
  it('is made of everything but the server access logs, without deletions, under the key there', () => {
    const replicated = resources('AWS::S3::Bucket').filter((bucket) => bucket['ReplicationConfiguration']);
    expect(replicated).toHaveLength(6);
    for (const bucket of replicated) {
      const { Rules } = bucket['ReplicationConfiguration'] as { Rules: Record<string, unknown>[] };
      expect(Rules).toMatchObject([{ Status: 'Enabled', DeleteMarkerReplication: { Status: 'Disabled' } }]);
      const there = String(bucket['BucketName']).replace('eu-west-1', 'eu-central-1');
      expect(Rules[0]!['Destination']).toMatchObject({ Bucket: `arn:aws:s3:::${there}` });
      const copies = resourcesOf(stacks.replica.templates[0]!, 'AWS::S3::Bucket').map(
        ([, { BucketName }]) => BucketName,
      );
      expect(copies).toContain(there);
    }
  });

  it('is made in a role that reads objects here, encrypted ones too, and adds them there', () => {
    const role = deployedRole(stacks.account, 'ReplicationRole');
    const mayWithKey = (stack: DeployedStacks, action: string, kind: string, region: string): boolean => {
      const policy = policyOf(stack, 'AWS::KMS::Key', 'KeyPolicy', (text) => text.includes('central log buckets'));
      const context = {
        'kms:ViaService': `s3.${region}.amazonaws.com`,
        'kms:EncryptionContext:aws:s3:arn': `arn:aws:s3:::permafrost-${kind}-444455556666-${region}/a/key`,
        'kms:ResourceAliases': 'alias/permafrost-logs',
        'aws:PrincipalArn': 'arn:aws:iam::444455556666:role/permafrost-log-replication-eu-west-1',
      };
      const key = `arn:aws:kms:${region}:444455556666:key/1`;
      // Not by the statement that leaves everything to the account.
      const isAllowedByKey = policy.some(
        (each: Statement) =>
          JSON.stringify(each).includes('permafrost-log-replication') && applies(each, 'Allow', action, '*', context),
      );
      return 'own' in role && role.own(action, key, context) && isAllowedByKey;
    };
    for (const kind of ['cloudwatch', 'cloudtrail', 'config', 'syslog', 'drop']) {
      expect(mayWithKey(stacks.account, 'kms:Decrypt', kind, 'eu-west-1'), kind).toBe(true);
      expect(mayWithKey(stacks.replica, 'kms:Encrypt', kind, 'eu-central-1'), kind).toBe(true);
      expect(mayWithKey(stacks.replica, 'kms:Decrypt', kind, 'eu-central-1'), kind).toBe(false);
      expect(mayWithKey(stacks.account, 'kms:Encrypt', kind, 'eu-west-1'), kind).toBe(false);
    }
  });

  it('is closed to administrators, and to everybody who would write or delete', () => {
    const bucket = 'permafrost-cloudtrail-444455556666-eu-central-1';
    const policy = policyOf(stacks.replica, 'AWS::S3::BucketPolicy', 'PolicyDocument', (text) =>
      text.includes(`"Bucket":"${bucket}"`),
    );
    const may = (role: string, action: string): boolean =>
      mayDo(
        policy,
        '444455556666',
        { role: `arn:aws:iam::444455556666:role/${role}`, own: () => true },
        action,
        `arn:aws:s3:::${bucket}/x`,
      );
    for (const action of ['s3:PutObject', 's3:ReplicateObject', 's3:ReplicateDelete', 's3:DeleteObject'])
      expect(may('Admin', action), action).toBe(false);
    expect(may('permafrost-log-replication-eu-west-1', 's3:ReplicateObject')).toBe(true);
    expect(may('permafrost-log-replication-eu-west-1', 's3:ReplicateDelete')).toBe(false);
    expect(may('permafrost-log-replication-eu-west-1', 's3:DeleteObject')).toBe(false);
    expect(may('break-glass', 's3:DeleteObject')).toBe(true);
  });
});

describe('settings are refused', () => {
  const faults = (change: (logs: Example['logs']) => void): string[] => {
    const { logs } = example();
    change(logs);
    const { error } = ingestSchema.safeParse({ logs });
    return (error?.issues ?? []).map(({ path, message }) => `${path.join('.')}: ${message}`);
  };

  it('never for the example', () => {
    expect(faults(() => undefined)).toEqual([]);
  });

  it('where notifications overlap', () => {
    expect(faults((logs) => (logs['notifications'] = { cloudwatch: ['', 'a/'] }))).toContain(
      'logs.notifications.cloudwatch: "" and "a/" overlap: S3 refuses such notifications',
    );
    expect(faults((logs) => (logs['notifications'] = { drop: ['a/b', 'c/', 'a/'] }))).toContain(
      'logs.notifications.drop: "a/b" and "a/" overlap: S3 refuses such notifications',
    );
    expect(faults((logs) => (logs['notifications'] = { drop: ['a/', 'b/'] }))).toEqual([]);
  });

  it('where a reader would be told twice, or never', () => {
    const reader = (queues: object[]): Record<string, unknown>[] => [
      { name: 'r', roles: ['arn:aws:iam::444455556666:role/r'], queues },
    ];
    expect(
      faults(
        (logs) =>
          (logs['readers'] = reader([
            { bucket: 'drop', prefix: 'a/' },
            { bucket: 'drop', prefix: 'a/b/' },
          ])),
      ),
    ).toContain('logs.readers.0.queues: "a/" and "a/b/" overlap: r would read objects of drop twice');
    expect(
      faults((logs) => {
        logs['notifications'] = { drop: ['b/'] };
        logs['readers'] = reader([{ bucket: 'drop', prefix: 'a/' }]);
      }),
    ).toContain('logs.readers.0.queues: no notification of drop covers "a/"');
  });

  it.each<[string, (logs: Example['logs']) => void, string]>([
    [
      'a role with a wildcard',
      (logs) => (logs['breakGlassRoles'] = ['arn:aws:iam::444455556666:role/*']),
      'logs.breakGlassRoles.0: must be the whole ARN',
    ],
    ['no break-glass role', (logs) => (logs['breakGlassRoles'] = []), 'logs.breakGlassRoles'],
    [
      'a second copy in the same region',
      (logs) => (logs['replication'] = { region: 'eu-west-1' }),
      'logs.replication.region: must be another region',
    ],
    [
      'tiers from cold to warm',
      (logs) =>
        (logs['lifecycle'] = {
          tiers: [
            { class: 'GLACIER', afterDays: 10 },
            { class: 'STANDARD_IA', afterDays: 40 },
          ],
        }),
      'logs.lifecycle.tiers.1.afterDays: STANDARD_IA cannot follow GLACIER',
    ],
    [
      'a tier after deletion',
      (logs) => (logs['lifecycle'] = { deleteAfterDays: 60 }),
      'logs.lifecycle.tiers.1.afterDays: must be below deleteAfterDays',
    ],
    [
      'two trails of one account',
      (logs) => logs.sources.push({ account: '222233334444', region: 'eu-west-2', cloudTrail: {} }),
      'logs.sources: has a trail of account 222233334444 twice',
    ],
    [
      'a source that sends nothing',
      (logs) => logs.sources.push({ account: '222233334444', region: 'eu-west-2' }),
      'logs.sources.2: sends nothing',
    ],
    [
      'senders of syslog that no listener has an address for',
      (logs) => ((logs.sources[0]!['syslog'] as { senders: string[] }).senders = ['2001:db8::/32']),
      'logs.sources.0.syslog.senders.0: must be a range of IPv4 addresses',
    ],
    [
      'a range of senders with bits of a host',
      (logs) => ((logs.sources[0]!['syslog'] as { senders: string[] }).senders = ['10.1.2.3/8']),
      'logs.sources.0.syslog.senders.0: has bits of a host: the range is 10.0.0.0/8',
    ],
    [
      'a source twice',
      (logs) => logs.sources.push({ ...logs.sources[1] }),
      'logs.sources: names 333344445555 in eu-central-1 twice',
    ],
  ])('for %s', (_, change, expected) => {
    expect(
      faults(change).some((fault) => fault.startsWith(expected)),
      faults(change).join('\n'),
    ).toBe(true);
  });
});
