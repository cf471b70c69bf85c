import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { RunAnswer, RunRequest } from './indexer-process.ts';

export interface IndexerProcessOptions {
  /** The environment of the function. */
  readonly variables: Readonly<Record<string, string>>;
  /** Of the function. Its heap is limited to seven eighths of it. */
  readonly memoryMiB: number;
  /** Of the time, 0 to 1. */
  readonly cpuShare: number;
}

export interface IndexerProcess {
  run(request: RunRequest): Promise<RunAnswer>;
  stop(): Promise<void>;
}

const main = fileURLToPath(new URL('indexer-process.ts', import.meta.url));
const periodMs = 50;
/** Above the time of a run: it has gone wrong by then. */
const patienceSeconds = 5;

export async function startIndexerProcess(options: IndexerProcessOptions): Promise<IndexerProcess> {
  const { variables, memoryMiB, cpuShare } = options;
  const child = fork(main, [], {
    execArgv: [`--max-old-space-size=${Math.floor((memoryMiB * 7) / 8)}`],
    env: { PATH: process.env['PATH'], ...variables },
  });
  const exited = once(child, 'exit');
  await Promise.race([once(child, 'message'), failedWith(exited)]);
  const timers = cpuShare < 1 ? [setInterval(() => pause(), periodMs)] : [];
  const pause = (): void => {
    child.kill('SIGSTOP');
    setTimeout(() => child.kill('SIGCONT'), periodMs * (1 - cpuShare));
  };
  return {
    async run(request) {
      const late = AbortSignal.timeout((request.seconds + patienceSeconds) * 1000);
      child.send(request);
      const [answer] = (await Promise.race([once(child, 'message', { signal: late }), failedWith(exited)])) as [
        RunAnswer,
      ];
      return answer;
    },
    async stop() {
      timers.forEach((timer) => clearInterval(timer));
      child.kill('SIGKILL');
      await exited;
    },
  };
}

async function failedWith(exited: Promise<unknown[]>): Promise<never> {
  const [code, signal] = await exited;
  throw new TypeError(`The process of the indexer ended: ${String(code ?? signal)}`);
}
