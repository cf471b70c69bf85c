import { execFileSync } from 'node:child_process';
import { globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect as connectByTls } from 'node:tls';
import { fileURLToPath } from 'node:url';
import { debianProgram } from '../../../infra/local/servers/install/debian.ts';
import { run } from '../../../tasks/ship-syslog/run.ts';
import { memoryObjectStore } from '../../support/memory-object-store.ts';

/** The syslog receiver with rsyslog of Debian and the shipped configuration, in folders and on ports of its own. */
export class SyslogReceiver {
  readonly folder: string;
  readonly store: ReturnType<typeof memoryObjectStore>;
  readonly log: { readonly level: string; readonly message: string; readonly [field: string]: unknown }[] = [];
  readonly #certificate: ReturnType<typeof selfSigned>;
  #ports: { readonly tcp: number; readonly tls: number } | undefined;
  #stop = new AbortController();
  #ended: Promise<number> = Promise.resolve(0);

  /** @param before an earlier one of the same service, whose spool folder and bucket it shares */
  constructor(before?: SyslogReceiver) {
    this.folder = before?.folder ?? mkdtempSync(join(tmpdir(), 'permafrost-syslog-'));
    this.store = before?.store ?? memoryObjectStore({ bucket: 'logs' });
    this.#certificate = before ? before.#certificate : selfSigned(this.folder);
  }

  /** Starts it, and waits until it takes connections. With `senderCertificates`, its own certificate is the only one let in. */
  async start({ senderCertificates = false } = {}): Promise<void> {
    const { root, libraries, env } = await rsyslogOfDebian();
    process.env = { ...process.env, ...env };
    this.#ports ??= { tcp: await freePort(), tls: await freePort() };
    this.#stop = new AbortController();
    this.#ended = run({
      variables: {
        LOG_BUCKET: 'logs',
        LOG_BUCKET_REGION: 'eu-west-1',
        KEY_PREFIX: 'syslog/receiver-1/',
        SPOOL_FOLDER: join(this.folder, 'spool'),
        TLS_FOLDER: mkdtempSync(join(this.folder, 'tls-')),
        TLS_CERTIFICATE: this.#certificate.certificate,
        TLS_KEY: this.#certificate.key,
        ADDRESS: '127.0.0.1',
        TCP_PORT: String(this.#ports.tcp),
        TLS_PORT: String(this.#ports.tls),
        CLOSE_AFTER_SECONDS: '1',
        ABANDONED_AFTER_SECONDS: '5',
        ...(senderCertificates && { TLS_SENDER_AUTHORITY: this.#certificate.certificate }),
        RSYSLOGD: join(root, 'usr/sbin/rsyslogd'),
        RSYSLOG_CONFIGURATION: fileURLToPath(new URL('../../../tasks/ship-syslog/rsyslog.conf', import.meta.url)),
        ...(libraries !== '' && { RSYSLOG_MODULES: join(libraries, 'rsyslog') }),
      },
      storeOf: (bucket, region) => {
        if (bucket !== 'logs' || region !== 'eu-west-1')
          throw new RangeError(`No bucket ${bucket} in ${region ?? 'it'}`);
        return this.store;
      },
      now: () => new Date(),
      signal: this.#stop.signal,
      log: (level, message, fields) => void this.log.push({ level, message, ...fields }),
    });
    (await this.connect('tcp')).destroy();
  }

  /** SIGKILL to rsyslog, in the middle of whatever it does. Resolves with the exit code of the program around it. */
  kill(): Promise<number> {
    const { receiver } = this.log.findLast(({ message }) => message === 'Receiving') as unknown as { receiver: number };
    process.kill(receiver, 'SIGKILL');
    return this.#ended;
  }

  stop(): Promise<number> {
    this.#stop.abort();
    return this.#ended;
  }

  remove(): void {
    rmSync(this.folder, { recursive: true });
  }

  /** `plain to tls`: without TLS, to the port that wants it. */
  async connect(how: 'tcp' | 'tls' | 'tls with certificate' | 'plain to tls'): Promise<Socket> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await this.#connectOnce(how);
      } catch (error) {
        if (attempt === 100) throw error;
        await sleep(50);
      }
    }
  }

  /** Sends all, and waits until it has gone to the system. */
  async send(how: 'tcp' | 'tls' | 'tls with certificate' | 'plain to tls', text: string): Promise<void> {
    const socket = await this.connect(how);
    await new Promise<void>((resolve) => socket.end(text, 'utf8', resolve));
  }

  /** All lines that stand in files. */
  linesOnDisk(): string[] {
    return globSync('spool/*/*/*.log', { cwd: this.folder }).flatMap((file) =>
      lines(readFileSync(join(this.folder, file), 'utf8')),
    );
  }

  async storedLines(): Promise<string[]> {
    const found: string[] = [];
    for await (const { key } of this.store.list('')) {
      for (const line of lines(Buffer.from(await this.store.read(key)).toString())) found.push(line);
    }
    return found;
  }

  #connectOnce(how: 'tcp' | 'tls' | 'tls with certificate' | 'plain to tls'): Promise<Socket> {
    const { tcp, tls } = this.#ports!;
    return new Promise((resolve, reject) => {
      const socket: Socket = !how.startsWith('tls')
        ? connect(how === 'tcp' ? tcp : tls, '127.0.0.1', () => resolve(socket))
        : connectByTls(
            {
              port: tls,
              host: '127.0.0.1',
              ca: this.#certificate.certificate,
              ...(how === 'tls with certificate' && {
                cert: this.#certificate.certificate,
                key: this.#certificate.key,
              }),
              servername: 'localhost',
            },
            () => resolve(socket),
          );
      // A receiver that is killed resets its connections.
      socket.on('error', reject);
    });
  }
}

/** Whole lines; what a kill has torn off is none. */
const lines = (text: string): string[] => text.split('\n').slice(0, -1);

export const rsyslogOfDebian = (): ReturnType<typeof debianProgram> =>
  debianProgram('rsyslog', {
    packages: ['rsyslog', 'rsyslog-gnutls'],
    files: ['usr/sbin/rsyslogd', 'usr/lib/*/rsyslog/lmnsd_gtls.so'],
  });

function selfSigned(folder: string): { readonly certificate: string; readonly key: string } {
  const [key, certificate] = [join(folder, 'made.key'), join(folder, 'made.crt')];
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1'];
  const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost'];
  execFileSync(
    'openssl',
    ['req', '-x509', '-nodes', '-days', '1', ...curve, ...subject, '-keyout', key, '-out', certificate],
    { stdio: 'ignore' },
  );
  return { certificate: readFileSync(certificate, 'utf8'), key: readFileSync(key, 'utf8') };
}

const freePort = (): Promise<number> =>
  new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
