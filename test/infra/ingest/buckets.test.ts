import { beforeAll, describe, expect, it } from 'vitest';
import { logBucketArn, logBucketName } from '../../../infra/ingest/buckets/names.ts';
import { kindsOf } from '../../../infra/ingest/config/buckets.ts';
import type { BucketKind } from '../../../infra/ingest/config/kinds.ts';
import type { RequestContext } from '../../support/iam-matcher.ts';
import { resourcesOf } from '../stacks/synthesized.ts';
import { administrator, allowsAny, deployedRole, mayDo, policyOf, root, service, type Caller } from './access.ts';
import { synthesizeLogs, type LogStacks } from './synthesized.ts';

/** Who may do what to the central buckets, decided by the synthesized policies. */

let stacks: LogStacks;
beforeAll(() => {
  stacks = synthesizeLogs();
}, 120_000);

const home = '444455556666';
const [first, second] = ['222233334444', '333344445555'];
const everything = (role: string): Caller => ({ role, own: () => true });
const breakGlass = everything(`arn:aws:iam::${home}:role/break-glass`);
const deployment = everything(`arn:aws:iam::${home}:role/cdk-hnb659fds-cfn-exec-role-${home}-eu-west-1`);
const monitoring = everything(`arn:aws:iam::${home}:role/monitoring`);
const security = everything('arn:aws:iam::777788889999:role/security-audit');
const exporter = everything(`arn:aws:iam::${first}:role/exporter`);
const firehose = (): Caller => deployedRole(stacks.sources[0]!, 'CloudWatchLogsRole');
const syslog = (): Caller => deployedRole(stacks.sources[0]!, 'SyslogTaskRole');

const outsiders: [string, Caller][] = [
  ['an administrator of the log account', administrator(home)],
  ['the root user of the log account', root(home)],
  ['an administrator of a source account', administrator(first)],
  ['a reader', monitoring],
  ['a reader of another account', security],
];
const kinds: BucketKind[] = ['cloudwatch', 'cloudtrail', 'config', 'syslog', 'drop', 'loadbalancers', 'access'];

function may(caller: Caller, action: string, kind: BucketKind, key?: string, context: RequestContext = {}): boolean {
  const arn = logBucketArn(stacks.settings, kind);
  const name = logBucketName(stacks.settings, kind);
  const policy = policyOf(stacks.account, 'AWS::S3::BucketPolicy', 'PolicyDocument', (text) =>
    text.includes(`"Bucket":"${name}"`),
  );
  return mayDo(policy, home, caller, action, key === undefined ? arn : `${arn}/${key}`, context);
}
const key = (): Parameters<typeof mayDo>[0] =>
  policyOf(stacks.account, 'AWS::KMS::Key', 'KeyPolicy', (text) => text.includes('central log buckets'));
const mayWithKey = (caller: Caller, action: string, context: RequestContext = {}): boolean =>
  // What a role's own policy says of the key is about its ARN.
  mayDo(key(), home, narrowedToKey(caller), action, '*', {
    'kms:ResourceAliases': 'alias/permafrost-logs',
    ...context,
  });
const narrowedToKey = (caller: Caller): Caller =>
  'service' in caller
    ? caller
    : { ...caller, own: (action, _, context) => caller.own(action, `arn:aws:kms:eu-west-1:${home}:key/1`, context) };

it('the example has every kind of bucket', () => {
  expect(kindsOf(stacks.settings)).toEqual(kinds);
});

