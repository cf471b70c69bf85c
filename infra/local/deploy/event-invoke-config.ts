import { randomUUID } from 'node:crypto';
import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { z } from 'zod';
import type { FailedInvocation } from '../runtime/async-invocations.ts';
import { functionOf } from '../runtime/function-reference.ts';
import { region } from '../template/scope.ts';
import { TemplateError } from '../template/errors.ts';
import type { LocalCloud } from './local-cloud.ts';
import { count, placeOf, resourceType, unused } from './resource-type.ts';
import type { Role } from './roles.ts';

const bucketArn = z.string().regex(/^arn:aws:s3:::[^/]+$/, 'only a bucket is a destination locally');

const properties = z.strictObject({
  FunctionName: z.string(),
  Qualifier: z.string(),
  MaximumRetryAttempts: count.pipe(z.number().int().min(0).max(2)).default(2),
  MaximumEventAgeInSeconds: unused, // no event gets old here: all tries together take some minutes
  DestinationConfig: z.strictObject({ OnFailure: z.strictObject({ Destination: bucketArn }).optional() }).optional(),
});

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-lambda-eventinvokeconfig.html */
export const eventInvokeConfig = resourceType(properties, (wanted, resource, cloud) => {
  const { FunctionName, Qualifier: qualifier, MaximumRetryAttempts: retries, DestinationConfig } = wanted;
  const { name: functionName } = functionOf(FunctionName);
  const bucket = DestinationConfig?.OnFailure?.Destination.split(':::')[1];
  const role = cloud.roles.of(functionName);
  if (bucket !== undefined && !role)
    throw new TemplateError(placeOf(resource, 'Properties.FunctionName'), `no role of ${functionName} is deployed`);
  cloud.invocations.configure({
    ...{ functionName, qualifier, retries },
    ...(bucket !== undefined && role && { keep: storing(bucket, functionName, role, cloud) }),
  });
  return { ref: `${functionName}|${qualifier}`, attributes: {} };
});

/**
 * Lambda writes with the rights of the function's role, under keys of its own
 * (https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html, "Adding a destination").
 */
function storing(
  bucket: string,
  functionName: string,
  { arn, credentials }: Role,
  { awsEnvironment }: Pick<LocalCloud, 'awsEnvironment'>,
): (record: FailedInvocation) => Promise<void> {
  return async (record) => {
    const endpoint = awsEnvironment(arn).AWS_ENDPOINT_URL_S3;
    const s3 = new S3Client({
      ...(endpoint !== undefined && { endpoint }),
      region,
      credentials: { ...credentials },
      forcePathStyle: true,
    });
    try {
      const Key = failedInvocationKey(functionName, new Date(record.timestamp));
      await s3.send(new PutObjectCommand({ Bucket: bucket, Key, Body: JSON.stringify(record) }));
    } finally {
      s3.destroy();
    }
  };
}

/** `aws/lambda/async/<function>/YYYY/MM/DD/YYYY-MM-DDTHH.MM.SS-<UUID>`, in UTC. */
export function failedInvocationKey(functionName: string, time: Date, uuid: string = randomUUID()): string {
  const stamp = time.toISOString().slice(0, 19);
  const day = stamp.slice(0, 10).replaceAll('-', '/');
  return `aws/lambda/async/${functionName}/${day}/${stamp.replaceAll(':', '.')}-${uuid}`;
}
