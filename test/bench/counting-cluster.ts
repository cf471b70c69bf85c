import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { once } from 'node:events';

/** Takes bulk requests and keeps of each document no more than that it came, so that what sends them is what is measured. */
export interface CountingCluster {
  readonly url: string;
  /** Documents that were not there before. */
  readonly created: () => number;
  /** Items whose document was there, by its id: a rest that was read twice. */
  readonly duplicates: () => number;
  /** Lines that came with a second id: in a cluster they would be there twice. */
  readonly doubled: () => number;
  stop(): Promise<void>;
}

const sequenceName = '"sequence":';
const idName = '"_id":"';
const created = '{"create":{"status":201}}';
const duplicate = '{"create":{"status":409,"error":{"type":"version_conflict_engine_exception","reason":"is there"}}}';

/** @param lines whose sequence numbers are 0 to `lines` - 1 */
export async function startCountingCluster(lines: number): Promise<CountingCluster> {
  /** Of each line the hash of its document's id; 0: it has not come. */
  const idHashes = new Int32Array(lines);
  const counts = { created: 0, duplicates: 0, doubled: 0 };
  const take = (action: string, document: string): string => {
    const from = action.indexOf(idName) + idName.length;
    const id = hash(action.slice(from, action.indexOf('"', from)));
    const sequence = Number.parseInt(document.slice(document.indexOf(sequenceName) + sequenceName.length), 10);
    const there = idHashes[sequence];
    if (there === undefined) throw new TypeError(`There is no line ${sequence}: ${document}`);
    if (there === id) {
      counts.duplicates += 1;
      return duplicate;
    }
    if (there === 0) counts.created += 1;
    else counts.doubled += 1;
    idHashes[sequence] = id;
    return created;
  };
  const server: Server = createServer((request, response) => {
    bodyOf(request).then(
      (body) => {
        const rows = body.split('\n');
        const items: string[] = [];
        for (let at = 0; at + 1 < rows.length; at += 2) items.push(take(rows[at]!, rows[at + 1]!));
        const errors = items.includes(duplicate);
        response.writeHead(200, { 'content-type': 'application/json' });
        response.end(`{"errors":${errors},"items":[${items.join(',')}]}`);
      },
      (error: unknown) => response.destroy(error as Error),
    );
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    created: () => counts.created,
    duplicates: () => counts.duplicates,
    doubled: () => counts.doubled,
    stop: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('latin1');
}

/** FNV-1a, never 0. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let at = 0; at < text.length; at += 1) value = Math.imul(value ^ text.charCodeAt(at), 0x01000193);
  return value | 0 || 1;
}
