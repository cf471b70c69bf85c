import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { installPython } from './install/python.ts';
import { answers, freePort, startServer } from './process.ts';

const SERVICES = ['kms', 'secretsmanager', 'sns', 'sqs', 'ssm', 'sts'];

export interface MinistackOptions {
  /** Where its state is kept over a restart, and its log. Without it nothing is kept. */
  dataDir?: string;
}

export interface Ministack {
  /** One endpoint for KMS, Secrets Manager, SNS, SQS, SSM and STS; any credentials will do. */
  url: string;
  stop: () => Promise<void>;
}

/** Starts ministack on a free port of 127.0.0.1. */
export async function startMinistack(options: MinistackOptions = {}): Promise<Ministack> {
  const python = await installPython();
  const folder = options.dataDir ? resolve(options.dataDir) : await mkdtemp(join(tmpdir(), 'ministack-'));
  const forget = async (): Promise<void> => {
    if (!options.dataDir) await rm(folder, { recursive: true, force: true });
  };
  await mkdir(folder, { recursive: true });
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const running = await startServer({
    name: 'ministack',
    command: python,
    args: ['-m', 'ministack'],
    cwd: folder,
    env: {
      ...process.env,
      BIND_HOST: '127.0.0.1',
      EDGE_PORT: String(port),
      // It keeps queues by an address that these would be part of: at another port, what was kept would be found no more. Without
      // them it hands out queue addresses at the address where it is asked.
      GATEWAY_PORT: undefined,
      MINISTACK_HOST: undefined,
      SERVICES: SERVICES.join(','),
      PERSIST_STATE: options.dataDir ? '1' : '0',
      STATE_DIR: join(folder, 'state'),
      TMPDIR: folder,
      LOG_LEVEL: 'WARNING',
    },
    logFile: join(folder, 'ministack.log'),
    ready: () => answers(`${url}/_ministack/ready`),
    startTimeoutMs: 60_000,
  }).catch(async (error: unknown) => {
    await forget();
    throw error;
  });
  return {
    url,
    stop: async () => {
      await running.stop();
      await forget();
    },
  };
}
