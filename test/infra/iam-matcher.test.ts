import { describe, expect, it } from 'vitest';
import { policyAllows, PolicyElementUnknown } from '../support/iam-matcher.ts';
import { IntrinsicUnknown, resolveIntrinsics, type DeployedStacks } from '../support/intrinsics.ts';

const template = {
  Resources: {
    Reader: { Type: 'AWS::IAM::Role', Properties: {} },
    Bucket: { Type: 'AWS::S3::Bucket', Properties: { BucketName: { 'Fn::Sub': 'logs-${AWS::AccountId}' } } },
    Key: { Type: 'AWS::KMS::Key', Properties: {} },
    Rights: {
      Type: 'AWS::IAM::Policy',
      Properties: {
        Roles: [{ Ref: 'Reader' }],
        PolicyDocument: {
          Statement: [
            {
              Effect: 'Allow',
              Action: ['s3:Get*', 's3:PutObject'],
              Resource: { 'Fn::Join': ['', [{ 'Fn::GetAtt': ['Bucket', 'Arn'] }, '/in/*']] },
            },
            {
              Effect: 'Allow',
              Action: 's3:ListBucket',
              Resource: { 'Fn::GetAtt': ['Bucket', 'Arn'] },
              Condition: { StringLikeIfExists: { 's3:prefix': ['in/*'] } },
            },
            { Effect: 'Allow', Action: 'kms:Sign', Resource: { 'Fn::GetAtt': ['Key', 'Arn'] } },
            { Effect: 'Deny', Action: 's3:GetObject', Resource: '*', Condition: { Bool: { secret: 'true' } } },
          ],
        },
      },
    },
    Policy: {
      Type: 'AWS::S3::BucketPolicy',
      Properties: {
        Bucket: { Ref: 'Bucket' },
        PolicyDocument: {
          Statement: [
            {
              Effect: 'Deny',
              Principal: '*',
              Action: 's3:PutObject',
              Resource: '*',
              Condition: { Null: { 's3:if-none-match': 'true' } },
            },
          ],
        },
      },
    },
  },
};
const stacks: DeployedStacks = {
  templates: [template],
  account: '111122223333',
  region: 'eu-west-1',
  physicalId: (_template, logicalId) => (logicalId === 'Key' ? 'k-1' : undefined),
};
const may = (action: string, resource: string, context = {}): boolean =>
  policyAllows(stacks, 'Reader', action, resource, context);
const bucket = 'arn:aws:s3:::logs-111122223333';

describe('a request is allowed', () => {
  it('when action and resource fit, wildcards included', () => {
    expect(may('s3:GetObject', `${bucket}/in/a/b`)).toBe(true);
    expect(may('s3:getobject', `${bucket}/in/a`)).toBe(true);
    expect(may('s3:GetObject', `${bucket}/out/a`)).toBe(false);
    expect(may('s3:DeleteObject', `${bucket}/in/a`)).toBe(false);
    expect(may('s3:GetObject', `arn:aws:s3:::logsX111122223333/in/a`)).toBe(false);
  });

  it('unless a condition does not hold', () => {
    expect(may('s3:ListBucket', bucket, { 's3:prefix': 'in/a' })).toBe(true);
    expect(may('s3:ListBucket', bucket, { 's3:prefix': 'out/' })).toBe(false);
    expect(may('s3:ListBucket', bucket)).toBe(true);
  });

  it('unless the role or the bucket denies it', () => {
    expect(may('s3:GetObject', `${bucket}/in/a`, { secret: 'true' })).toBe(false);
    expect(may('s3:PutObject', `${bucket}/in/a`)).toBe(false);
    expect(may('s3:PutObject', `${bucket}/in/a`, { 's3:if-none-match': '*' })).toBe(true);
  });

  it('on what a deployment named, by its physical id', () => {
    expect(may('kms:Sign', 'arn:aws:kms:eu-west-1:111122223333:key/k-1')).toBe(true);
    expect(may('kms:Sign', 'arn:aws:kms:eu-west-1:111122223333:key/k-2')).toBe(false);
  });

  it('never to a role without policies', () => {
    expect(policyAllows(stacks, 'Nobody', 's3:GetObject', `${bucket}/in/a`)).toBe(false);
  });
});

it('what the matcher does not know is an error, not an answer', () => {
  const Statement = [{ Effect: 'Allow', NotAction: 's3:*', Resource: '*' }];
  const Policies = [{ PolicyDocument: { Statement } }];
  const odd: DeployedStacks = {
    ...stacks,
    templates: [{ Resources: { Odd: { Type: 'AWS::IAM::Role', Properties: { Policies } } } }],
  };
  expect(() => policyAllows(odd, 'Odd', 's3:GetObject', bucket)).toThrow(PolicyElementUnknown);
  expect(() => resolveIntrinsics(stacks, template, { 'Fn::FindInMap': [] })).toThrow(IntrinsicUnknown);
});
