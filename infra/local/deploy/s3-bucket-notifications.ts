import {
  type Event,
  GetBucketNotificationConfigurationCommand,
  PutBucketNotificationConfigurationCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';

const filter = z.strictObject({
  S3Key: z.strictObject({
    Rules: z.array(z.strictObject({ Name: z.enum(['prefix', 'suffix']), Value: z.string() })),
  }),
});
const entry = { Event: z.string(), Filter: filter.optional() };

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-s3-bucket-notificationconfiguration.html */
export const notificationProperties = z.strictObject({
  QueueConfigurations: z.array(z.strictObject({ ...entry, Queue: z.string() })).optional(),
  TopicConfigurations: z.array(z.strictObject({ ...entry, Topic: z.string() })).optional(),
});
type Properties = z.infer<typeof notificationProperties>;

/**
 * Gives a bucket the notifications of its template, or none. What is there already is left alone: to put it again would send each
 * destination another test event.
 */
export async function putNotifications(s3: S3Client, Bucket: string, wanted: Properties = {}): Promise<void> {
  const queues = (wanted.QueueConfigurations ?? []).map((each) => ({ ...common(each), QueueArn: each.Queue }));
  const topics = (wanted.TopicConfigurations ?? []).map((each) => ({ ...common(each), TopicArn: each.Topic }));
  const found = await s3.send(new GetBucketNotificationConfigurationCommand({ Bucket }));
  const isThere =
    isDeepStrictEqual((found.QueueConfigurations ?? []).map(withoutId), queues) &&
    isDeepStrictEqual((found.TopicConfigurations ?? []).map(withoutId), topics);
  if (isThere) return;
  const NotificationConfiguration = { QueueConfigurations: queues, TopicConfigurations: topics };
  await s3.send(new PutBucketNotificationConfigurationCommand({ Bucket, NotificationConfiguration }));
}

const withoutId = <T extends { Id?: string | undefined }>({ Id: _given, ...rest }: T): Omit<T, 'Id'> => rest;

function common({ Event, Filter }: { Event: string; Filter?: z.infer<typeof filter> | undefined }) {
  const rules = (Filter?.S3Key.Rules ?? []).filter(({ Value }) => Value !== '');
  return {
    Events: [Event as Event],
    ...(rules.length > 0 && { Filter: { Key: { FilterRules: rules } } }),
  };
}
