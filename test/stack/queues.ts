/** Queues of a test's own, beside those that the templates deploy. */
import { randomUUID } from 'node:crypto';
import { CreateQueueCommand, GetQueueAttributesCommand, SQSClient } from '@aws-sdk/client-sqs';
import { endpoints, operator } from './stack.ts';

export const sqs = new SQSClient({ ...operator, endpoint: endpoints.aws });

export interface Queue {
  readonly url: string;
  readonly arn: string;
}

/** Makes a queue whose name begins so; its URL is the one by which calls are recorded. */
export async function makeQueue(name: string, attributes: Record<string, string> = {}): Promise<Queue> {
  const QueueName = `${name}-${randomUUID().slice(0, 8)}`;
  const { QueueUrl: told } = await sqs.send(new CreateQueueCommand({ QueueName, Attributes: attributes }));
  const url = new URL(new URL(told!).pathname, endpoints.aws).href;
  const { Attributes: { QueueArn: arn } = {} } = await sqs.send(
    new GetQueueAttributesCommand({ QueueUrl: url, AttributeNames: ['QueueArn'] }),
  );
  return { url, arn: arn! };
}
