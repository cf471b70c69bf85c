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
import type { SQSBatchResponse, SQSEvent } from 'aws-lambda';
import { functionOf } from './function-reference.ts';
import type { Mapping } from './mapping.ts';
import { recordOf } from './sqs-record.ts';

export interface PollerOptions {
  readonly invoke: (functionArn: string, event: SQSEvent) => Promise<unknown>;
  /** Has the rights of the function's role. Closed with the poller. */
  readonly sqs: SQSClient;
  /** Has those of the stack itself, for what only its fast clock does. */
  readonly own: SQSClient;
  readonly timeScale: number;
  readonly report: (line: string) => void;
}

interface Queue {
  readonly url: string;
  readonly visibilitySeconds: number;
}

const longPollSeconds = 20;
const afterErrorMs = { first: 500, longest: 10_000 };

/** Hands the messages of one queue to the function of its mapping. */
export class QueuePoller {
  #mapping: Mapping;
  readonly #options: PollerOptions;
  readonly #stopping = new AbortController();
  readonly #running = new Set<Promise<void>>();
  #polling: Promise<void> | undefined;
  /** Called when the mapping is enabled, the poller is stopped, or an invocation ends. */
  #wake: () => void = () => undefined;

  constructor(mapping: Mapping, options: PollerOptions) {
    this.#mapping = mapping;
    this.#options = options;
  }

  get mapping(): Mapping {
    return this.#mapping;
  }

  start(): void {
    this.#polling ??= this.#poll();
  }

  setEnabled(enabled: boolean): void {
    this.#mapping = { ...this.#mapping, enabled };
    this.#wake();
  }

  /** Breaks off the poll under way, and resolves when none is made any more. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    this.#wake();
    await this.#polling;
  }

  /** Resolves when no batch is under way. */
  async settled(): Promise<void> {
    while (this.#running.size > 0) await Promise.all(this.#running);
  }

  async close(): Promise<void> {
    await this.stop();
    await this.settled();
    this.#options.sqs.destroy();
  }

  async #poll(): Promise<void> {
    const { signal } = this.#stopping;
    let pauseMs = afterErrorMs.first;
    for (;;) {
      try {
        const queue = await this.#queue();
        for (;;) {
          signal.throwIfAborted();
          await this.#pollOnce(queue);
          pauseMs = afterErrorMs.first;
        }
      } catch (error) {
        if (signal.aborted) return;
        this.#report(`cannot be polled: ${String(error)}`);
        await sleep(pauseMs, undefined, { signal }).catch(() => undefined);
        pauseMs = Math.min(2 * pauseMs, afterErrorMs.longest);
      }
    }
  }

  async #pollOnce(queue: Queue): Promise<void> {
    const { enabled, maximumConcurrency, batchSize } = this.#mapping;
    if (!enabled || this.#running.size >= maximumConcurrency) {
      await new Promise<void>((resolve) => (this.#wake = resolve));
      return;
    }
    const { Messages: messages = [] } = await this.#options.sqs.send(
      new ReceiveMessageCommand({
        QueueUrl: queue.url,
        MaxNumberOfMessages: batchSize,
        MessageSystemAttributeNames: ['All'],
        MessageAttributeNames: ['All'],
        WaitTimeSeconds: longPollSeconds,
      }),
      { abortSignal: this.#stopping.signal },
    );
    if (messages.length === 0) return;
    const running = this.#deliver(messages, queue).finally(() => {
      this.#running.delete(running);
      this.#wake();
    });
    this.#running.add(running);
  }

  async #queue(): Promise<Queue> {
    const QueueName = this.#mapping.queueArn.split(':').pop() ?? '';
    const { QueueUrl = '' } = await this.#options.own.send(new GetQueueUrlCommand({ QueueName }));
    const { Attributes } = await this.#options.sqs.send(
      new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['VisibilityTimeout'] }),
    );
    return { url: QueueUrl, visibilitySeconds: Number(Attributes?.VisibilityTimeout ?? 30) };
  }

  /** What did not fail is deleted. What failed is seen again when its visibility timeout ends, on the stack's clock. */
  async #deliver(messages: readonly Message[], queue: Queue): Promise<void> {
    const { sqs, own, timeScale } = this.#options;
    const failed = await this.#failedOf(messages);
    const VisibilityTimeout = Math.ceil(queue.visibilitySeconds * timeScale);
    const settling = messages.map(async ({ MessageId, ReceiptHandle }) => {
      const message = { QueueUrl: queue.url, ReceiptHandle };
      try {
        await (failed.has(MessageId!)
          ? own.send(new ChangeMessageVisibilityCommand({ ...message, VisibilityTimeout }))
          : sqs.send(new DeleteMessageCommand(message)));
      } catch (error) {
        // It comes again when the visibility timeout of the queue ends.
        this.#report(
          `message ${MessageId ?? ''} was not ${failed.has(MessageId!) ? 'put back' : 'deleted'}: ${String(error)}`,
        );
      }
    });
    await Promise.all(settling);
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
    const { functionArn, queueArn } = this.#mapping;
    this.#options.report(`${functionOf(functionArn).name} of ${queueArn}: ${what}`);
  }
}
