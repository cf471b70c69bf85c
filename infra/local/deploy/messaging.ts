import { CreateTopicCommand, SetSubscriptionAttributesCommand, SubscribeCommand } from '@aws-sdk/client-sns';
import {
  CreateQueueCommand,
  type CreateQueueCommandInput,
  GetQueueAttributesCommand,
  GetQueueUrlCommand,
  QueueDoesNotExist,
  SetQueueAttributesCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import { z } from 'zod';
import { count, derivedName, flag, resourceType, tags, unused } from './resource-type.ts';

const topicProperties = z.strictObject({
  TopicName: z.string().optional(),
  DisplayName: z.string().optional(),
  Tags: tags.optional(),
  KmsMasterKeyId: unused,
  SignatureVersion: unused,
  TracingConfig: unused,
});

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-sns-topic.html */
export const snsTopic = resourceType(topicProperties, async (topic, resource, { clients: { sns } }) => {
  const Name = topic.TopicName ?? derivedName(resource, 256);
  const { TopicArn = '' } = await sns.send(new CreateTopicCommand({ Name })); // returns the topic if it is there
  return { ref: TopicArn, attributes: { TopicArn, TopicName: Name } };
});

const subscriptionProperties = z.strictObject({
  TopicArn: z.string(),
  Protocol: z.string(),
  Endpoint: z.string(),
  RawMessageDelivery: flag.optional(),
  FilterPolicy: z.unknown().optional(),
  FilterPolicyScope: z.string().optional(),
  RedrivePolicy: unused,
  Region: unused,
});

/** Queues get their messages; mail and other protocols reach nobody from here, so those are only accepted. */
export const snsSubscription = resourceType(subscriptionProperties, async (wanted, resource, { clients: { sns } }) => {
  if (wanted.Protocol !== 'sqs') {
    const unheard = `${wanted.TopicArn}:${resource.logicalId}`;
    return { ref: unheard, attributes: { Arn: unheard } };
  }
  const Attributes: Record<string, string> = { RawMessageDelivery: String(wanted.RawMessageDelivery ?? false) };
  if (wanted.FilterPolicy !== undefined) Attributes.FilterPolicy = JSON.stringify(wanted.FilterPolicy);
  if (wanted.FilterPolicyScope !== undefined) Attributes.FilterPolicyScope = wanted.FilterPolicyScope;
  const { SubscriptionArn = '' } = await sns.send(
    new SubscribeCommand({ TopicArn: wanted.TopicArn, Protocol: 'sqs', Endpoint: wanted.Endpoint, Attributes }),
  );
  // One that was there already, of an earlier start, is as it was.
  for (const [AttributeName, AttributeValue] of Object.entries(Attributes))
    await sns.send(new SetSubscriptionAttributesCommand({ SubscriptionArn, AttributeName, AttributeValue }));
  return { ref: SubscriptionArn, attributes: { Arn: SubscriptionArn } };
});

const queueProperties = z.strictObject({
  QueueName: z.string().optional(),
  VisibilityTimeout: count.optional(),
  MessageRetentionPeriod: count.optional(),
  DelaySeconds: count.optional(),
  ReceiveMessageWaitTimeSeconds: count.optional(),
  MaximumMessageSize: count.optional(),
  FifoQueue: flag.optional(),
  ContentBasedDeduplication: flag.optional(),
  RedrivePolicy: z.record(z.string(), z.unknown()).optional(),
  Tags: tags.optional(),
  SqsManagedSseEnabled: unused,
  KmsMasterKeyId: unused,
  KmsDataKeyReusePeriodSeconds: unused,
  RedriveAllowPolicy: unused,
});

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-sqs-queue.html */
export const sqsQueue = resourceType(
  queueProperties,
  async (wanted, resource, { clients: { sqs }, throughGateway }) => {
    const { QueueName: given, RedrivePolicy, Tags, SqsManagedSseEnabled: _a, KmsMasterKeyId: _b, ...rest } = wanted;
    const { KmsDataKeyReusePeriodSeconds: _c, RedriveAllowPolicy: _d, ...settings } = rest;
    const QueueName = given ?? derivedName(resource, 80);
    const Attributes = {
      ...Object.fromEntries(Object.entries(settings).map(([name, value]) => [name, String(value)])),
      ...(RedrivePolicy ? { RedrivePolicy: JSON.stringify(RedrivePolicy) } : {}),
    };
    const tagged = Tags && Object.fromEntries(Tags.map(({ Key, Value }) => [Key, Value]));
    const QueueUrl = await queueWith(sqs, { QueueName, Attributes, tags: tagged });
    const { Attributes: { QueueArn = '' } = {} } = await sqs.send(
      new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['QueueArn'] }),
    );
    const url = throughGateway(QueueUrl);
    return { ref: url, attributes: { Arn: QueueArn, QueueName, QueueUrl: url } };
  },
);

/** Makes the queue, or gives the one of an earlier start what the template says now. */
async function queueWith(sqs: SQSClient, wanted: CreateQueueCommandInput): Promise<string> {
  const { QueueName, Attributes: { FifoQueue: _unchangeable, ...Attributes } = {} } = wanted;
  try {
    const { QueueUrl = '' } = await sqs.send(new GetQueueUrlCommand({ QueueName }));
    await sqs.send(new SetQueueAttributesCommand({ QueueUrl, Attributes }));
    return QueueUrl;
  } catch (error) {
    if (!(error instanceof QueueDoesNotExist)) throw error;
    return (await sqs.send(new CreateQueueCommand(wanted))).QueueUrl ?? '';
  }
}
