import { randomUUID } from 'node:crypto';
import { createWriteStream, mkdirSync, type WriteStream } from 'node:fs';
import { join } from 'node:path';
import { RuntimeServiceError } from './errors.ts';
import { functionOf } from './function-reference.ts';
import { FunctionWorker } from './function-worker.ts';

export interface FunctionSettings {
  name: string;
  arn: string;
  /** The bundled asset. */
  directory: string;
  handler: string;
  /** All that the function sees. */
  environment: Record<string, string>;
  timeoutSeconds: number;
  memoryMb: number;
}

/** Calls beyond this number of one function wait; each running call holds a thread. */
const CONCURRENCY = 8;

/** The functions of the template, each with a pool of warm workers and a log file `<logs>/<function>.log`. */
export class Functions {
  readonly #logs: string;
  readonly #functions = new Map<string, LocalFunction>();

  constructor(logs: string) {
    this.#logs = logs;
    mkdirSync(logs, { recursive: true });
  }

  define(settings: FunctionSettings): void {
    this.#functions.set(settings.name, new LocalFunction(settings, join(this.#logs, `${settings.name}.log`)));
  }

  /** By name or ARN, as `invoke`. */
  has(nameOrArn: string): boolean {
    return this.#functions.has(functionOf(nameOrArn).name);
  }

  /**
   * Invokes by name or ARN, with version or qualifier or without. Every version runs the code that is deployed.
   * @throws FunctionFailed with the function's own error; RuntimeServiceError `Lambda.ResourceNotFoundException`.
   */
  async invoke(nameOrArn: string, payload: unknown): Promise<unknown> {
    const { name, qualifier } = functionOf(nameOrArn);
    const target = this.#functions.get(name);
    if (!target) throw new RuntimeServiceError('Lambda.ResourceNotFoundException', `Function not found: ${nameOrArn}`);
    const answer = await target.invoke(payload, qualifier);
    return answer === undefined ? null : JSON.parse(answer);
  }

  async close(): Promise<void> {
    await Promise.all([...this.#functions.values()].map((target) => target.close()));
  }
}

class LocalFunction {
  readonly #settings: FunctionSettings;
  readonly #log: WriteStream;
  readonly #idle: FunctionWorker[] = [];
  readonly #all = new Set<FunctionWorker>();
  readonly #waiting: (() => void)[] = [];
  #running = 0;
  #isClosed = false;

  constructor(settings: FunctionSettings, logFile: string) {
    this.#settings = settings;
    this.#log = createWriteStream(logFile, { flags: 'a' });
    this.#log.setMaxListeners(0);
  }

  async invoke(event: unknown, version: string): Promise<string | undefined> {
    if (this.#running < CONCURRENCY) this.#running += 1;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve)); // for the place of one that ends
    const { timeoutSeconds } = this.#settings;
    let worker: FunctionWorker | undefined;
    try {
      if (this.#isClosed) throw new RuntimeServiceError('Lambda.ServiceException', 'The local stack is stopping');
      worker = this.#takeWorker();
      const deadline = Date.now() + timeoutSeconds * 1000;
      return await worker.call({ requestId: randomUUID(), event, version, deadline }, timeoutSeconds);
    } finally {
      if (worker?.usable) this.#idle.push(worker);
      else if (worker) this.#all.delete(worker);
      const next = this.#waiting.shift();
      if (next) next();
      else this.#running -= 1;
    }
  }

  #takeWorker(): FunctionWorker {
    for (let worker = this.#idle.pop(); worker; worker = this.#idle.pop()) {
      if (worker.usable) return worker;
      this.#all.delete(worker);
    }
    const { environment, ...settings } = this.#settings;
    const worker = new FunctionWorker(settings, environment, this.#log);
    this.#all.add(worker);
    return worker;
  }

  /** Ends the calls that run; those that wait, or come later, fail without a thread. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await Promise.all([...this.#all].map((worker) => worker.end()));
    await new Promise<void>((resolve) => this.#log.end(resolve));
  }
}
