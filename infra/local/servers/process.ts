import { spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { mkdir, readFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { ServerStartFailed } from './errors.ts';

const guard = fileURLToPath(new URL('guard.mjs', import.meta.url));
const POLL_MS = 50;
const LOG_LINES_QUOTED = 20;

export interface Exit {
  code: number | null;
  signal: NodeJS.Signals | null;
}

export interface ProcessOptions {
  /** What it is called in messages. */
  name: string;
  command: string;
  args: readonly string[];
  env?: NodeJS.ProcessEnv;
  cwd?: string;
  /** Standard output and error are appended here; folders are made. */
  logFile: string;
  /** From SIGTERM to SIGKILL; default 10 s. */
  stopGraceMs?: number;
}

export interface ServerOptions extends ProcessOptions {
  /** Asked every 50 ms until true; a throw counts as "not yet". */
  ready: () => Promise<boolean>;
  startTimeoutMs: number;
}

export interface RunningProcess {
  exited: Promise<Exit>;
  /** SIGTERM, and SIGKILL after the grace; resolves when the process and all that it started are gone. May be called again. */
  stop: () => Promise<void>;
}

/**
 * Starts a process that cannot outlive this one: a guard (guard.mjs) ends its whole group when this process goes, however
 * it goes. A command that cannot be started exits with code 127 and says why in the log.
 */
export async function startProcess(options: ProcessOptions): Promise<RunningProcess> {
  await mkdir(dirname(options.logFile), { recursive: true });
  const log = openSync(options.logFile, 'a');
  const child = spawn(process.execPath, [guard, options.command, ...options.args], {
    cwd: options.cwd,
    env: { ...(options.env ?? process.env), PERMAFROST_GUARD_GRACE_MS: String(options.stopGraceMs ?? 10_000) },
    stdio: ['pipe', log, log, 'pipe'],
    detached: true, // out of the terminal's foreground group: Ctrl-C is for this process
  });
  closeSync(log);
  let group = 0;
  child.stdio[3]!.on('data', (chunk: Buffer) => (group = Number(chunk.toString())));
  child.stdin?.on('error', () => undefined); // the guard has gone; its exit says so
  const exited = new Promise<Exit>((resolve, reject) => {
    child.on('error', reject);
    child.on('exit', (code, signal) => {
      if (signal === 'SIGKILL' && group > 0) killGroup(group); // the guard, not its command, may be what was killed
      resolve({ code, signal });
    });
  });
  exited.catch(() => undefined); // whoever awaits it sees the error
  return {
    exited,
    stop: async () => {
      child.kill('SIGTERM');
      await exited;
    },
  };
}

/** Starts a process and waits until it is ready. On failure nothing is left running and ServerStartFailed tells why. */
export async function startServer(options: ServerOptions): Promise<RunningProcess> {
  const running = await startProcess(options);
  const deadline = Date.now() + options.startTimeoutMs;
  let exit: Exit | undefined;
  void running.exited.then(
    (how) => (exit = how),
    () => (exit = { code: null, signal: null }),
  );
  const isReady = (): Promise<boolean> => options.ready().catch(() => false);
  while (!(await isReady())) {
    if (exit) {
      throw await startFailure(
        options,
        `ended with ${exit.signal ?? `code ${exit.code ?? 'unknown'}`} before it was ready`,
      );
    }
    if (Date.now() > deadline) {
      await running.stop();
      throw await startFailure(options, `was not ready after ${options.startTimeoutMs / 1000} s`);
    }
    await sleep(POLL_MS);
  }
  return running;
}

async function startFailure(options: ServerOptions, what: string): Promise<ServerStartFailed> {
  const log = await readFile(options.logFile, 'utf8').catch(() => '');
  const tail = log.trimEnd().split('\n').slice(-LOG_LINES_QUOTED).join('\n');
  return new ServerStartFailed(`${options.name} ${what}; its log is ${options.logFile} and ends with:\n${tail}`);
}

function killGroup(group: number): void {
  try {
    process.kill(-group, 'SIGKILL');
  } catch {
    // it has ended
  }
}

/** True when the URL answers a GET well, which for some servers a refusal is too; for `ready`. */
export async function answers(
  url: string,
  isGood = (status: number): boolean => status < 400,
  headers: Record<string, string> = {},
): Promise<boolean> {
  const response = await fetch(url, { headers, signal: AbortSignal.timeout(2000) });
  await response.arrayBuffer();
  return isGood(response.status);
}

/** A TCP port of 127.0.0.1 that was free a moment ago. */
export async function freePort(): Promise<number> {
  return await new Promise((resolve, reject) => {
    const server = createServer();
    server.on('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(address !== null && typeof address === 'object' ? address.port : 0));
    });
  });
}
