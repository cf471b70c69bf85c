import {
  ChangeMessageVisibilityCommand,
  type ChangeMessageVisibilityCommandInput,
  DeleteMessageCommand,
  type DeleteMessageCommandInput,
  GetQueueAttributesCommand,
  type Message,
  ReceiveMessageCommand,
  type ReceiveMessageCommandInput,
  SendMessageCommand,
  type SendMessageCommandInput,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { type AwsClientStub, mockClient } from 'aws-sdk-client-mock';

interface Kept extends Message {
  isHidden: boolean;
}

export interface SqsInMemory {
  readonly mock: AwsClientStub<SQSClient>;
  /** Messages of a queue by its URL, whether they are shown or not. */
  readonly queues: Map<string, Kept[]>;
  /** Bodies of the messages that a receiver would get now. */
  shown(queue: string): string[];
  put(queue: string, body: string, attributes?: Message['MessageAttributes']): void;
}

/** As much of SQS as the redrive uses. Hidden messages stay so until somebody shows them: no time passes. */
export function sqsInMemory(): SqsInMemory {
  const mock = mockClient(SQSClient);
  const queues = new Map<string, Kept[]>();
  let ids = 0;
  const of = (queue: string | undefined): Kept[] => queues.get(queue!) ?? queues.set(queue!, []).get(queue!)!;
  const put = (queue: string, body: string, attributes?: Message['MessageAttributes']): void => {
    const MessageId = `m${++ids}`;
    of(queue).push({
      MessageId,
      ReceiptHandle: `handle of ${MessageId}`,
      Body: body,
      Attributes: { SentTimestamp: '1767322800000' },
      ...(attributes && { MessageAttributes: attributes }),
      isHidden: false,
    });
  };
  mock.on(GetQueueAttributesCommand).callsFake(({ QueueUrl }: { QueueUrl: string }) =>
    Promise.resolve({
      Attributes: { ApproximateNumberOfMessages: String(of(QueueUrl).filter(({ isHidden }) => !isHidden).length) },
    }),
  );
  mock.on(ReceiveMessageCommand).callsFake(({ QueueUrl, MaxNumberOfMessages }: ReceiveMessageCommandInput) => {
    const Messages = of(QueueUrl)
      .filter(({ isHidden }) => !isHidden)
      .slice(0, MaxNumberOfMessages);
    for (const message of Messages) message.isHidden = true;
    return Promise.resolve(Messages.length === 0 ? {} : { Messages });
  });
  mock.on(SendMessageCommand).callsFake(({ QueueUrl, MessageBody, MessageAttributes }: SendMessageCommandInput) => {
    put(QueueUrl!, MessageBody!, MessageAttributes);
    return Promise.resolve({});
  });
  mock.on(DeleteMessageCommand).callsFake(({ QueueUrl, ReceiptHandle }: DeleteMessageCommandInput) => {
    queues.set(
      QueueUrl!,
      of(QueueUrl).filter((message) => message.ReceiptHandle !== ReceiptHandle),
    );
    return Promise.resolve({});
  });
  mock
    .on(ChangeMessageVisibilityCommand)
    .callsFake(({ QueueUrl, ReceiptHandle }: ChangeMessageVisibilityCommandInput) => {
      for (const message of of(QueueUrl)) if (message.ReceiptHandle === ReceiptHandle) message.isHidden = false;
      return Promise.resolve({});
    });
  const shown = (queue: string): string[] =>
    of(queue)
      .filter(({ isHidden }) => !isHidden)
      .map(({ Body }) => Body!);
  return { mock, queues, shown, put };
}
