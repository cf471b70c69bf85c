import { z } from 'zod';
import { arn, derivedName, resourceType, unused } from './resource-type.ts';

const target = z.strictObject({
  Id: z.string(),
  Arn: z.string().startsWith('arn:aws:lambda:', 'only functions are targets locally'),
  Input: z.string().optional(),
  RoleArn: unused,
  RetryPolicy: unused,
  DeadLetterConfig: unused,
});
const properties = z.strictObject({
  Name: z.string().optional(),
  State: z.enum(['ENABLED', 'DISABLED']).default('ENABLED'),
  EventPattern: z.record(z.string(), z.unknown()),
  Targets: z.array(target).default([]),
  Description: unused,
});

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-events-rule.html */
export const eventsRule = resourceType(properties, (wanted, resource, { rules }) => {
  const name = wanted.Name ?? derivedName(resource);
  if (wanted.State === 'ENABLED') {
    const targets = wanted.Targets.map(({ Arn, Input }) => ({ functionArn: Arn, input: Input }));
    rules.add({ name, pattern: wanted.EventPattern, targets });
  }
  return { ref: name, attributes: { Arn: arn('events', `rule/${name}`) } };
});
