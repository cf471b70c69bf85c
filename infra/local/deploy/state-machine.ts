import { z } from 'zod';
import { TemplateError } from '../template/errors.ts';
import { arn, derivedName, placeOf, resourceType, unused } from './resource-type.ts';

const properties = z.strictObject({
  StateMachineName: z.string().optional(),
  StateMachineType: z.literal('STANDARD', 'only standard workflows run locally').optional(),
  DefinitionString: z.string(),
  DefinitionSubstitutions: z.record(z.string(), z.string()).optional(),
  RoleArn: z.string(),
  LoggingConfiguration: unused, // the history is kept whole anyway
  TracingConfiguration: unused,
  EncryptionConfiguration: unused,
  Tags: unused,
});

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-stepfunctions-statemachine.html */
export const stateMachine = resourceType(properties, (wanted, resource, cloud) => {
  const name = wanted.StateMachineName ?? derivedName(resource, 80);
  const machineArn = arn('states', `stateMachine:${name}`);
  const substitutions = wanted.DefinitionSubstitutions ?? {};
  const text = wanted.DefinitionString.replaceAll(/\$\{(\w+)\}/g, (whole, key: string) => substitutions[key] ?? whole);
  let definition: unknown;
  try {
    definition = JSON.parse(text);
  } catch (error) {
    throw new TemplateError(placeOf(resource, 'Properties.DefinitionString'), `not JSON: ${(error as Error).message}`);
  }
  cloud.roles.usedBy(wanted.RoleArn, name);
  cloud.states.createStateMachine({ name, arn: machineArn, roleArn: wanted.RoleArn, definition });
  return { ref: machineArn, attributes: { Arn: machineArn, Name: name, StateMachineRevisionId: 'INITIAL' } };
});
