import { z } from 'zod';
import { functionArnOf } from '../runtime/function-reference.ts';
import { arn, count, flag, resourceType, unused } from './resource-type.ts';

/** What Lambda takes. */
const concurrency = count.pipe(z.number().int().min(2).max(1000));

const properties = z.strictObject({
  FunctionName: z.string(),
  EventSourceArn: z.string().startsWith('arn:aws:sqs:', 'only queues are event sources locally'),
  BatchSize: count.pipe(z.number().int().min(1).max(10, 'a batch has up to 10 messages locally')).default(10),
  Enabled: flag.default(true),
  FunctionResponseTypes: z.array(z.literal('ReportBatchItemFailures')).default([]),
  ScalingConfig: z.strictObject({ MaximumConcurrency: concurrency.optional() }).optional(),
  Tags: unused,
});

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-lambda-eventsourcemapping.html */
export const eventSourceMapping = resourceType(properties, (wanted, _resource, { mappings }) => {
  const uuid = mappings.add({
    functionArn: functionArnOf(wanted.FunctionName),
    queueArn: wanted.EventSourceArn,
    batchSize: wanted.BatchSize,
    // Without it Lambda scales far beyond what a machine runs.
    maximumConcurrency: wanted.ScalingConfig?.MaximumConcurrency ?? 2,
    reportsFailures: wanted.FunctionResponseTypes.length > 0,
    enabled: wanted.Enabled,
  });
  return { ref: uuid, attributes: { Id: uuid, EventSourceMappingArn: arn('lambda', `event-source-mapping:${uuid}`) } };
});