describe.each(kinds)('the bucket %s', (kind) => {
  it.each(outsiders)('is not written, emptied, removed or changed by %s', (_, caller) => {
    for (const action of [
      's3:PutObject',
      's3:PutObjectAcl',
      's3:DeleteObject',
      's3:DeleteObjectVersion',
      's3:ReplicateObject',
      's3:ReplicateDelete',
    ]) {
      expect(may(caller, action, kind, 'a/key'), action).toBe(false);
    }
    for (const action of [
      's3:PutBucketPolicy',
      's3:DeleteBucketPolicy',
      's3:PutLifecycleConfiguration',
      's3:PutBucketVersioning',
      's3:PutEncryptionConfiguration',
      's3:PutReplicationConfiguration',
      's3:DeleteBucket',
    ]) {
      expect(may(caller, action, kind), action).toBe(false);
    }
  });

  it('is changed by the deployment, which cannot delete either', () => {
    expect(may(deployment, 's3:PutBucketPolicy', kind)).toBe(true);
    expect(may(deployment, 's3:PutLifecycleConfiguration', kind)).toBe(true);
    expect(may(deployment, 's3:DeleteObject', kind, 'a/key')).toBe(false);
    expect(may(deployment, 's3:DeleteObjectVersion', kind, 'a/key')).toBe(false);
    expect(may(deployment, 's3:DeleteBucket', kind)).toBe(false);
  });

  it('is emptied by the break-glass role alone', () => {
    expect(may(breakGlass, 's3:DeleteObjectVersion', kind, 'a/key')).toBe(true);
    expect(may(breakGlass, 's3:DeleteBucket', kind)).toBe(true);
    expect(may(everything(`arn:aws:iam::${first}:role/break-glass`), 's3:DeleteObject', kind, 'a/key')).toBe(false);
  });

  it('is read by readers', () => {
    for (const reader of [monitoring, security]) {
      expect(may(reader, 's3:GetObject', kind, 'a/key')).toBe(true);
      expect(may(reader, 's3:ListBucket', kind)).toBe(true);
    }
    expect(may(administrator('777788889999'), 's3:GetObject', kind, 'a/key')).toBe(false);
    expect(may(administrator(first), 's3:GetObject', kind, 'a/key')).toBe(false);
  });

  it('is reached by TLS only, break-glass included', () => {
    expect(may(breakGlass, 's3:GetObject', kind, 'a/key', { 'aws:SecureTransport': 'false' })).toBe(false);
    expect(may(breakGlass, 's3:GetObject', kind, 'a/key')).toBe(true);
  });

  it('lets nobody delete by a statement of its own', () => {
    const name = logBucketName(stacks.settings, kind);
    const policy = policyOf(stacks.account, 'AWS::S3::BucketPolicy', 'PolicyDocument', (text) =>
      text.includes(`"Bucket":"${name}"`),
    );
    expect(allowsAny(policy, /delete|\*/i)).toBe(false);
  });

  it('is versioned, private, logged, and outlives its stack', () => {
    const [template] = stacks.account.templates;
    const [, properties] = resourcesOf(template!, 'AWS::S3::Bucket').find(
      ([, each]) => each['BucketName'] === logBucketName(stacks.settings, kind),
    )!;
    const isUnderS3 = kind === 'loadbalancers' || kind === 'access';
    expect(properties).toMatchObject({
      VersioningConfiguration: { Status: 'Enabled' },
      OwnershipControls: { Rules: [{ ObjectOwnership: 'BucketOwnerEnforced' }] },
      PublicAccessBlockConfiguration: { BlockPublicPolicy: true, RestrictPublicBuckets: true },
      BucketEncryption: {
        ServerSideEncryptionConfiguration: [
          { ServerSideEncryptionByDefault: { SSEAlgorithm: isUnderS3 ? 'AES256' : 'aws:kms' } },
        ],
      },
      LifecycleConfiguration: {
        Rules: [
          { ExpirationInDays: 730, Transitions: [{ StorageClass: 'STANDARD_IA' }, { StorageClass: 'GLACIER_IR' }] },
          { ExpiredObjectDeleteMarker: true },
        ],
      },
      NotificationConfiguration: { TopicConfigurations: [{ Event: 's3:ObjectCreated:*' }] },
    });
    expect(properties['LoggingConfiguration'] !== undefined).toBe(kind !== 'access');
  });
});

