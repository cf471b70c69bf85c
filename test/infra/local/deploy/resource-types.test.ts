import { describe, expect, test } from 'vitest';
import { checkTypes } from '../../../../infra/local/deploy/deploy.ts';
import type { LocalCloud } from '../../../../infra/local/deploy/local-cloud.ts';
import { resourceTypes } from '../../../../infra/local/deploy/resource-types.ts';
import { notSimulated } from '../../../../infra/local/not-simulated.ts';

const stack = (Type: string) => ({
  name: 'Workflow',
  template: { Parameters: {}, Mappings: {}, Conditions: {}, Outputs: {}, Resources: { Thing: { Type } } },
});

test('a type that is neither simulated nor left out by name stops the start with type, stack and logical id', () => {
  expect(() => checkTypes([stack('AWS::Glue::Job')])).toThrow(
    'Workflow / Thing: the local stack does not know AWS::Glue::Job',
  );
});

test('no type is both simulated and left out, and each that is left out has its reason', () => {
  expect(Object.keys(resourceTypes).filter((type) => type in notSimulated)).toEqual([]);
  expect(Object.values(notSimulated).every((reason) => reason.length > 10)).toBe(true);
});

describe('a property that would silently be dropped stops the deployment with its path:', () => {
  const cloud = {} as LocalCloud; // refused before anything is deployed
  test.each([
    ['AWS::S3::Bucket', { ReplicationConfiguration: {} }, 'ReplicationConfiguration'],
    ['AWS::S3::Bucket', { LifecycleConfiguration: { Rules: [{ Status: 'Enabled', Oops: 1 }] } }, 'Rules.0'],
    [
      'AWS::Lambda::Function',
      { Code: { ZipFile: '' }, Handler: 'a.b', Runtime: 'nodejs24.x', Role: 'r' },
      'Properties.Code',
    ],
    [
      'AWS::Lambda::Function',
      { Code: { S3Bucket: 'b', S3Key: 'k' }, Handler: 'a.b', Runtime: 'python3.13', Role: 'r' },
      'Node.js',
    ],
    ['AWS::ECS::TaskDefinition', { ContainerDefinitions: [] }, 'ContainerDefinitions'],
    [
      'AWS::StepFunctions::StateMachine',
      { DefinitionString: '{}', RoleArn: 'r', StateMachineType: 'EXPRESS' },
      'standard',
    ],
    [
      'AWS::Lambda::EventInvokeConfig',
      {
        FunctionName: 'f',
        Qualifier: '$LATEST',
        DestinationConfig: { OnFailure: { Destination: 'arn:aws:sqs:us-east-1:000000000000:q' } },
      },
      'Properties.DestinationConfig.OnFailure.Destination: AWS::Lambda::EventInvokeConfig: only a bucket',
    ],
    [
      'AWS::Lambda::EventInvokeConfig',
      { FunctionName: 'f', Qualifier: '$LATEST', MaximumRetryAttempts: 3 },
      'Properties.MaximumRetryAttempts',
    ],
    [
      'AWS::Logs::SubscriptionFilter',
      { LogGroupName: '/app', FilterPattern: 'ERROR', DestinationArn: 'arn:aws:lambda:x' },
      'Properties.FilterPattern: AWS::Logs::SubscriptionFilter: a pattern that selects events is not simulated',
    ],
    [
      'AWS::Logs::SubscriptionFilter',
      { LogGroupName: '/app', FilterPattern: '', DestinationArn: 'arn:aws:kinesis:x' },
      'only functions',
    ],
    ['AWS::Events::Rule', { EventPattern: {}, Targets: [{ Id: 'a', Arn: 'arn:aws:sqs:x' }] }, 'Targets.0.Arn'],
  ])('%s %j', async (type, properties, message) => {
    const deploy = async () => resourceTypes[type]!({ stack: 'S', logicalId: 'Thing', type, properties }, cloud);
    await expect(deploy()).rejects.toThrow(message);
    await expect(deploy()).rejects.toThrow('S / Thing / Properties');
  });
});
