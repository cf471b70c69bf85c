import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface BulkDocument {
  readonly index: string;
  readonly id: string;
  readonly document: string;
}
export interface BulkRequest {
  readonly bytes: number;
  readonly documents: readonly BulkDocument[];
  readonly authorization: string | undefined;
}
export interface Refusal {
  readonly status: number;
  readonly type: string;
  readonly reason: string;
}
/** What becomes of a request: an HTTP status with a body, a connection that is cut before or after the work, or an answer. */
export type RequestFate =
  'answer' | 'drop-before' | 'drop-after' | { readonly status: number; readonly body?: unknown };

export interface BulkCluster {
  readonly url: string;
  /** `<index>/<id>` -> the document as it was sent. */
  readonly documents: Map<string, string>;
  readonly requests: BulkRequest[];
  /** Asked before a request is done. */
  fateOf: (request: BulkRequest) => RequestFate;
  /** Asked for each document that is not there yet. */
  refuses: (document: BulkDocument) => Refusal | undefined;
  close(): Promise<void>;
}

/** Answers `_bulk` requests of `create` as OpenSearch does, but for the faults that a test chooses. */
export async function startBulkCluster(): Promise<BulkCluster> {
  async function answer(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const body = Buffer.concat(await Array.fromAsync(incoming as AsyncIterable<Buffer>));
    const path = (incoming.url ?? '').split('?')[0];
    if (incoming.method !== 'POST' || path !== '/_bulk') return void outgoing.writeHead(200).end();
    const request = {
      bytes: body.length,
      documents: parsed(body.toString()),
      authorization: incoming.headers.authorization,
    };
    cluster.requests.push(request);
    const fate = cluster.fateOf(request);
    if (fate === 'drop-before') return void incoming.socket.destroy();
    if (typeof fate === 'object') {
      json(outgoing, fate.status, fate.body ?? { error: 'refused', status: fate.status });
      return;
    }
    const items = request.documents.map((document) => ({ create: create(document) }));
    if (fate === 'drop-after') return void incoming.socket.destroy();
    json(outgoing, 200, { errors: items.some(({ create: { status } }) => status !== 201), items });
  }

  function create(document: BulkDocument): { status: number; error?: Omit<Refusal, 'status'> } {
    const key = `${document.index}/${document.id}`;
    if (cluster.documents.has(key))
      return { status: 409, error: { type: 'version_conflict_engine_exception', reason: `[${document.id}]: exists` } };
    const refusal = cluster.refuses(document);
    if (refusal) return { status: refusal.status, error: { type: refusal.type, reason: refusal.reason } };
    cluster.documents.set(key, document.document);
    return { status: 201 };
  }

  const server = createServer((incoming, outgoing) => {
    answer(incoming, outgoing).catch(() => incoming.socket.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const cluster: BulkCluster = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    documents: new Map(),
    requests: [],
    fateOf: () => 'answer',
    refuses: () => undefined,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return cluster;
}

function json(outgoing: ServerResponse, status: number, body: unknown): void {
  outgoing.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

function parsed(body: string): BulkDocument[] {
  if (!body.endsWith('\n')) throw new TypeError('The bulk request must be terminated by a newline');
  const lines = body.slice(0, -1).split('\n');
  return Array.from({ length: lines.length / 2 }, (_, place) => {
    const action = JSON.parse(lines[2 * place]!) as { create: { _index: string; _id: string } };
    const document = lines[2 * place + 1]!;
    JSON.parse(document);
    return { index: action.create._index, id: action.create._id, document };
  });
}
