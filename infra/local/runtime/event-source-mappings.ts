import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  ChangeMessageVisibilityCommand,
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  GetQueueUrlCommand,
  type Message,
  ReceiveMessageCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import type { SQSBatchResponse, SQSEvent, SQSRecord } from 'aws-lambda';
import { RuntimeServiceError } from './errors.ts';

export interface MappingSettings {
  readonly functionArn: string;
  readonly queueArn: string;
  /** Messages of one invocation, at most 10. */
  readonly batchSize: number;
  /** Invocations at a time. */
  readonly maximumConcurrency: number;
  /** Whether the function answers with the messages that failed; else only an error of it fails any, and then all. */
  readonly reportsFailures: boolean;
  readonly enabled: boolean;
}

export interface Mapping extends MappingSettings {
  readonly uuid: string;
}

export interface MappingsOptions {
  readonly invoke: (functionArn: string, event: SQSEvent) => Promise<unknown>;
  /** A client with the rights of the function's role, as Lambda polls with them. */
  readonly clientFor: (functionArn: string) => SQSClient;
  /** A client of the stack itself, for what only its fast clock does. */
  readonly own: SQSClient;
  /** What the queue's visibility timeout is multiplied by for messages that failed. */
  readonly timeScale: number;
  readonly report?: (line: string) => void;
}

/** Lambda's pollers: hand the messages of queues to functions, and delete what the functions did. */
export class EventSourceMappings {
  readonly #options: MappingsOptions;
  readonly #pollers = new Map<string, Poller>();

  constructor(options: MappingsOptions) {
    this.#options = options;
  }

  /** Begins to poll. @returns the mapping's UUID: a new one at each start, as nothing in a template names it */
  add(settings: MappingSettings): string {
    const uuid = randomUUID();
    this.#pollers.set(uuid, new Poller({ ...settings, uuid }, this.#options));
    return uuid;
  }

  list({ functionName, queueArn }: { functionName?: string | undefined; queueArn?: string | undefined }): Mapping[] {
    return [...this.#pollers.values()]
      .map(({ mapping }) => mapping)
      .filter((one) => functionName === undefined || nameOf(one.functionArn) === nameOf(functionName))
      .filter((one) => queueArn === undefined || one.queueArn === queueArn);
  }

  get(uuid: string): Mapping {
    return this.#poller(uuid).mapping;
  }

  /** Disabled, it takes no further messages; those that it has taken are worked off. */
  setEnabled(uuid: string, enabled: boolean): Mapping {
    const poller = this.#poller(uuid);
    poller.setEnabled(enabled);
    return poller.mapping;
  }

  #poller(uuid: string): Poller {
    const poller = this.#pollers.get(uuid);
    if (poller) return poller;
    throw new RuntimeServiceError(
      'ResourceNotFoundException',
      'The resource you requested does not exist. (Service: Lambda, Status Code: 404)',
    );
  }