describe('who writes', () => {
  it('Firehose of a source writes in the role that it assumes, with the five actions and no other', () => {
    expect(may(firehose(), 's3:PutObject', 'cloudwatch', `${first}/app/2026/01/02/03/x.gz`)).toBe(true);
    expect(may(firehose(), 's3:AbortMultipartUpload', 'cloudwatch', 'x')).toBe(true);
    for (const action of ['s3:GetBucketLocation', 's3:ListBucket', 's3:ListBucketMultipartUploads']) {
      expect(may(firehose(), action, 'cloudwatch'), action).toBe(true);
    }
    for (const action of ['s3:GetObject', 's3:DeleteObject', 's3:PutObjectAcl']) {
      expect(may(firehose(), action, 'cloudwatch', 'x'), action).toBe(false);
    }
    expect(may(firehose(), 's3:PutObject', 'syslog', 'x')).toBe(false);
    const other = deployedRole(stacks.sources[1]!, 'CloudWatchLogsRole');
    expect(other).toMatchObject({ role: `arn:aws:iam::${second}:role/permafrost-log-delivery-eu-central-1` });
    expect(may(other, 's3:PutObject', 'cloudwatch', 'x')).toBe(true);
  });

  it('the same name in another account, or another role of the same, does not', () => {
    const forged = everything('arn:aws:iam::999900001111:role/permafrost-log-delivery-eu-west-1');
    expect(may(forged, 's3:PutObject', 'cloudwatch', 'x')).toBe(false);
    expect(may(everything(`arn:aws:iam::${first}:role/other`), 's3:PutObject', 'cloudwatch', 'x')).toBe(false);
    expect(may(service('firehose.amazonaws.com'), 's3:PutObject', 'cloudwatch', 'x')).toBe(false);
  });

  it('CloudTrail writes for the trails of the sources', () => {
    const trail = { 'aws:SourceArn': `arn:aws:cloudtrail:eu-west-1:${first}:trail/permafrost-trail` };
    const acl = { 's3:x-amz-acl': 'bucket-owner-full-control' };
    const cloudTrail = service('cloudtrail.amazonaws.com');
    const object = `AWSLogs/${first}/CloudTrail/x.json.gz`;
    expect(may(cloudTrail, 's3:GetBucketAcl', 'cloudtrail', undefined, trail)).toBe(true);
    expect(may(cloudTrail, 's3:PutObject', 'cloudtrail', object, { ...trail, ...acl })).toBe(true);
    expect(may(cloudTrail, 's3:PutObject', 'cloudtrail', object, acl)).toBe(false);
    const foreign = { 'aws:SourceArn': 'arn:aws:cloudtrail:eu-west-1:999900001111:trail/permafrost-trail' };
    expect(may(cloudTrail, 's3:PutObject', 'cloudtrail', object, { ...foreign, ...acl })).toBe(false);
    expect(may(cloudTrail, 's3:DeleteObject', 'cloudtrail', object, trail)).toBe(false);
  });

  it('AWS Config writes for the accounts and regions of the sources', () => {
    const acl = { 's3:x-amz-acl': 'bucket-owner-full-control' };
    const from = (account: string) => ({ ...acl, 'aws:SourceArn': `arn:aws:config:eu-west-1:${account}:channel` });
    const object = `AWSLogs/${first}/Config/x.json.gz`;
    expect(may(service('config.amazonaws.com'), 's3:PutObject', 'config', object, from(first))).toBe(true);
    expect(may(service('config.amazonaws.com'), 's3:PutObject', 'config', object, from('999900001111'))).toBe(false);
    expect(may(service('config.amazonaws.com'), 's3:PutObject', 'config', object, acl)).toBe(false);
  });

  it('the receivers of syslog write below their own account and region, and the exporter into the drop bucket', () => {
    expect(may(syslog(), 's3:PutObject', 'syslog', `${first}/eu-west-1/receiver-1/x.log`)).toBe(true);
    expect(may(syslog(), 's3:PutObject', 'syslog', `${second}/eu-west-1/receiver-1/x.log`)).toBe(false);
    expect(may(syslog(), 's3:DeleteObject', 'syslog', `${first}/eu-west-1/receiver-1/x.log`)).toBe(false);
    expect(may(exporter, 's3:PutObject', 'drop', 'x')).toBe(true);
    expect(may(exporter, 's3:DeleteObject', 'drop', 'x')).toBe(false);
    expect(may(exporter, 's3:PutObject', 'cloudwatch', 'x')).toBe(false);
  });

  it('load balancers and S3 write their access logs', () => {
    // It is not documented to say for whom it comes; the key does.
    const elb = service('logdelivery.elasticloadbalancing.amazonaws.com');
    expect(may(elb, 's3:PutObject', 'loadbalancers', `AWSLogs/${first}/x`)).toBe(true);
    expect(may(elb, 's3:PutObject', 'loadbalancers', `team/AWSLogs/${first}/x`)).toBe(true);
    expect(may(elb, 's3:PutObject', 'loadbalancers', `AWSLogs/${second}/x`)).toBe(false);
    expect(may(elb, 's3:DeleteObject', 'loadbalancers', `AWSLogs/${first}/x`)).toBe(false);
    // Of network load balancers.
    const delivery = service('delivery.logs.amazonaws.com');
    const acl = { 's3:x-amz-acl': 'bucket-owner-full-control' };
    const from = (account: string) => ({
      ...acl,
      'aws:SourceAccount': account,
      'aws:SourceArn': `arn:aws:logs:eu-west-1:${account}:x`,
    });
    expect(may(delivery, 's3:PutObject', 'loadbalancers', `AWSLogs/${first}/x`, from(first))).toBe(true);
    expect(may(delivery, 's3:PutObject', 'loadbalancers', `AWSLogs/${first}/x`, from(second))).toBe(false);
    expect(may(delivery, 's3:PutObject', 'loadbalancers', `AWSLogs/${first}/x`, acl)).toBe(false);
    const own = { 'aws:SourceAccount': home, 'aws:SourceArn': logBucketArn(stacks.settings, 'drop') };
    expect(may(service('logging.s3.amazonaws.com'), 's3:PutObject', 'access', 'drop/x', own)).toBe(true);
    const foreign = { 'aws:SourceAccount': first, 'aws:SourceArn': 'arn:aws:s3:::other' };
    expect(may(service('logging.s3.amazonaws.com'), 's3:PutObject', 'access', 'drop/x', foreign)).toBe(false);
  });
});

