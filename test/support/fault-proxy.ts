import { Agent, createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { pipeline } from 'node:stream/promises';

export interface ProxiedRequest {
  readonly method: string;
  /** Decoded, with bucket. */
  readonly path: string;
  readonly query: URLSearchParams;
}

/** A hook holds the request up for as long as it runs. `drop` cuts the client's connection without an answer. */
export type Hook = (request: ProxiedRequest) => Promise<'pass' | 'drop'> | 'pass' | 'drop';

export interface FaultProxy {
  readonly url: string;
  /** Called before a request goes to the server; `drop`: the server never sees it. */
  before: Hook;
  /** Called when the server has answered and before the client hears of it; `drop`: it never does. */
  after: Hook;
  close(): Promise<void>;
}

/** A proxy between an S3 client and its server in which a test can make faults, at the request it chooses. */
export async function startFaultProxy(target: string): Promise<FaultProxy> {
  const agent = new Agent({ keepAlive: true });
  const { hostname, port } = new URL(target);

  async function forward(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const url = new URL(incoming.url ?? '/', 'http://proxy');
    const seen = {
      method: incoming.method ?? '',
      path: decodeURIComponent(url.pathname),
      query: url.searchParams,
    };
    if ((await proxy.before(seen)) === 'drop') return void incoming.socket.destroy();
    // The host stays the proxy's own: the signature covers it.
    const { expect: _answeredHere, ...headers } = incoming.headers;
    const upstream = request({ agent, hostname, port, method: seen.method, path: incoming.url, headers });
    const answered = new Promise<IncomingMessage>((resolve, reject) => {
      upstream.on('response', resolve).on('error', reject);
    });
    // Both ends are waited for below; a server that answers early may leave the request unread.
    const sent = pipeline(incoming, upstream);
    sent.catch(() => undefined);
    const answer = await answered;
    if ((await proxy.after(seen)) === 'drop') {
      answer.resume();
      return void incoming.socket.destroy();
    }
    outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
    await pipeline(answer, outgoing);
  }

  const server = createServer((incoming, outgoing) => {
    forward(incoming, outgoing).catch(() => incoming.socket.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const proxy: FaultProxy = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    before: () => 'pass',
    after: () => 'pass',
    close: async () => {
      agent.destroy();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return proxy;
}
