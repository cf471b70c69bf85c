import { setTimeout as sleep } from 'node:timers/promises';
import {
  ChangeMessageVisibilityCommand,
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  type Message,
  ReceiveMessageCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import type { SQSBatchResponse, SQSEvent, SQSRecord } from 'aws-lambda';

/** A queue, and the function that its messages go to. */
export interface QueueMapping {
  readonly queueUrl: string;
  readonly queueArn: string;
  /** What it throws fails the whole batch. */
  invoke(event: SQSEvent): Promise<SQSBatchResponse>;
}

export interface Polling {
  /** Invocations at a time, over all mappings. */
  readonly atOnce: number;
  /** After how long failed messages are seen again, in place of the rest of the queue's visibility timeout. */
  readonly againSeconds: number;
}

/**
 * Hands the messages of queues to their functions until all queues are empty, as Lambda's event source mappings do: up to ten at a time;
 * what the function does not report as failed is deleted, the rest becomes visible again, and goes where the queue's redrive policy
 * says when it has been received too often.
 */
export async function drainQueues(sqs: SQSClient, mappings: readonly QueueMapping[], polling: Polling): Promise<void> {
  const poll = async (worker: number): Promise<void> => {
    for (;;) {
      let delivered = 0;
      for (const place of mappings.keys()) {
        const mapping = mappings[(place + worker) % mappings.length]!;
        delivered += await deliver(sqs, mapping, polling.againSeconds);
      }
      if (delivered > 0) continue;
      if (await areEmpty(sqs, mappings)) return;
      await sleep(200);
    }
  };
  await Promise.all(Array.from({ length: polling.atOnce }, (_, worker) => poll(worker)));
}

/** @returns how many messages were delivered */
async function deliver(sqs: SQSClient, mapping: QueueMapping, againSeconds: number): Promise<number> {
  const { queueUrl: QueueUrl } = mapping;
  const { Messages: messages = [] } = await sqs.send(
    new ReceiveMessageCommand({
      QueueUrl,
      MaxNumberOfMessages: 10,
      MessageSystemAttributeNames: ['ApproximateReceiveCount'],
    }),
  );
  if (messages.length === 0) return 0;
  const failed = await failedOf(messages, mapping);
  for (const { MessageId, ReceiptHandle } of messages) {
    await (failed.has(MessageId!)
      ? sqs.send(new ChangeMessageVisibilityCommand({ QueueUrl, ReceiptHandle, VisibilityTimeout: againSeconds }))
      : sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle })));
  }
  return messages.length;
}

/** Without an answer, or with ids that are none of the batch, Lambda takes all for failed ("Reporting batch item failures"). */
async function failedOf(messages: readonly Message[], mapping: QueueMapping): Promise<ReadonlySet<string>> {
  const ids = new Set(messages.map(({ MessageId }) => MessageId!));
  const Records = messages.map((message) => recordOf(message, mapping.queueArn));
  const answer = await mapping.invoke({ Records }).catch(() => undefined);
  const failed = answer?.batchItemFailures.map(({ itemIdentifier }) => itemIdentifier) ?? [...ids];
  return failed.every((id) => ids.has(id)) ? new Set(failed) : ids;
}

const recordOf = (message: Message, eventSourceARN: string): SQSRecord => ({
  messageId: message.MessageId!,
  receiptHandle: message.ReceiptHandle!,
  body: message.Body!,
  attributes: {
    ApproximateReceiveCount: message.Attributes!.ApproximateReceiveCount!,
    SentTimestamp: '0',
    SenderId: '',
    ApproximateFirstReceiveTimestamp: '0',
  },
  messageAttributes: {},
  md5OfBody: message.MD5OfBody ?? '',
  eventSource: 'aws:sqs',
  eventSourceARN,
  awsRegion: 'eu-west-1',
});

async function areEmpty(sqs: SQSClient, mappings: readonly QueueMapping[]): Promise<boolean> {
  for (const { queueUrl } of mappings) if ((await messagesIn(sqs, queueUrl)) > 0) return false;
  return true;
}

/** Visible, delayed, and in delivery. */
export async function messagesIn(sqs: SQSClient, queueUrl: string): Promise<number> {
  const counts = [
    'ApproximateNumberOfMessages',
    'ApproximateNumberOfMessagesNotVisible',
    'ApproximateNumberOfMessagesDelayed',
  ] as const;
  const command = new GetQueueAttributesCommand({ QueueUrl: queueUrl, AttributeNames: [...counts] });
  const { Attributes: attributes = {} } = await sqs.send(command);
  return counts.reduce((sum, name) => sum + Number(attributes[name] ?? 0), 0);
}
