import { S3Client } from '@aws-sdk/client-s3';
import type { ObjectStore } from '../ports/object-store.ts';
import { s3ObjectStore } from '../ports/s3-object-store.ts';
import { TaskInterrupted } from '../workflow/errors.ts';
import { jsonLines, type Log } from './log.ts';

/** From the signal until the process ends whatever is left to tidy; ECS sends SIGKILL 30 s after SIGTERM by default. */
const graceMilliseconds = 8000;

/** What a task runs in: the process, its streams and S3; or a test. */
export interface Surroundings {
  readonly variables: NodeJS.ProcessEnv;
  /** @param region of the bucket; without it, that of the task */
  readonly storeOf: (bucket: string, region?: string) => ObjectStore;
  readonly now: () => Date;
  /** Aborted, by a `TaskInterrupted`, when the process is told to stop. */
  readonly signal: AbortSignal;
  readonly log: Log;
}

/**
 * Runs a task as this process, and ends it with the exit code that `run` answers.
 * @param context stands in every line of the log.
 * @param interruptedCode exit code where `run` has not ended eight seconds after SIGTERM.
 */
export async function runAsProcess(
  run: (surroundings: Surroundings) => Promise<number>,
  context: Readonly<Record<string, unknown>>,
  interruptedCode: number,
): Promise<void> {
  const log = jsonLines(process.stdout, context);
  const clients: S3Client[] = [];
  const clientFor = (region: string | undefined): S3Client => {
    const client = new S3Client({
      ...(region !== undefined && { region }),
      maxAttempts: 5,
      // Reads and writes each have connections of their own; a connection on which nothing moves is given up.
      requestHandler: {
        connectionTimeout: 10_000,
        socketTimeout: 120_000,
        httpsAgent: { maxSockets: 320, keepAlive: true },
      },
    });
    clients.push(client);
    return client;
  };
  const own = clientFor(undefined);
  const stop = new AbortController();
  for (const signal of ['SIGTERM', 'SIGINT'] as const)
    process.on(signal, () => {
      if (stop.signal.aborted) return;
      log('WARN', `Stopping on ${signal}`);
      stop.abort(new TaskInterrupted(`The task was told to stop (${signal}).`));
      setTimeout(() => process.exit(interruptedCode), graceMilliseconds).unref();
    });
  process.exitCode = await run({
    variables: process.env,
    storeOf: (bucket, region) => s3ObjectStore(region === undefined ? own : clientFor(region), bucket),
    now: () => new Date(),
    signal: stop.signal,
    log,
  });
  for (const client of clients) client.destroy();
}
