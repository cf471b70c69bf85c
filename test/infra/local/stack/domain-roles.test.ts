import { expect, test } from 'vitest';
import { domainRoles } from '../../../../infra/local/stack/snapshot-role.ts';
import type { StackTemplate } from '../../../../infra/local/template/assembly.ts';

const role = (service: string) => ({
  Type: 'AWS::IAM::Role',
  Properties: { AssumeRolePolicyDocument: { Statement: [{ Principal: { Service: service } }] } },
});
const policy = (of: string, bucket: string) => ({
  Type: 'AWS::IAM::Policy',
  Properties: {
    Roles: [{ Ref: of }],
    PolicyDocument: {
      Statement: [{ Resource: { 'Fn::Join': ['', ['arn:', { Ref: 'AWS::Partition' }, `:s3:::${bucket}/*`]] } }],
    },
  },
});
const stack = (name: string, Resources: StackTemplate['template']['Resources']): StackTemplate => ({
  name,
  template: { Parameters: {}, Mappings: {}, Conditions: {}, Resources, Outputs: {} },
});

test('the roles that the domain takes are found in all stacks, each with the buckets that it knows', () => {
  const found = domainRoles([
    stack('archive', {
      Snapshots: role('es.amazonaws.com'),
      OfSnapshots: policy('Snapshots', 'staging'),
      Function: role('lambda.amazonaws.com'),
      OfFunction: policy('Function', 'unpacked'),
    }),
    stack('restore', { Unpacked: role('es.amazonaws.com'), OfUnpacked: policy('Unpacked', 'unpacked') }),
  ]);
  expect(found.map(({ name }) => name)).toEqual(['archive-Snapshots', 'restore-Unpacked']);
  expect(found.map(({ knows }) => knows('staging'))).toEqual([true, false]);
  expect(found.map(({ knows }) => knows('unpacked'))).toEqual([false, true]);
});

test('without such a role there is none', () => {
  expect(domainRoles([stack('other', { Function: role('lambda.amazonaws.com') })])).toEqual([]);
});
