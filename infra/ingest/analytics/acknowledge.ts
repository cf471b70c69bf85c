import { Stack, Validations } from 'aws-cdk-lib';
import type { Construct } from 'constructs';

/**
 * Says of a role why a wildcard in a resource of its rights is meant.
 * @param resource as in the statement: what is known only at deployment may be in it
 */
export function acknowledgeWildcard(role: Construct, resource: string, reason: string): void {
  Validations.of(role).acknowledge({
    id: `AwsSolutions-IAM5[Resource::${asFinding(Stack.of(role).resolve(resource))}]`,
    reason,
  });
}

/** As cdk-nag writes it in the id of a finding: `<Bucket.Arn>/*`, `arn:<AWS::Partition>:...`. */
function asFinding(resource: unknown): string {
  if (typeof resource === 'string') return resource;
  const [[name, argument] = ['', undefined]] = Object.entries(resource as object) as [string, unknown][];
  switch (name) {
    case 'Fn::Join': {
      const [separator, parts] = argument as [string, unknown[]];
      return parts.map(asFinding).join(separator);
    }
    case 'Fn::GetAtt':
      return `<${(argument as string[]).join('.')}>`;
    default:
      return `<${String(argument)}>`;
  }
}
