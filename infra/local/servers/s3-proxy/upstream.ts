import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http';
import { Agent, request as httpRequest } from 'node:http';
import { pipeline } from 'node:stream/promises';
import type { Answer } from './answer.ts';
import type { RequestIds } from './notifications/message.ts';

/** Headers of one connection, not of the message; and `expect`, which this proxy has met already. */
const CONNECTION_HEADERS = new Set(['connection', 'keep-alive', 'transfer-encoding', 'expect', 'proxy-connection']);

function messageHeaders(message: IncomingMessage): OutgoingHttpHeaders {
  return Object.fromEntries(Object.entries(message.headers).filter(([name]) => !CONNECTION_HEADERS.has(name)));
}

/** The S3 server behind the proxy. Requests go on with their Host, so that their signatures stay valid. */
export class Upstream {
  readonly #url: URL;
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 256 });

  constructor(url: string) {
    this.#url = new URL(url);
  }

  /** Sends a request on, its body streamed unless it was read already, and returns the answer's head. */
  async send(incoming: IncomingMessage, body?: Buffer): Promise<IncomingMessage> {
    return await new Promise((resolve, reject) => {
      const headers = messageHeaders(incoming);
      if (incoming.headers['transfer-encoding'] !== undefined) headers['transfer-encoding'] = 'chunked';
      const outgoing = httpRequest({
        agent: this.#agent,
        hostname: this.#url.hostname,
        port: this.#url.port,
        method: incoming.method,
        path: incoming.url,
        headers,
        setHost: false,
      });
      outgoing.on('response', resolve);
      outgoing.on('error', (error) => {
        incoming.unpipe(outgoing).resume(); // the client must be able to finish sending before it reads the answer
        reject(error);
      });
      incoming.on('close', () => {
        if (!incoming.complete) outgoing.destroy(); // the client has gone
      });
      if (body) outgoing.end(body);
      else incoming.pipe(outgoing);
    });
  }

  close(): void {
    this.#agent.destroy();
  }
}

/** Of an answer; the upstream may name each twice. */
export function requestIds({ headers }: IncomingMessage): RequestIds {
  const first = (name: string): string => String(headers[name] ?? '').split(',')[0]!;
  return { requestId: first('x-amz-request-id'), hostId: first('x-amz-id-2') };
}

/** The whole body of a message that is known to be small (a configuration, a listing). */
export async function readBody(message: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of message) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

/** Passes an answer on as it streams in. */
export async function relay(
  answer: IncomingMessage,
  response: ServerResponse,
  further: Record<string, string> = {},
): Promise<void> {
  const headers = { ...messageHeaders(answer), ...further };
  if (headers['x-amz-storage-class'] === 'STANDARD') delete headers['x-amz-storage-class']; // as S3: only named when it is another
  response.writeHead(answer.statusCode ?? 502, headers);
  await pipeline(answer, response);
}

/** Passes an answer on whose body was read, and perhaps changed. */
export function relayBody(answer: IncomingMessage, response: ServerResponse, body: Buffer | string): void {
  response.writeHead(answer.statusCode ?? 502, {
    ...messageHeaders(answer),
    'content-length': Buffer.byteLength(body),
  });
  response.end(body);
}

/** Gives an answer of the proxy's own, reading first what the client still sends. */
export function respond(request: IncomingMessage, response: ServerResponse, answer: Answer): void {
  request.resume();
  response.writeHead(answer.status, { ...answer.headers, 'content-length': Buffer.byteLength(answer.body) });
  response.end(answer.body);
}
