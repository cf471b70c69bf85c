import { SendMessageCommand, type SQSClient, SQSServiceException } from '@aws-sdk/client-sqs';
import { NotAllowed, QueueUnavailable } from '../workflow/errors.ts';
import type { MessageQueue } from './message-queue.ts';

const refused = /^(AccessDenied|AccessDeniedException|KmsAccessDenied|KMS\.AccessDeniedException)$/;

/** One SQS queue. Needs sqs:SendMessage on it, and kms:GenerateDataKey and kms:Decrypt where a key of ours encrypts it. */
export function sqsMessageQueue(client: SQSClient, queueUrl: string): MessageQueue {
  return {
    async send(body, { delaySeconds } = {}) {
      try {
        await client.send(
          new SendMessageCommand({ QueueUrl: queueUrl, MessageBody: body, DelaySeconds: delaySeconds }),
        );
      } catch (cause) {
        const { name, message } = cause instanceof Error ? cause : { name: 'Unknown', message: String(cause) };
        const status = cause instanceof SQSServiceException ? cause.$metadata.httpStatusCode : undefined;
        if (refused.test(name) || status === 403)
          throw new NotAllowed(`sqs:SendMessage on ${queueUrl}: ${name}: ${message}`, { cause });
        throw new QueueUnavailable(`SQS does not take a message for ${queueUrl}: ${name}: ${message}`, { cause });
      }
    },
  };
}
