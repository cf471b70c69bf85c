import { z } from 'zod';
import { derivedName, resourceType, unused } from './resource-type.ts';

const properties = z.strictObject({
  Name: z.string().optional(),
  Type: z.enum(['String', 'StringList']),
  Value: z.string(),
  Description: z.string().optional(),
  AllowedPattern: unused,
  Tags: unused,
  Tier: unused,
});

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-ssm-parameter.html */
export const ssmParameter = resourceType(
  properties,
  async ({ Name: given, Type, Value, Description }, resource, cloud) => {
    const Name = given ?? derivedName(resource);
    await cloud.ssm('PutParameter', { Name, Type, Value, Description, Overwrite: true });
    return { ref: Name, attributes: { Type, Value } };
  },
);
