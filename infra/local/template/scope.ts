import type { StackTemplate } from './assembly.ts';
import type { Scope } from './intrinsics.ts';

export const account = '000000000000';
export const region = 'us-east-1';

/** A resource as others see it: what `Ref` and `Fn::GetAtt` return. */
export interface Deployed {
  ref: string;
  attributes: Record<string, string>;
}

/** A resource that exists only in name: any attribute resolves, to a placeholder. Nothing that runs locally reads those. */
export interface Absent {
  ref: string;
  absent: true;
}

/** What the intrinsics of one stack look up: its deployed resources so far, and the exports of the stacks before it. */
export function stackScope(
  { name, template }: StackTemplate,
  deployed: ReadonlyMap<string, Deployed | Absent>,
  exports: ReadonlyMap<string, unknown>,
): Scope {
  const pseudo: Record<string, unknown> = {
    'AWS::AccountId': account,
    'AWS::Region': region,
    'AWS::Partition': 'aws',
    'AWS::URLSuffix': 'amazonaws.com',
    'AWS::StackName': name,
    'AWS::StackId': `arn:aws:cloudformation:${region}:${account}:stack/${name}/local`,
    'AWS::NotificationARNs': [],
  };
  const parameter = (id: string): unknown => {
    const declared = template.Parameters[id];
    // The default of an SSM parameter type is the name of the parameter, not its value.
    return declared?.Type.startsWith('AWS::SSM::') ? undefined : declared?.Default;
  };
  return {
    region,
    ref: (id) => pseudo[id] ?? parameter(id) ?? deployed.get(id)?.ref,
    attribute: (id, attribute) => {
      const resource = deployed.get(id);
      if (!resource) return undefined;
      if (!('absent' in resource)) return resource.attributes[attribute];
      return attribute === 'Arn'
        ? `arn:aws:local:${region}:${account}:${resource.ref}`
        : `${resource.ref}.${attribute}`;
    },
    exported: (exportName) => exports.get(exportName),
    mapping: (map, top, second) => template.Mappings[map]?.[top]?.[second],
    condition: (conditionName) => template.Conditions[conditionName],
  };
}
