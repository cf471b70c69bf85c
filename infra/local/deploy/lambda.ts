import { statSync } from 'node:fs';
import { z } from 'zod';
import { functionArnOf } from '../runtime/function-reference.ts';
import { TemplateError } from '../template/errors.ts';
import { count, derivedName, placeOf, resourceType, unused } from './resource-type.ts';

const functionProperties = z.strictObject({
  FunctionName: z.string().optional(),
  Code: z.strictObject({ S3Bucket: z.string(), S3Key: z.string(), S3ObjectVersion: unused }),
  Handler: z.string(),
  Runtime: z.string().startsWith('nodejs', 'only functions for Node.js run locally'),
  Role: z.string(),
  Environment: z.strictObject({ Variables: z.record(z.string(), z.coerce.string()).optional() }).optional(),
  Timeout: count.default(3),
  MemorySize: count.default(128),
  LoggingConfig: unused, // the log goes to a file of the data directory
  ReservedConcurrentExecutions: unused,
  Architectures: unused,
  Description: unused,
  EphemeralStorage: unused,
  TracingConfig: unused,
  VpcConfig: unused,
  Tags: unused,
  KmsKeyArn: unused,
  DeadLetterConfig: unused,
  RuntimeManagementConfig: unused,
});

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-lambda-function.html */
export const lambdaFunction = resourceType(functionProperties, (wanted, resource, cloud) => {
  const directory = cloud.assembly.files.get(wanted.Code.S3Key);
  if (directory === undefined || !statSync(directory).isDirectory()) {
    throw new TemplateError(placeOf(resource, 'Properties.Code.S3Key'), `no asset directory for ${wanted.Code.S3Key}`);
  }
  const name = wanted.FunctionName ?? derivedName(resource);
  const functionArn = functionArnOf(name);
  cloud.roles.usedBy(wanted.Role, name);
  const variables = Object.entries(wanted.Environment?.Variables ?? {});
  cloud.functions.define({
    name,
    arn: functionArn,
    directory,
    handler: wanted.Handler,
    environment: {
      ...cloud.awsEnvironment(wanted.Role),
      AWS_LAMBDA_FUNCTION_NAME: name,
      AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
      AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(wanted.MemorySize),
      AWS_LAMBDA_LOG_GROUP_NAME: `/aws/lambda/${name}`,
      AWS_LAMBDA_LOG_STREAM_NAME: 'local',
      AWS_LAMBDA_INITIALIZATION_TYPE: 'on-demand',
      _HANDLER: wanted.Handler,
      LAMBDA_TASK_ROOT: directory,
      ...Object.fromEntries(variables.map(([key, value]) => [key, cloud.localize(value)])),
    },
    timeoutSeconds: wanted.Timeout,
    memoryMb: wanted.MemorySize,
  });
  return { ref: name, attributes: { Arn: functionArn } };
});

const versionProperties = z.strictObject({ FunctionName: z.string(), Description: unused, CodeSha256: unused });

/** Version 1 always: the code that is deployed is the only one there is. */
export const lambdaVersion = resourceType(versionProperties, ({ FunctionName }) => {
  const versionArn = `${functionArnOf(FunctionName)}:1`;
  return { ref: versionArn, attributes: { FunctionArn: versionArn, Version: '1' } };
});
