import { PublishCommand, SNSClient } from '@aws-sdk/client-sns';
import { GetQueueUrlCommand, SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { region } from '../../../template/scope.ts';
import type { Credentials } from '../../versitygw.ts';
import type { Notify } from './deliver.ts';

const LONGEST_CALL_MS = 10_000;

/**
 * Delivers what buckets tell to queues (SendMessage) and topics (Publish) at an address that may yet have to come up; a message is
 * held until it has. Each call is made once: whoever notifies tries again.
 */
export function toQueuesAndTopics(
  address: Promise<string>,
  credentials: Credentials,
): { notify: Notify; stop: () => Promise<void> } {
  const clients = address.then((endpoint) => {
    const settings = { endpoint, region, credentials: { ...credentials }, maxAttempts: 1 };
    return { sqs: new SQSClient(settings), sns: new SNSClient(settings) };
  });
  clients.catch(() => undefined); // whoever notifies sees the error
  const queueUrls = new Map<string, string>();

  const queueUrl = async (sqs: SQSClient, queueArn: string): Promise<string> => {
    const known = queueUrls.get(queueArn);
    if (known !== undefined) return known;
    const [QueueOwnerAWSAccountId, QueueName] = queueArn.split(':').slice(4);
    const { QueueUrl = '' } = await sqs.send(new GetQueueUrlCommand({ QueueName, QueueOwnerAWSAccountId }), timed());
    queueUrls.set(queueArn, QueueUrl);
    return QueueUrl;
  };
  return {
    notify: async (destinationArn, message) => {
      const { sqs, sns } = await clients;
      if (destinationArn.split(':')[2] === 'sqs') {
        const QueueUrl = await queueUrl(sqs, destinationArn);
        await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: message }), timed());
        return;
      }
      const notice = { TopicArn: destinationArn, Subject: 'Amazon S3 Notification', Message: message };
      await sns.send(new PublishCommand(notice), timed());
    },
    stop: async () => {
      const started = await clients.catch(() => null);
      started?.sqs.destroy();
      started?.sns.destroy();
    },
  };
}

const timed = (): { abortSignal: AbortSignal } => ({ abortSignal: AbortSignal.timeout(LONGEST_CALL_MS) });
