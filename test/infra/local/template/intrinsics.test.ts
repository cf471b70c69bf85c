import { describe, expect, test } from 'vitest';
import { holds, resolve, type Scope } from '../../../../infra/local/template/intrinsics.ts';
import { type Absent, type Deployed, stackScope } from '../../../../infra/local/template/scope.ts';

const stack = {
  name: 'Workflow',
  template: {
    Parameters: {
      Size: { Type: 'String', Default: 'large' },
      BootstrapVersion: { Type: 'AWS::SSM::Parameter::Value<String>', Default: '/cdk-bootstrap/version' },
    },
    Mappings: { Sizes: { 'us-east-1': { large: 8 } } },
    Conditions: {
      IsLarge: { 'Fn::Equals': [{ Ref: 'Size' }, 'large'] },
      IsSmall: { 'Fn::Not': [{ Condition: 'IsLarge' }] },
      Both: { 'Fn::And': [{ Condition: 'IsLarge' }, { Condition: 'IsSmall' }] },
      Either: { 'Fn::Or': [{ Condition: 'IsLarge' }, { Condition: 'IsSmall' }] },
    },
    Resources: {},
    Outputs: {},
  },
};
const bucket: Deployed = { ref: 'logs', attributes: { Arn: 'arn:aws:s3:::logs' } };
const deployed = new Map<string, Deployed | Absent>([
  ['Bucket', bucket],
  ['Vpc', { ref: 'vpc-1', absent: true }],
]);
const scope: Scope = stackScope(stack, deployed, new Map([['Storage:Key', 'key-1']]));
const place = { stack: 'Workflow', logicalId: 'Fn', path: 'Properties' };

describe('an intrinsic function resolves', () => {
  test.each<[string, unknown, unknown]>([
    ['Ref of a resource', { Ref: 'Bucket' }, 'logs'],
    ['Ref of a parameter', { Ref: 'Size' }, 'large'],
    ['Ref of the account', { Ref: 'AWS::AccountId' }, '000000000000'],
    ['Ref of the region', { Ref: 'AWS::Region' }, 'us-east-1'],
    ['GetAtt as a list', { 'Fn::GetAtt': ['Bucket', 'Arn'] }, 'arn:aws:s3:::logs'],
    ['GetAtt as text', { 'Fn::GetAtt': 'Bucket.Arn' }, 'arn:aws:s3:::logs'],
    ['GetAtt of a resource that is left out', { 'Fn::GetAtt': ['Vpc', 'CidrBlock'] }, 'vpc-1.CidrBlock'],
    ['Join', { 'Fn::Join': ['/', ['a', { Ref: 'Bucket' }, 3]] }, 'a/logs/3'],
    ['Join of a split', { 'Fn::Join': ['-', { 'Fn::Split': [':', 'a:b:c'] }] }, 'a-b-c'],
    ['Sub of references', { 'Fn::Sub': '${Bucket}/${Bucket.Arn}/${AWS::Region}' }, 'logs/arn:aws:s3:::logs/us-east-1'],
    ['Sub with its own variables', { 'Fn::Sub': ['${X}-${Bucket}', { X: { Ref: 'Size' } }] }, 'large-logs'],
    ['Sub leaving a literal', { 'Fn::Sub': '${!Bucket}' }, '${Bucket}'],
    ['Select', { 'Fn::Select': [1, ['a', 'b']] }, 'b'],
    [
      'Select of an index given as text',
      { 'Fn::Select': ['5', { 'Fn::Split': [':', { Ref: 'AWS::StackId' }] }] },
      'stack/Workflow/local',
    ],
    ['If of a true condition', { 'Fn::If': ['IsLarge', { Ref: 'Bucket' }, 'none'] }, 'logs'],
    ['If of a false condition', { 'Fn::If': ['IsSmall', { Ref: 'Bucket' }, 'none'] }, 'none'],
    ['ImportValue', { 'Fn::ImportValue': { 'Fn::Sub': 'Storage:Key' } }, 'key-1'],
    ['FindInMap', { 'Fn::FindInMap': ['Sizes', { Ref: 'AWS::Region' }, 'large'] }, 8],
    ['Base64', { 'Fn::Base64': 'ab' }, 'YWI='],
    ['what is nested', { a: [{ b: { Ref: 'Bucket' } }], c: 1, d: null }, { a: [{ b: 'logs' }], c: 1, d: null }],
    ['NoValue, by leaving out', { a: { Ref: 'AWS::NoValue' }, b: [{ Ref: 'AWS::NoValue' }, 1] }, { b: [1] }],
    ['an object whose only key is no function', { Reference: 'Bucket' }, { Reference: 'Bucket' }],
  ])('%s', (_, value, expected) => {
    expect(resolve(value, scope, place)).toEqual(expected);
  });
});

describe('an error names stack, logical id and path for', () => {
  test.each<[string, unknown, string]>([
    ['an unknown function', { A: { 'Fn::Cidr': [] } }, 'Workflow / Fn / Properties.A: unknown intrinsic Fn::Cidr'],
    ['a missing resource', { A: [{ Ref: 'Gone' }] }, 'Workflow / Fn / Properties.A.0: unresolved reference: Ref Gone'],
    ['a missing attribute', { 'Fn::GetAtt': ['Bucket', 'Size'] }, 'unresolved reference: Fn::GetAtt Bucket.Size'],
    ['a missing export', { 'Fn::ImportValue': 'Other' }, 'unresolved reference: Fn::ImportValue Other'],
    ['the value of an SSM parameter', { Ref: 'BootstrapVersion' }, 'unresolved reference: Ref BootstrapVersion'],
    ['a missing item', { 'Fn::Select': [2, ['a']] }, 'unresolved reference: Fn::Select of item 2'],
    ['a dynamic reference', { A: '{{resolve:ssm:/x}}' }, 'Workflow / Fn / Properties.A: dynamic reference'],
    ['a list in a Join', { 'Fn::Join': ['', [['a']]] }, 'a string was expected, not ["a"]'],
    ['an unknown condition', { 'Fn::If': ['Gone', 1, 2] }, 'unknown condition Gone'],
  ])('%s', (_, value, message) => {
    expect(() => resolve(value, scope, place)).toThrow(message);
  });
});

test.each([
  ['IsLarge', true],
  ['IsSmall', false],
  ['Both', false],
  ['Either', true],
])('the condition %s is %s', (name, expected) => {
  expect(holds(name, scope, place)).toBe(expected);
});
