/**
 * Documents per second of the indexer against raw `_bulk` requests of the same documents, prepared beforehand, over as many
 * connections: `node test/bench/indexer.ts [documents] [rounds]`. On a node of its own, or on that of OPENSEARCH_URL.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { Agent, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { indexNamer } from '../../functions/ingest/documents/index-name.ts';
import { parsers } from '../../functions/ingest/formats/index.ts';
import { indexS3Objects, type Ports } from '../../functions/ingest/index-s3-objects.ts';
import { documentMaker } from '../../functions/ingest/make-document.ts';
import { startOpenSearch } from '../../infra/local/servers/opensearch.ts';
import { createLines } from '../../ports/document-writer.ts';
import { openSearchDocumentWriter } from '../../ports/opensearch-document-writer.ts';
import { memoryObjectStore } from '../support/memory-object-store.ts';

const [count = 200_000, rounds = 3] = process.argv.slice(2).map(Number);
const limits = { bytes: 5 * 1024 * 1024, documents: 10_000, inFlight: 3 };
const lastModified = new Date('2026-01-02T12:00:00Z');
const objects = 20;
const index = 'bench-2026.01.02';
/** The rest is kept unindexed: as a flat object it would take the cluster ten times as long, and hide what the indexer takes. */
const properties = {
  '@timestamp': { type: 'date' },
  message: { type: 'text' },
  log: { properties: { level: { type: 'keyword' } } },
  json: { type: 'object', enabled: false },
};
const say = (text: string): void => void process.stdout.write(`${text}\n`);

const line = (number: number): string =>
  JSON.stringify({
    timestamp: new Date(lastModified.getTime() - (number % 40_000_000)).toISOString(),
    level: ['info', 'warn', 'error'][number % 3],
    service: `service-${number % 17}`,
    request: { id: `${number.toString(16).padStart(8, '0')}-7c1e`, method: 'GET', path: `/orders/${number % 9973}` },
    status: 200 + (number % 5),
    durationMs: (number * 7919) % 1000,
    message: `Order ${number % 9973} was read for customer ${number % 4999} in the region eu-west-1`,
  });

interface Prepared {
  readonly gzipped: ReadonlyMap<string, Buffer>;
  readonly bodies: readonly Buffer[];
}

/** The objects, and the bulk requests that hold the same documents with the same ids. */
async function prepare(): Promise<Prepared> {
  const gzipped = new Map<string, Buffer>();
  const bodies: Buffer[] = [];
  const documents = documentMaker('bench-YYYY.MM.DD');
  let body: string[] = [];
  let bytes = 0;
  const close = (): void => {
    bodies.push(Buffer.from(body.join('')));
    body = [];
    bytes = 0;
  };
  for (let number = 0; number < objects; number += 1) {
    const key = `object-${number}.gz`;
    const per = Math.ceil(count / objects);
    const some = Array.from({ length: Math.min(per, count - number * per) }, (_, at) => line(number * per + at));
    const content = Buffer.from(`${some.join('\n')}\n`);
    gzipped.set(key, gzipSync(content));
    const place = { bucket: 'bench', key, lastModified, resumeAt: 0 };
    for await (const some of parsers['json-lines'](Readable.from([content]), place)) {
      for (const parsed of some) {
        if (!('record' in parsed)) throw new TypeError('A line of the benchmark is not readable');
        const made = documents(parsed.record, { bucket: 'bench', key, eTag: 'etag' }, lastModified);
        const lines = createLines(made.index, made.id, made.document);
        if (bytes + lines.length > limits.bytes) close();
        body.push(lines);
        bytes += lines.length;
      }
    }
  }
  close();
  return { gzipped, bodies };
}

async function raw(url: string, bodies: readonly Buffer[]): Promise<void> {
  const agent = new Agent({ keepAlive: true, maxSockets: limits.inFlight });
  const left = [...bodies];
  const headers = { 'content-type': 'application/x-ndjson' };
  const send = (body: Buffer): Promise<void> =>
    new Promise((resolve, reject) => {
      const path = `${url}/_bulk?filter_path=errors`;
      const asked = request(path, { method: 'POST', agent, headers: { ...headers, 'content-length': body.length } });
      asked.on('error', reject).on('response', (answer) => {
        Array.fromAsync(answer).then((chunks) => {
          const text = Buffer.concat(chunks as Buffer[]).toString();
          if (text === '{"errors":false}') resolve();
          else reject(new TypeError(`_bulk: ${text.slice(0, 300)}`));
        }, reject);
      });
      asked.end(body);
    });
  const worker = async (): Promise<void> => {
    for (let body = left.shift(); body; body = left.shift()) await send(body);
  };
  await Promise.all(Array.from({ length: limits.inFlight }, worker));
  agent.destroy();
}

