import { once } from 'node:events';
import type { Writable } from 'node:stream';
import { Worker } from 'node:worker_threads';
import { FunctionFailed } from './errors.ts';
import type { WorkerAnswer, WorkerRequest, WorkerSettings } from './lambda-worker.ts';

const entry = new URL('lambda-worker.ts', import.meta.url);

/** One warm execution environment: a worker thread that sees only the variables it is given, one call at a time. */
export class FunctionWorker {
  readonly #worker: Worker;
  #ended = false;

  constructor(settings: WorkerSettings, environment: Record<string, string>, log: Writable) {
    this.#worker = new Worker(entry, {
      env: environment,
      execArgv: [],
      stdout: true,
      stderr: true,
      workerData: settings,
      resourceLimits: { maxOldGenerationSizeMb: settings.memoryMb },
    });
    this.#worker.stdout.pipe(log, { end: false });
    this.#worker.stderr.pipe(log, { end: false });
    this.#worker.once('exit', () => (this.#ended = true));
    this.#worker.on('error', () => undefined); // reported by the call that runs
  }

  /** False once the thread has gone: it ran out of time or memory, or the handler ended the process. */
  get usable(): boolean {
    return !this.#ended;
  }

  /** Runs one event; returns the payload as JSON text. Past the deadline the thread is ended, even in a busy loop. */
  async call(request: WorkerRequest, timeoutSeconds: number): Promise<string | undefined> {
    const settled = new AbortController();
    const { signal } = settled;
    const answered = once(this.#worker, 'message', { signal }).then(
      ([reply]) => reply as WorkerAnswer,
      () => exited(request),
    );
    // `once` rejects with the worker's `error` event, which comes before `exit` when memory runs out.
    const failed = once(this.#worker, 'exit', { signal })
      .catch(() => undefined)
      .then(() => exited(request));
    const timedOut = new Promise<WorkerAnswer>((resolve) => {
      const timer = setTimeout(
        () => resolve(timeout(request, timeoutSeconds)),
        Math.max(0, request.deadline - Date.now()),
      );
      signal.addEventListener('abort', () => clearTimeout(timer));
    });
    try {
      this.#worker.postMessage(request);
      const reply = await Promise.race([answered, failed, timedOut]);
      if (!('errorType' in reply)) return reply.payload;
      if (reply.errorType === 'Sandbox.Timedout' || reply.errorType === 'Runtime.ExitError') await this.end();
      throw new FunctionFailed(reply.errorType, reply.errorMessage, reply.trace);
    } finally {
      settled.abort();
    }
  }

  async end(): Promise<void> {
    this.#ended = true;
    await this.#worker.terminate();
  }
}

const timeout = ({ requestId }: WorkerRequest, seconds: number): WorkerAnswer => ({
  errorType: 'Sandbox.Timedout',
  errorMessage: `RequestId: ${requestId} Error: Task timed out after ${seconds.toFixed(2)} seconds`,
  trace: [],
});

const exited = ({ requestId }: WorkerRequest): WorkerAnswer => ({
  errorType: 'Runtime.ExitError',
  errorMessage: `RequestId: ${requestId} Error: Runtime exited without providing a reason`,
  trace: [],
});