  /** Resolves when nothing runs any more; messages under way are delivered again after a later start. */
  async close(): Promise<void> {
    await Promise.all([...this.#pollers.values()].map((poller) => poller.close()));
  }
}

/** Name of a function by its name or ARN, with or without a qualifier. */
const nameOf = (nameOrArn: string): string =>
  nameOrArn.startsWith('arn:') ? (nameOrArn.split(':')[6] ?? '') : (nameOrArn.split(':')[0] ?? '');

const longPollSeconds = 20;
const afterErrorMs = 500;

class Poller {
  #mapping: Mapping;
  readonly #options: MappingsOptions;
  readonly #sqs: SQSClient;
  readonly #closing = new AbortController();
  readonly #running = new Set<Promise<void>>();
  readonly #polling: Promise<void>;
  /** Called when a mapping is enabled or closed, or an invocation ends. */
  #wake: () => void = () => undefined;

  constructor(mapping: Mapping, options: MappingsOptions) {
    this.#mapping = mapping;
    this.#options = options;
    this.#sqs = options.clientFor(mapping.functionArn);
    this.#polling = this.#poll();
  }

  get mapping(): Mapping {
    return this.#mapping;
  }

  setEnabled(enabled: boolean): void {
    this.#mapping = { ...this.#mapping, enabled };
    this.#wake();
  }

  async close(): Promise<void> {
    this.#closing.abort();
    this.#wake();
    await this.#polling;
    await Promise.all(this.#running);
    this.#sqs.destroy();
  }

  async #poll(): Promise<void> {
    const { signal } = this.#closing;
    for (;;) {
      try {
        const queue = await this.#queue();
        for (;;) {
          signal.throwIfAborted();
          await this.#pollOnce(queue);
        }
      } catch (error) {
        if (signal.aborted) return;
        this.#report(`cannot be polled: ${String(error)}`);
        await sleep(afterErrorMs, undefined, { signal }).catch(() => undefined);
      }
    }
  }

  async #pollOnce(queue: Queue): Promise<void> {
    const { enabled, maximumConcurrency, batchSize } = this.#mapping;
    if (!enabled || this.#running.size >= maximumConcurrency) {
      await new Promise<void>((resolve) => (this.#wake = resolve));
      return;
    }
    const { Messages: messages = [] } = await this.#sqs.send(
      new ReceiveMessageCommand({
        QueueUrl: queue.url,
        MaxNumberOfMessages: batchSize,
        MessageSystemAttributeNames: ['All'],
        MessageAttributeNames: ['All'],
        WaitTimeSeconds: longPollSeconds,
      }),
      { abortSignal: this.#closing.signal },
    );
    if (messages.length === 0) return;
    const running = this.#deliver(messages, queue)
      .catch((error: unknown) => this.#report(`a batch was not settled: ${String(error)}`))
      .finally(() => {
        this.#running.delete(running);
        this.#wake();
      });
    this.#running.add(running);
  }

  async #queue(): Promise<Queue> {
    const QueueName = this.#mapping.queueArn.split(':').pop() ?? '';
    const { QueueUrl = '' } = await this.#options.own.send(new GetQueueUrlCommand({ QueueName }));
    const { Attributes } = await this.#sqs.send(
      new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['VisibilityTimeout'] }),
    );
    return { url: QueueUrl, visibilitySeconds: Number(Attributes?.VisibilityTimeout ?? 30) };
  }

  /** What did not fail is deleted. What failed is seen again when its visibility timeout ends, on the stack's clock. */
  async #deliver(messages: readonly Message[], queue: Queue): Promise<void> {
    const failed = await this.#failedOf(messages);
    const againSeconds = Math.ceil(queue.visibilitySeconds * this.#options.timeScale);
    for (const { MessageId, ReceiptHandle } of messages) {
      const message = { QueueUrl: queue.url, ReceiptHandle };
      await (failed.has(MessageId!)
        ? this.#options.own.send(new ChangeMessageVisibilityCommand({ ...message, VisibilityTimeout: againSeconds }))
        : this.#sqs.send(new DeleteMessageCommand(message)));
    }
  }

  /**
   * All of them when the function fails, or answers with what is none of them (AWS Lambda Developer Guide, "Handling errors for an
   * SQS event source").
   */
  async #failedOf(messages: readonly Message[]): Promise<ReadonlySet<string>> {
    const { functionArn, queueArn, reportsFailures } = this.#mapping;
    const ids = new Set(messages.map(({ MessageId }) => MessageId!));
    const Records = messages.map((message) => recordOf(message, queueArn));
    try {
      const answer = await this.#options.invoke(functionArn, { Records });
      if (!reportsFailures) return new Set();
      const items = (answer as SQSBatchResponse | null)?.batchItemFailures ?? [];
      const failed = new Set(items.map(({ itemIdentifier }) => itemIdentifier));
      return [...failed].every((id) => ids.has(id)) ? failed : ids;
    } catch (error) {
      this.#report(`failed: ${error instanceof Error ? `${error.name}: ${error.message}` : String(error)}`);
      return ids;
    }
  }

  #report(what: string): void {
    this.#options.report?.(`${nameOf(this.#mapping.functionArn)} of ${this.#mapping.queueArn}: ${what}`);
  }
}

interface Queue {
  readonly url: string;
  readonly visibilitySeconds: number;
}

/** https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html */
const recordOf = (message: Message, eventSourceARN: string): SQSRecord => ({
  messageId: message.MessageId!,
  receiptHandle: message.ReceiptHandle!,
  body: message.Body!,
  attributes: {
    ApproximateReceiveCount: '1',
    SentTimestamp: '0',
    SenderId: '',
    ApproximateFirstReceiveTimestamp: '0',
    ...message.Attributes,
  },
  messageAttributes: Object.fromEntries(
    Object.entries(message.MessageAttributes ?? {}).map(([name, { DataType = 'String', StringValue }]) => [
      name,
      { dataType: DataType, ...(StringValue !== undefined && { stringValue: StringValue }) },
    ]),
  ),
  md5OfBody: message.MD5OfBody!,
  eventSource: 'aws:sqs',
  eventSourceARN,
  awsRegion: eventSourceARN.split(':')[3]!,
});