describe('the key', () => {
  const through = (kind: BucketKind) => ({
    'kms:ViaService': 's3.eu-west-1.amazonaws.com',
    'kms:EncryptionContext:aws:s3:arn': logBucketArn(stacks.settings, kind),
  });

  it('serves a writer through S3 for its own bucket', () => {
    for (const action of ['kms:GenerateDataKey', 'kms:Decrypt']) {
      expect(mayWithKey(firehose(), action, through('cloudwatch')), action).toBe(true);
      expect(mayWithKey(syslog(), action, through('syslog')), action).toBe(true);
      expect(mayWithKey(firehose(), action, through('syslog')), action).toBe(false);
      expect(mayWithKey(firehose(), action), action).toBe(false);
    }
    expect(
      mayWithKey(firehose(), 'kms:GenerateDataKey', {
        ...through('cloudwatch'),
        'kms:ViaService': 'ec2.eu-west-1.amazonaws.com',
      }),
    ).toBe(false);
    expect(
      mayWithKey(firehose(), 'kms:GenerateDataKey', { ...through('cloudwatch'), 'kms:ResourceAliases': 'alias/other' }),
    ).toBe(false);
  });

  it('decrypts for a reader through S3, and encrypts nothing', () => {
    expect(mayWithKey(security, 'kms:Decrypt', through('cloudtrail'))).toBe(true);
    expect(mayWithKey(security, 'kms:Decrypt')).toBe(false);
    expect(mayWithKey(security, 'kms:GenerateDataKey', through('cloudtrail'))).toBe(false);
  });

  it('serves CloudTrail and AWS Config for the sources', () => {
    const trail = {
      'aws:SourceArn': `arn:aws:cloudtrail:eu-west-1:${first}:trail/permafrost-trail`,
      'kms:EncryptionContext:aws:cloudtrail:arn': `arn:aws:cloudtrail:eu-west-1:${first}:trail/permafrost-trail`,
    };
    expect(mayWithKey(service('cloudtrail.amazonaws.com'), 'kms:GenerateDataKey', trail)).toBe(true);
    expect(
      mayWithKey(service('cloudtrail.amazonaws.com'), 'kms:GenerateDataKey', {
        ...trail,
        'aws:SourceArn': 'arn:aws:cloudtrail:eu-west-1:999900001111:trail/x',
      }),
    ).toBe(false);
    const recorder = { ...through('config'), 'aws:SourceArn': `arn:aws:config:eu-west-1:${first}:x` };
    expect(mayWithKey(service('config.amazonaws.com'), 'kms:GenerateDataKey', recorder)).toBe(true);
  });

  it('cannot be scheduled for deletion, disabled, or given another policy, but by those named', () => {
    for (const [who, caller] of outsiders) {
      for (const action of ['kms:ScheduleKeyDeletion', 'kms:DisableKey', 'kms:PutKeyPolicy', 'kms:UpdateAlias']) {
        expect(mayWithKey(caller, action), `${who} ${action}`).toBe(false);
      }
    }
    expect(mayWithKey(deployment, 'kms:PutKeyPolicy')).toBe(true);
    expect(mayWithKey(deployment, 'kms:ScheduleKeyDeletion')).toBe(false);
    expect(mayWithKey(breakGlass, 'kms:ScheduleKeyDeletion')).toBe(true);
  });

  it('is rotated', () => {
    const [template] = stacks.account.templates;
    for (const [, properties] of resourcesOf(template!, 'AWS::KMS::Key'))
      expect(properties['EnableKeyRotation']).toBe(true);
  });
});
