import { expect, test } from 'vitest';
import { inOrder } from '../../../../infra/local/template/order.ts';

const stack = (
  Resources: Record<string, { Type: string; Properties?: Record<string, unknown>; DependsOn?: string }>,
) => ({
  name: 'S',
  template: { Parameters: {}, Mappings: {}, Conditions: {}, Outputs: {}, Resources },
});

test('a resource comes after those that it refers to, in whichever way', () => {
  const ordered = inOrder(
    stack({
      A: { Type: 'T', Properties: { X: { 'Fn::Sub': ['${B.Arn} ${V}', { V: { Ref: 'C' } }] } } },
      B: { Type: 'T', DependsOn: 'D' },
      C: { Type: 'T', Properties: { X: [{ 'Fn::GetAtt': ['D', 'Arn'] }] } },
      D: { Type: 'T', Properties: { X: { Ref: 'AWS::Region' } } },
    }),
  );
  expect(ordered).toEqual(['D', 'B', 'C', 'A']);
});

test('a circle of references is an error that shows the circle', () => {
  const circular = stack({
    A: { Type: 'T', Properties: { X: { Ref: 'B' } } },
    B: { Type: 'T', Properties: { X: { Ref: 'A' } } },
  });
  expect(() => inOrder(circular)).toThrow('S / A: circular reference: A -> B -> A');
});
