import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { createServer, type Server } from 'node:https';
import { connect } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { proxyCommand, proxyEnvironment } from '../../../../infra/ingest/analytics/proxy/container.ts';
import { debianProgram } from '../../../../infra/local/servers/install/debian.ts';
import { answers, freePort, startServer, type RunningProcess } from '../../../../infra/local/servers/process.ts';
import { NameServer } from './names.ts';

const domain = 'logs.example.test';

/** A request as it came to the domain. */
export interface Received {
  readonly address: string;
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingMessage['headers'];
  readonly bytes: number;
}

/** The shipped proxy by nginx of Debian, before a domain on two addresses; this process is its load balancer. */
export class ProxyUnderTest {
  readonly folder = mkdtempSync(join(tmpdir(), 'permafrost-proxy-'));
  readonly names = new NameServer();
  readonly received: Received[] = [];
  readonly #domains: Server[] = [];
  #nginx: RunningProcess | undefined;
  #port = 0;

  /** @param allowedCidrs as the stack gives them */
  async start(allowedCidrs: string, changed: Readonly<Record<string, string>> = {}): Promise<void> {
    const { root, env } = await debianProgram('nginx', { packages: ['nginx'], files: ['usr/sbin/nginx'] });
    const { key, certificate, file } = this.#certificate();
    chmodSync(this.folder, 0o755);
    const upstreamPort = await freePort();
    for (const address of ['127.0.0.1', '127.0.0.2']) {
      this.#domains.push(await this.#domain(address, upstreamPort, { key, cert: certificate }));
    }
    this.#port = await freePort();
    const [shell, ...args] = proxyCommand();
    this.#nginx = await startServer({
      name: 'the proxy',
      command: shell!,
      args,
      env: {
        PATH: process.env['PATH'],
        ...env,
        ...proxyEnvironment({ allowedCidrs, balancerCidrs: '127.0.0.8/29', upstreamHost: domain }),
        LISTEN: `127.0.0.1:${this.#port}`,
        UPSTREAM_PORT: String(upstreamPort),
        RESOLVER: await this.names.start(),
        AUTHORITIES: file,
        // As in the container: started by root, working as somebody else.
        RUN_AS: process.getuid?.() === 0 ? 'www-data' : userInfo().username,
        RUN_FOLDER: join(this.folder, 'run'),
        NGINX: join(root, 'usr/sbin/nginx'),
        ...changed,
      },
      logFile: join(this.folder, 'log'),
      ready: () => answers(`http://127.0.0.1:${this.#port}/`, () => true),
      startTimeoutMs: 20_000,
    });
  }

  async stop(): Promise<void> {
    await this.#nginx?.stop();
    for (const server of this.#domains) {
      server.closeAllConnections();
      server.close();
    }
    this.names.stop();
    rmSync(this.folder, { recursive: true });
  }

  log(): string {
    return readFileSync(join(this.folder, 'log'), 'utf8');
  }

  /**
   * Sends these very bytes, and reads until the proxy closes or is silent.
   * @param from 127.0.0.9 is an address of the load balancer; 127.0.0.1 is none
   */
  async raw(text: string | Buffer, from = '127.0.0.9'): Promise<string> {
    return await new Promise((resolve, reject) => {
      const socket = connect({ port: this.#port, host: '127.0.0.1', localAddress: from });
      const parts: Buffer[] = [];
      const done = (): void => {
        socket.destroy();
        resolve(Buffer.concat(parts).toString('latin1'));
      };
      socket.on('data', (part) => parts.push(part));
      socket.on('end', done);
      socket.setTimeout(1500, done);
      // A refused body is not read to its end: what was answered before the reset counts.
      socket.on('error', (error) => (parts.length > 0 ? done() : reject(error)));
      socket.write(text);
    });
  }

  /** The status of the first answer. */
  async status(text: string | Buffer, from?: string): Promise<number> {
    return Number(/^HTTP\/1\.1 (\d{3})/.exec(await this.raw(text, from))?.[1]);
  }

  async #domain(address: string, port: number, tls: { key: string; cert: string }): Promise<Server> {
    const server = createServer(tls, (request, response) => {
      let bytes = 0;
      request.on('data', (part: Buffer) => (bytes += part.length));
      request.on('end', () => {
        const { method = '', url = '', headers } = request;
        this.received.push({ address, method, url, headers, bytes });
        if (url.endsWith('/moved')) response.writeHead(302, { location: `https://${domain}/_dashboards/app/home` });
        response.end('of the domain');
      });
    });
    await new Promise<void>((resolve) => server.listen(port, address, resolve));
    return server;
  }

  #certificate(): { key: string; certificate: string; file: string } {
    const [key, file] = [join(this.folder, 'made.key'), join(this.folder, 'made.crt')];
    const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1'];
    const subject = ['-subj', `/CN=${domain}`, '-addext', `subjectAltName=DNS:${domain}`];
    execFileSync(
      'openssl',
      ['req', '-x509', '-nodes', '-days', '2', ...curve, ...subject, '-keyout', key, '-out', file],
      {
        stdio: 'ignore',
      },
    );
    return { key: readFileSync(key, 'utf8'), certificate: readFileSync(file, 'utf8'), file };
  }
}

/** A request as the load balancer passes it on: it adds the client's address to what the client wrote. */
export function request(
  path: string,
  {
    client = '192.0.2.10',
    method = 'GET',
    forwarded,
    headers = [],
    body,
  }: { client?: string; method?: string; forwarded?: string; headers?: readonly string[]; body?: Buffer } = {},
): Buffer {
  const lines = [
    `${method} ${path} HTTP/1.1`,
    'Host: dashboards.example.test',
    `X-Forwarded-For: ${forwarded === undefined ? client : `${forwarded}, ${client}`}`,
    'Connection: close',
    ...headers,
    ...(body ? [`Content-Length: ${body.length}`] : []),
  ];
  return Buffer.concat([Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1'), body ?? Buffer.alloc(0)]);
}
