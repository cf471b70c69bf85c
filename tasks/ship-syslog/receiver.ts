import { spawn, type ChildProcess } from 'node:child_process';
import { mkdir, readdir, readlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ShipSyslogEnvironment } from './settings.ts';

/** rsyslog, as a process below this one. */
export interface Receiver {
  readonly pid: number | undefined;
  /** Resolves, with how, when the process has ended: by itself only when something is wrong. */
  readonly ended: Promise<string>;
  /** Makes it close the file that it writes to; it opens a new one with the next message. */
  reopen(): void;
  /** Whether it has the file open, under whatever name it opened it. Fails where that cannot be seen. */
  holds(path: string): Promise<boolean>;
  /** Tells it to write what it has taken, and to end. */
  stop(): void;
}

/** Starts it with the shipped configuration. Certificate and key go to files that only this user reads, not to its environment. */
export async function startReceiver(settings: ShipSyslogEnvironment, openFile: string): Promise<Receiver> {
  const folder = settings.TLS_FOLDER;
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const files = {
    'certificate.pem': settings.TLS_CERTIFICATE,
    'key.pem': settings.TLS_KEY,
    // Something must stand here; without an authority nobody's certificate is asked for.
    'ca.pem': settings.TLS_SENDER_AUTHORITY ?? settings.TLS_CERTIFICATE,
  };
  for (const [name, content] of Object.entries(files)) await writeFile(join(folder, name), content, { mode: 0o600 });

  const modules = settings.RSYSLOG_MODULES === undefined ? [] : ['-M', settings.RSYSLOG_MODULES];
  const { PATH, LD_LIBRARY_PATH } = process.env;
  const child = spawn(
    settings.RSYSLOGD,
    // In the foreground, and without a file for its process id.
    ['-n', '-i', 'NONE', '-f', settings.RSYSLOG_CONFIGURATION, ...modules],
    {
      stdio: ['ignore', 'inherit', 'inherit'],
      env: {
        ...{ PATH, LD_LIBRARY_PATH },
        SYSLOG_TLS_FOLDER: folder,
        SYSLOG_TLS_SENDERS: settings.TLS_SENDER_AUTHORITY === undefined ? 'anon' : 'x509/certvalid',
        SYSLOG_OPEN_FILE: openFile,
        SYSLOG_ADDRESS: settings.ADDRESS,
        SYSLOG_TCP_PORT: String(settings.TCP_PORT),
        SYSLOG_TLS_PORT: String(settings.TLS_PORT),
      },
    },
  );
  const ended = new Promise<string>((resolve) => {
    child.on('error', (error) => resolve(`could not be started: ${error.message}`));
    child.on('exit', (code, signal) => resolve(`ended with ${signal ?? `code ${code ?? 'unknown'}`}`));
  });
  return {
    pid: child.pid,
    ended,
    reopen: () => void child.kill('SIGHUP'),
    holds: async (path) => (isRunning(child) ? hasOpen(child.pid, path) : false),
    stop: () => void child.kill('SIGTERM'),
  };
}

const isRunning = ({ exitCode, signalCode }: ChildProcess): boolean => exitCode === null && signalCode === null;

/**
 * Linux names what a process has open, by the name that it has now. A process that is gone holds nothing. Where it cannot be seen
 * what one holds, that is an error: a file that is still written to must not be taken for free.
 */
async function hasOpen(pid: number | undefined, path: string): Promise<boolean> {
  if (pid === undefined) return false;
  const folder = `/proc/${pid}/fd`;
  const numbers = await readdir(folder).catch(orGone<string[]>([]));
  const targets = await Promise.all(numbers.map((number) => readlink(join(folder, number)).catch(orGone(''))));
  return targets.includes(path);
}

const orGone =
  <Instead>(instead: Instead) =>
  (error: NodeJS.ErrnoException): Instead => {
    if (error.code === 'ENOENT' || error.code === 'ESRCH') return instead;
    throw error;
  };
