import { GetQueueAttributesCommand, type SQSClient } from '@aws-sdk/client-sqs';

const states = [
  'ApproximateNumberOfMessages',
  'ApproximateNumberOfMessagesNotVisible',
  'ApproximateNumberOfMessagesDelayed',
] as const;

/** Messages of a queue: visible, in delivery, and delayed. */
export async function messagesIn(sqs: SQSClient, queueUrl: string): Promise<number> {
  const command = new GetQueueAttributesCommand({ QueueUrl: queueUrl, AttributeNames: [...states] });
  const { Attributes: attributes = {} } = await sqs.send(command);
  return states.reduce((sum, name) => sum + Number(attributes[name] ?? 0), 0);
}
