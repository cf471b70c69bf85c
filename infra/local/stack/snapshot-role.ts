import { derivedName } from '../deploy/resource-type.ts';
import type { StackTemplate } from '../template/assembly.ts';

const TYPE = 'AWS::IAM::Role';
const TRUSTED = /"(es|opensearchservice)\.amazonaws\.com"/;

/**
 * Name of the role that the OpenSearch service may assume, under which the local node then calls S3. It is needed before
 * anything is deployed, because the node is started with its key.
 */
export function snapshotRoleName(stacks: readonly StackTemplate[]): string {
  for (const { name: stack, template } of stacks) {
    for (const [logicalId, { Type, Properties = {} }] of Object.entries(template.Resources)) {
      if (Type !== TYPE || !TRUSTED.test(JSON.stringify(Properties.AssumeRolePolicyDocument))) continue;
      const given = Properties.RoleName;
      return typeof given === 'string' ? given : derivedName({ stack, logicalId, type: TYPE, properties: {} });
    }
  }
  return 'opensearch-snapshots';
}
