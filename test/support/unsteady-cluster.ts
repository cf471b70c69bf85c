import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/**
 * What becomes of a bulk request: `busy` 429 and `unavailable` 503 for all of it, `half` 429 for every second document; the connection
 * cut before the cluster sees it, or after the cluster has done it.
 */
export type BulkFate = 'answer' | 'busy' | 'unavailable' | 'half' | 'cut-before' | 'cut-after';

/** What comes up to which draw of a number below one; beyond the last, an answer. */
const draws: readonly (readonly [number, BulkFate])[] = [
  [0.08, 'busy'],
  [0.14, 'unavailable'],
  [0.2, 'half'],
  [0.27, 'cut-before'],
  [0.34, 'cut-after'],
];
export const troubles = draws.map(([, fate]) => fate);

/** Trouble for a third of all requests. */
export const unsteady = (random: () => number) => (): BulkFate => {
  const draw = random();
  return draws.find(([limit]) => draw < limit)?.[1] ?? 'answer';
};

export interface UnsteadyCluster {
  readonly url: string;
  /** How many bulk requests each fate had. */
  readonly fates: Map<BulkFate, number>;
  close(): Promise<void>;
}

const busy = {
  type: 'opensearch_rejected_execution_exception',
  reason: 'rejected execution of coordinating operation',
};

/** In front of a real cluster: bulk requests of `create` meet the fate that is chosen; whatever else is asked passes. */
export async function startUnsteadyCluster(target: string, chooseFate: () => BulkFate): Promise<UnsteadyCluster> {
  const fates = new Map<BulkFate, number>();

  async function forward(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const body = Buffer.concat(await Array.fromAsync(incoming as AsyncIterable<Buffer>)).toString();
    const url = new URL(incoming.url ?? '/', target);
    const fate = url.pathname === '/_bulk' ? chooseFate() : 'answer';
    fates.set(fate, (fates.get(fate) ?? 0) + 1);
    if (fate === 'cut-before') return void incoming.socket.destroy();
    if (fate === 'busy') {
      json(outgoing, 429, JSON.stringify({ error: busy, status: 429 }));
      return;
    }
    if (fate === 'unavailable') return void outgoing.writeHead(503).end('<html>Service Unavailable</html>');

    const documents = fate === 'half' ? body.slice(0, -1).split('\n') : [];
    const passed = fate === 'half' ? documents.filter((_, line) => line % 4 < 2).join('\n') + '\n' : body;
    const answer = await fetch(url, {
      method: incoming.method ?? 'GET',
      headers: { 'content-type': incoming.headers['content-type'] ?? 'application/json' },
      ...(passed !== '' && { body: passed }),
    });
    const text = await answer.text();
    if (fate === 'cut-after') return void incoming.socket.destroy();
    json(outgoing, answer.status, fate === 'half' && answer.ok ? withRefusals(text, documents.length / 2) : text);
  }

  const server = createServer((incoming, outgoing) => {
    forward(incoming, outgoing).catch(() => incoming.socket.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    fates,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** The answer about every second document, with refusals of those between. */
function withRefusals(text: string, documents: number): string {
  const { items } = JSON.parse(text) as { items: unknown[] };
  const refusal = { create: { status: 429, error: busy } };
  const all = Array.from({ length: documents }, (_, place) => (place % 2 === 0 ? items[place / 2] : refusal));
  return JSON.stringify({ errors: true, items: all });
}

function json(outgoing: ServerResponse, status: number, body: string): void {
  outgoing.writeHead(status, { 'content-type': 'application/json' }).end(body);
}
