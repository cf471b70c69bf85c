import { derivedName } from '../deploy/resource-type.ts';
import type { StackTemplate } from '../template/assembly.ts';

const TYPE = 'AWS::IAM::Role';
const TRUSTED = /"(es|opensearchservice)\.amazonaws\.com"/;

/** A role that the OpenSearch service may assume. */
export interface DomainRole {
  /** Physical. */
  readonly name: string;
  /** Whether a policy of it speaks of the bucket. */
  readonly knows: (bucket: string) => boolean;
}

/**
 * The roles under which a domain calls S3: each repository names the one for its bucket. The local node has one key only, that of
 * the first role, and it is needed before anything is deployed, because the node is started with it.
 */
export function domainRoles(stacks: readonly StackTemplate[]): DomainRole[] {
  return stacks.flatMap(({ name: stack, template }) =>
    Object.entries(template.Resources).flatMap(([logicalId, { Type, Properties = {} }]): DomainRole[] => {
      if (Type !== TYPE || !TRUSTED.test(JSON.stringify(Properties.AssumeRolePolicyDocument))) return [];
      const given = Properties.RoleName;
      const name = typeof given === 'string' ? given : derivedName({ stack, logicalId, type: TYPE, properties: {} });
      const policies = Object.values(template.Resources)
        .filter((other) => other.Type === 'AWS::IAM::Policy')
        .filter((policy) => JSON.stringify(policy.Properties?.Roles).includes(`{"Ref":"${logicalId}"}`))
        .map((policy) => JSON.stringify(policy.Properties?.PolicyDocument));
      return [{ name, knows: (bucket) => policies.some((policy) => policy.includes(`:s3:::${bucket}`)) }];
    }),
  );
}
