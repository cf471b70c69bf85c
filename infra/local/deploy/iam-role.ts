import { z } from 'zod';
import { account } from '../template/scope.ts';
import { derivedName, resourceType, unused } from './resource-type.ts';

const properties = z.strictObject({
  RoleName: z.string().optional(),
  Path: z.string().default('/'),
  // No policy is enforced locally: a test compares the recorded calls with the policies of the template.
  AssumeRolePolicyDocument: unused,
  ManagedPolicyArns: unused,
  Policies: unused,
  PermissionsBoundary: unused,
  MaxSessionDuration: unused,
  Description: unused,
  Tags: unused,
});

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-iam-role.html */
export const iamRole = resourceType(properties, (wanted, resource, { roles }) => {
  const name = wanted.RoleName ?? derivedName(resource);
  const roleArn = `arn:aws:iam::${account}:role${wanted.Path}${name}`;
  roles.add(name, roleArn);
  return { ref: name, attributes: { Arn: roleArn, RoleId: name } };
});
