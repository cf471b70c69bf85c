import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { FunctionFailed } from './errors.ts';
import { functionOf } from './function-reference.ts';
import { waitAtMost } from './wait-at-most.ts';

/** What Lambda keeps of an event that failed ("Capturing records of Lambda asynchronous invocations" of its Developer Guide). */
export interface FailedInvocation {
  version: '1.0';
  /** ISO 8601, in UTC. */
  timestamp: string;
  requestContext: {
    requestId: string;
    functionArn: string;
    condition: 'RetriesExhausted';
    approximateInvokeCount: number;
  };
  requestPayload: unknown;
  responseContext: { statusCode: 200; executedVersion: string; functionError: 'Unhandled' };
  responsePayload: { errorType: string; errorMessage: string; trace: string[] };
}

export interface InvocationSettings {
  functionName: string;
  /** `$LATEST` or a version. */
  qualifier: string;
  /** After the first try, 0 to 2. */
  retries: number;
  /** Stores the record of an event that failed in all tries; without it the event is dropped. */
  keep?: ((record: FailedInvocation) => Promise<void>) | undefined;
}

export interface AsyncInvocationsOptions {
  invoke: (functionArn: string, event: unknown) => Promise<unknown>;
  /** What waits between tries are multiplied by. */
  timeScale: number;
  report?: (line: string) => void;
  /** How long `close` waits for functions that run; default 10 s. */
  closeWithinMs?: number;
}

const DEFAULT_RETRIES = 2;
/** Before the second and the third try. */
const WAITS_SECONDS = [60, 120];

/**
 * Lambda's queue of events that nobody waits for: a failed function is tried again after one and two minutes, then the event goes to its
 * destination (https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html).
 */
export class AsyncInvocations {
  readonly #options: AsyncInvocationsOptions;
  readonly #report: (line: string) => void;
  readonly #settings = new Map<string, InvocationSettings>();
  readonly #running = new Set<Promise<void>>();
  readonly #closing = new AbortController();

  constructor(options: AsyncInvocationsOptions) {
    this.#options = options;
    this.#report = options.report ?? console.error;
  }

  configure(settings: InvocationSettings): void {
    this.#settings.set(`${settings.functionName}:${settings.qualifier}`, settings);
  }

  /** Takes the event on, and returns at once. */
  invoke(functionArn: string, event: unknown): void {
    if (this.#closing.signal.aborted) {
      this.#report(`${functionArn} gets no event any more: the stack stops`);
      return;
    }
    const running = this.#work(functionArn, event);
    this.#running.add(running);
    void running.finally(() => this.#running.delete(running));
  }

  async #work(functionArn: string, event: unknown): Promise<void> {
    const { name, qualifier } = functionOf(functionArn);
    const { retries = DEFAULT_RETRIES, keep } = this.#settings.get(`${name}:${qualifier}`) ?? {};
    const requestId = randomUUID();
    for (let attempt = 1; ; attempt += 1) {
      const failure = await this.#attempt(functionArn, event);
      if (failure === undefined) return;
      const { errorType, errorMessage } = failure;
      this.#report(`${functionArn} failed, try ${attempt} of ${retries + 1}: ${errorType}: ${errorMessage}`);
      if (attempt > retries) {
        await keep?.(record({ requestId, name, qualifier, attempt, functionArn }, event, failure)).catch(
          (error: unknown) =>
            this.#report(`The event of ${functionArn} is lost, it could not be stored: ${String(error)}`),
        );
        return;
      }
      await this.#wait(WAITS_SECONDS[attempt - 1] ?? 0);
      if (this.#closing.signal.aborted) {
        this.#report(`${functionArn} is not tried again: the stack stops`);
        return;
      }
    }
  }

  async #attempt(functionArn: string, event: unknown): Promise<FailedInvocation['responsePayload'] | undefined> {
    try {
      await this.#options.invoke(functionArn, event);
      return undefined;
    } catch (error) {
      if (!(error instanceof Error)) return { errorType: typeof error, errorMessage: String(error), trace: [] };
      const trace = error instanceof FunctionFailed ? error.trace : [];
      return { errorType: error.name, errorMessage: error.message, trace };
    }
  }

  async #wait(seconds: number): Promise<void> {
    const { signal } = this.#closing;
    await sleep(seconds * 1000 * this.#options.timeScale, undefined, { signal }).catch(() => undefined);
  }

  /** Resolves when every event is done with, its further tries included. */
  async settled(): Promise<void> {
    while (this.#running.size > 0) await Promise.all(this.#running);
  }

  /** Begins no further try, and waits for those that run; who closes the functions ends those that take too long. */
  async close(): Promise<void> {
    this.#closing.abort();
    await waitAtMost(this.#options.closeWithinMs ?? 10_000, this.settled());
  }
}

function record(
  call: { requestId: string; qualifier: string; name: string; functionArn: string; attempt: number },
  requestPayload: unknown,
  responsePayload: FailedInvocation['responsePayload'],
): FailedInvocation {
  const unqualified = call.functionArn.split(':').slice(0, 7).join(':');
  return {
    version: '1.0',
    timestamp: new Date().toISOString(),
    requestContext: {
      requestId: call.requestId,
      functionArn: `${unqualified}:${call.qualifier}`,
      condition: 'RetriesExhausted',
      approximateInvokeCount: call.attempt,
    },
    requestPayload,
    responseContext: { statusCode: 200, executedVersion: call.qualifier, functionError: 'Unhandled' },
    responsePayload,
  };
}