async function indexer(url: string, gzipped: ReadonlyMap<string, Buffer>): Promise<void> {
  const ports: Ports = {
    indexer: 'bench',
    objects: {
      open: (_bucket, key) => {
        const bytes = gzipped.get(key)!;
        const body = Readable.from([bytes]);
        return Promise.resolve({ bytes: bytes.length, etag: 'etag', lastModified, body, close: () => undefined });
      },
    },
    cluster: openSearchDocumentWriter({
      endpoint: url,
      region: 'eu-west-1',
      credentials: () => Promise.resolve({ accessKeyId: 'AKIAEXAMPLE', secretAccessKey: 'secret' }),
    }),
    rejects: memoryObjectStore({ bucket: 'rejects' }),
    queue: { send: () => Promise.reject(new TypeError('The benchmark has no queue')) },
    mappings: { find: () => Promise.resolve([]), setEnabled: () => Promise.resolve() },
    parser: parsers['json-lines'],
    documents: documentMaker('bench-YYYY.MM.DD'),
    indexOf: indexNamer('bench-YYYY.MM.DD'),
    limits,
    marginMs: 0,
    now: () => new Date(),
    sleep: (milliseconds) => sleep(milliseconds),
    random: Math.random,
  };
  const named = [...gzipped.keys()].map((key) => ({ bucket: 'bench', key }));
  const message = { messageId: 'm', body: JSON.stringify({ permafrost: 'backfill', objects: named }) };
  const quiet = { info: () => undefined, warn: () => undefined, measure: () => undefined };
  const context = { getRemainingTimeInMillis: () => 600_000, invokedFunctionArn: 'arn' };
  const { batchItemFailures } = await indexS3Objects({ Records: [message] as never }, context, ports, quiet);
  if (batchItemFailures.length > 0) throw new TypeError('The indexer did not do its message');
}

interface Measured {
  readonly perSecond: number;
  /** Of this process, for 100 000 documents: says more than the time does where others keep the machine busy. */
  readonly cpuSeconds: number;
}

/** Loads all documents into an index that is made anew. */
async function measured(url: string, load: () => Promise<void>): Promise<Measured> {
  await fetch(`${url}/${index}`, { method: 'DELETE' });
  const settings = { number_of_shards: 1, number_of_replicas: 0, refresh_interval: '-1' };
  const mappings = { dynamic: false, properties };
  await fetch(`${url}/${index}`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ settings, mappings }),
  });
  const [begin, cpuBefore] = [performance.now(), process.cpuUsage()];
  await load();
  const seconds = (performance.now() - begin) / 1000;
  const { user, system } = process.cpuUsage(cpuBefore);
  await fetch(`${url}/${index}/_refresh`, { method: 'POST' });
  const found = (await (await fetch(`${url}/${index}/_count`)).json()) as { count: number };
  if (found.count !== count) throw new TypeError(`${found.count} documents instead of ${count}`);
  return { perSecond: count / seconds, cpuSeconds: ((user + system) / 1e6 / count) * 100_000 };
}

const said = ({ perSecond, cpuSeconds }: Measured): string =>
  `${Math.round(perSecond)} documents/s (CPU ${cpuSeconds.toFixed(2)} s for 100 000)`;
const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1]!;

async function bench(url: string): Promise<void> {
  const { gzipped, bodies } = await prepare();
  say(
    `${count} documents, ${bodies.reduce((sum, { length }) => sum + length, 0) >> 20} MiB in ${bodies.length} requests`,
  );
  const speeds = { raw: [] as number[], indexer: [] as number[] };
  for (let round = 0; round <= rounds; round += 1) {
    const [byRaw, byIndexer] = [
      await measured(url, () => raw(url, bodies)),
      await measured(url, () => indexer(url, gzipped)),
    ];
    // The first warms up the node and this process.
    if (round === 0) continue;
    speeds.raw.push(byRaw.perSecond);
    speeds.indexer.push(byIndexer.perSecond);
    const share = (byIndexer.perSecond / byRaw.perSecond).toFixed(2);
    say(`raw ${said(byRaw)}, indexer ${said(byIndexer)}, share ${share}`);
  }
  say(`median share ${(median(speeds.indexer) / median(speeds.raw)).toFixed(2)}`);
}

const given = process.env['OPENSEARCH_URL'];
if (given !== undefined) await bench(given);
else {
  const dataDir = await mkdtemp(join(tmpdir(), 'bench-indexer-'));
  const node = await startOpenSearch({ version: '3.8.0', dataDir, heapMegabytes: 2048 });
  try {
    await bench(node.url);
  } finally {
    await node.stop();
    await rm(dataDir, { recursive: true, force: true });
  }
}
