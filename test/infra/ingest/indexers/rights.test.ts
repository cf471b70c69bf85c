import { beforeAll, describe, expect, test } from 'vitest';
import { policyAllows, roleIds, roleStatements, statements } from '../../../support/iam-matcher.ts';
import type { DeployedStacks } from '../../../support/intrinsics.ts';
import { account, domainArn, region, resourceWith, resourcesOf, settings, synthesize } from './synthesized.ts';

const rejects = `arn:aws:s3:::permafrost-rejects-${account}-${region}`;
const queue = (name: string): string => `arn:aws:sqs:${region}:${account}:permafrost-index-${name}`;
const mapping = `arn:aws:lambda:${region}:${account}:event-source-mapping:4f2c`;
const functionArn = (name: string): string => `arn:aws:lambda:${region}:${account}:function:permafrost-${name}`;

describe('the functions, where they sign their requests', () => {
  let stacks: DeployedStacks;
  beforeAll(() => void (stacks = synthesize()), 120_000);
  const may = (role: string, action: string, resource: string, context: Record<string, string> = {}): boolean =>
    policyAllows(stacks, role, action, resource, context);
  const roleOf = (indexer: string): string =>
    resourceWith(stacks, 'AWS::IAM::Role', 'RoleName', `permafrost-index-${indexer}-${region}`).id;

  test('read what is to be indexed, in every version, and nothing else', () => {
    for (const action of ['s3:GetObject', 's3:GetObjectVersion']) {
      expect(may(roleOf('orders'), action, 'arn:aws:s3:::acme-logs/orders/1.gz')).toBe(true);
      expect(may(roleOf('web'), action, 'arn:aws:s3:::acme-logs/web [1]/1.gz')).toBe(true);
      expect(may(roleOf('orders'), action, 'arn:aws:s3:::acme-logs/web [1]/1.gz')).toBe(false);
      expect(may(roleOf('orders'), action, 'arn:aws:s3:::acme-flow/AWSLogs/1.gz')).toBe(false);
      expect(may(roleOf('orders'), action, `${rejects}/rejects/orders/x`)).toBe(false);
    }
    for (const action of ['s3:PutObject', 's3:DeleteObject', 's3:DeleteObjectVersion', 's3:PutObjectTagging'])
      expect(may(roleOf('orders'), action, 'arn:aws:s3:::acme-logs/orders/1.gz')).toBe(false);
  });

  test('are told that an object is gone, and see no keys of others', () => {
    const role = roleOf('flow-logs');
    expect(may(role, 's3:ListBucket', 'arn:aws:s3:::acme-flow')).toBe(true);
    expect(may(role, 's3:ListBucket', 'arn:aws:s3:::acme-flow', { 's3:prefix': 'AWSLogs/1' })).toBe(true);
    expect(may(role, 's3:ListBucket', 'arn:aws:s3:::acme-flow', { 's3:prefix': 'other/' })).toBe(false);
  });

  test('decrypt by the key of the source alone, through S3 and for its bucket', () => {
    const key = `arn:aws:kms:${region}:777788889999:key/abc`;
    const asked = {
      'kms:ViaService': `s3.${region}.amazonaws.com`,
      'kms:EncryptionContext:aws:s3:arn': 'arn:aws:s3:::acme-access/app/1.gz',
    };
    expect(may(roleOf('access'), 'kms:Decrypt', key, asked)).toBe(true);
    expect(may(roleOf('access'), 'kms:Decrypt', key)).toBe(false);
    expect(
      may(roleOf('access'), 'kms:Decrypt', key, {
        ...asked,
        'kms:EncryptionContext:aws:s3:arn': 'arn:aws:s3:::acme-flow/1.gz',
      }),
    ).toBe(false);
    expect(may(roleOf('access'), 'kms:GenerateDataKey', key, asked)).toBe(false);
    expect(may(roleOf('orders'), 'kms:Decrypt', key, asked)).toBe(false);
  });

  test('add rejects and notes of their own, and take none away', () => {
    for (const folder of ['rejects', 'stopped']) {
      expect(may(roleOf('orders'), 's3:PutObject', `${rejects}/${folder}/orders/x.json`)).toBe(true);
      expect(may(roleOf('orders'), 's3:PutObject', `${rejects}/${folder}/web/x.json`)).toBe(false);
      expect(may(roleOf('orders'), 's3:DeleteObject', `${rejects}/${folder}/orders/x.json`)).toBe(false);
    }
  });

  test('work off their own queue and put the rest into it', () => {
    for (const action of ['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes', 'sqs:SendMessage']) {
      expect(may(roleOf('orders'), action, queue('orders'))).toBe(true);
      expect(may(roleOf('orders'), action, queue('web'))).toBe(false);
      expect(may(roleOf('orders'), action, queue('orders-dead-letters'))).toBe(false);
    }
  });

  test('stop their own mapping only', () => {
    const update = 'lambda:UpdateEventSourceMapping';
    const role = roleOf('orders');
    expect(may(role, 'lambda:ListEventSourceMappings', '*')).toBe(true);
    expect(may(role, update, mapping, { 'lambda:FunctionArn': functionArn('index-orders') })).toBe(true);
    expect(may(role, update, mapping, { 'lambda:FunctionArn': functionArn('index-web') })).toBe(false);
    expect(may(role, update, mapping)).toBe(false);
  });

  test('write to the cluster by _bulk alone', () => {
    const role = roleOf('orders');
    expect(may(role, 'es:ESHttpPost', `${domainArn}/_bulk`)).toBe(true);
    for (const path of ['_search', 'orders-2026.01.02/_update_by_query', '_reindex'])
      expect(may(role, 'es:ESHttpPost', `${domainArn}/${path}`)).toBe(false);
    for (const method of ['Get', 'Put', 'Delete', 'Patch'])
      expect(may(role, `es:ESHttp${method}`, `${domainArn}/_bulk`)).toBe(false);
  });

  test('are started again by a function that does no more than that', () => {
    const [role = ''] = roleIds(stacks, 'EnableIndexersEnabling');
    for (const { name } of settings().indexers) {
      const context = { 'lambda:FunctionArn': functionArn(`index-${name as string}`) };
      expect(may(role, 'lambda:UpdateEventSourceMapping', mapping, context)).toBe(true);
    }
    const other = { 'lambda:FunctionArn': functionArn('archive-start-snapshot') };
    expect(may(role, 'lambda:UpdateEventSourceMapping', mapping, other)).toBe(false);
    expect(may(role, 's3:ListBucket', rejects, { 's3:prefix': 'stopped/' })).toBe(true);
    expect(may(role, 's3:ListBucket', rejects, { 's3:prefix': 'rejects/' })).toBe(false);
    for (const action of ['s3:GetObject', 's3:DeleteObject']) {
      expect(may(role, action, `${rejects}/stopped/orders/x.json`)).toBe(true);
      expect(may(role, action, `${rejects}/rejects/orders/x.json`)).toBe(false);
    }
    expect(may(role, 'es:ESHttpGet', `${domainArn}/_cluster/settings`)).toBe(true);
    expect(may(role, 'es:ESHttpGet', `${domainArn}/_nodes/data:true/stats/fs`)).toBe(true);
    expect(may(role, 'es:ESHttpPost', `${domainArn}/_bulk`)).toBe(false);
  });

  test('are called by the schedule, which may call nothing else', () => {
    const [role = ''] = roleIds(stacks, 'EnableIndexersInvoker');
    expect(roleStatements(stacks, role).map(({ Action, Resource }) => [Action, Resource])).toEqual([
      [['lambda:InvokeFunction'], [functionArn('enable-indexers')]],
    ]);
  });

  test('have buckets that are reached by TLS only', () => {
    const policies = resourcesOf(stacks, 'AWS::S3::BucketPolicy').map(({ properties }) => properties);
    expect(policies.map(({ Bucket }) => Bucket).sort()).toEqual([
      'acme-logs',
      `permafrost-rejects-${account}-${region}`,
    ]);
    for (const { PolicyDocument } of policies) {
      expect(statements(PolicyDocument)).toContainEqual(
        expect.objectContaining({
          Effect: 'Deny',
          Action: ['s3:*'],
          Condition: { Bool: { 'aws:SecureTransport': 'false' } },
        }),
      );
    }
  });
});

