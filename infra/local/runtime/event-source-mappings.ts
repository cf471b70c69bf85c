import { randomUUID } from 'node:crypto';
import type { SQSClient } from '@aws-sdk/client-sqs';
import type { SQSEvent } from 'aws-lambda';
import { RuntimeServiceError } from './errors.ts';
import { functionOf } from './function-reference.ts';
import type { Mapping, MappingSettings } from './mapping.ts';
import { QueuePoller } from './queue-poller.ts';
import { waitAtMost } from './wait-at-most.ts';

export interface MappingsOptions {
  readonly invoke: (functionArn: string, event: SQSEvent) => Promise<unknown>;
  /** A client with the rights of the function's role, as Lambda polls with them. */
  readonly clientFor: (functionArn: string) => SQSClient;
  /** A client of the stack itself, for what only its fast clock does. */
  readonly own: SQSClient;
  /** What the queue's visibility timeout is multiplied by for messages that failed. */
  readonly timeScale: number;
  readonly report?: (line: string) => void;
  /** How long `stop` waits for functions that run; default 10 s. */
  readonly stopWithinMs?: number;
}

/** Lambda's pollers: hand the messages of queues to functions, and delete what the functions did. */
export class EventSourceMappings {
  readonly #options: MappingsOptions;
  readonly #pollers = new Map<string, QueuePoller>();
  #isStarted = false;

  constructor(options: MappingsOptions) {
    this.#options = options;
  }

  /** @returns the mapping's UUID: a new one at each start of the stack, as nothing in a template names it */
  add(settings: MappingSettings): string {
    const uuid = randomUUID();
    const { invoke, clientFor, own, timeScale, report = console.error } = this.#options;
    const sqs = clientFor(settings.functionArn);
    const poller = new QueuePoller({ ...settings, uuid }, { invoke, sqs, own, timeScale, report });
    this.#pollers.set(uuid, poller);
    if (this.#isStarted) poller.start();
    return uuid;
  }

  /** Begins to poll, once all is there that functions need: what waits from an earlier run would fail before, and soon be dead. */
  start(): void {
    this.#isStarted = true;
    for (const poller of this.#pollers.values()) poller.start();
  }

  list({ functionName, queueArn }: { functionName?: string | undefined; queueArn?: string | undefined }): Mapping[] {
    return [...this.#pollers.values()]
      .map(({ mapping }) => mapping)
      .filter((one) => functionName === undefined || functionOf(one.functionArn).name === functionOf(functionName).name)
      .filter((one) => queueArn === undefined || one.queueArn === queueArn);
  }

  get(uuid: string): Mapping {
    return this.#poller(uuid).mapping;
  }

  /** Disabled, it begins no further poll; what a poll under way still brings is worked off, as in the cloud. */
  setEnabled(uuid: string, enabled: boolean): Mapping {
    const poller = this.#poller(uuid);
    poller.setEnabled(enabled);
    return poller.mapping;
  }

  #poller(uuid: string): QueuePoller {
    const poller = this.#pollers.get(uuid);
    if (poller) return poller;
    throw new RuntimeServiceError(
      'ResourceNotFoundException',
      'The resource you requested does not exist. (Service: Lambda, Status Code: 404)',
    );
  }

  /** Polls no more, and waits a while for functions that run; who closes the functions ends those that take longer. */
  async stop(): Promise<void> {
    const pollers = [...this.#pollers.values()];
    await Promise.all(pollers.map((poller) => poller.stop()));
    const settled = Promise.all(pollers.map((poller) => poller.settled()));
    await waitAtMost(this.#options.stopWithinMs ?? 10_000, settled);
  }

  /** Stops, and resolves when every batch is settled: its messages are deleted, or will soon be seen again. */
  async close(): Promise<void> {
    await Promise.all([...this.#pollers.values()].map((poller) => poller.close()));
  }
}