describe('the functions, where they come as a user', () => {
  const user = { parameterName: '/permafrost/indexer', keyArn: `arn:aws:kms:${region}:${account}:key/user` };
  const parameter = `arn:aws:ssm:${region}:${account}:parameter/permafrost/indexer`;
  let stacks: DeployedStacks;
  beforeAll(() => void (stacks = synthesize({ ...settings(), user })), 120_000);

  test('read the parameter, decrypt it alone, and sign nothing', () => {
    const roles = [...roleIds(stacks, 'OrdersIndexing'), ...roleIds(stacks, 'EnableIndexersEnabling')];
    expect(roles).toHaveLength(2);
    const asked = {
      'kms:ViaService': `ssm.${region}.amazonaws.com`,
      'kms:EncryptionContext:PARAMETER_ARN': parameter,
    };
    for (const role of roles) {
      const may = (action: string, resource: string, context = {}): boolean =>
        policyAllows(stacks, role, action, resource, context);
      expect(may('ssm:GetParameter', parameter)).toBe(true);
      expect(may('ssm:GetParameter', `${parameter}-of-another`)).toBe(false);
      expect(may('kms:Decrypt', user.keyArn, asked)).toBe(true);
      const other = { ...asked, 'kms:EncryptionContext:PARAMETER_ARN': `${parameter}-of-another` };
      expect(may('kms:Decrypt', user.keyArn, other)).toBe(false);
      expect(may('kms:Decrypt', user.keyArn)).toBe(false);
      expect(may('es:ESHttpPost', `${domainArn}/_bulk`)).toBe(false);
      expect(may('es:ESHttpGet', `${domainArn}/_cluster/settings`)).toBe(false);
    }
  });

  test('are told its name', () => {
    for (const { properties } of resourcesOf(stacks, 'AWS::Lambda::Function'))
      expect(JSON.stringify(properties['Environment'])).toContain('"CLUSTER_USER_PARAMETER":"/permafrost/indexer"');
  });
});
