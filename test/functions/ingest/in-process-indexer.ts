import { createHash } from 'node:crypto';
import type { SQSBatchResponse } from 'aws-lambda';
import { indexNamer } from '../../../functions/ingest/documents/index-name.ts';
import { parsers, type FormatName } from '../../../functions/ingest/formats/index.ts';
import { indexS3Objects, type Ports } from '../../../functions/ingest/index-s3-objects.ts';
import { documentMaker } from '../../../functions/ingest/make-document.ts';
import { openSearchDocumentWriter } from '../../../ports/opensearch-document-writer.ts';
import { ObjectMissing } from '../../../workflow/errors.ts';
import type { BulkCluster } from '../../support/bulk-cluster.ts';
import { type MemoryObjectStore, memoryObjectStore } from '../../support/memory-object-store.ts';

export const queueArn = 'arn:aws:sqs:eu-west-1:123456789012:indexer';
export const functionArn = 'arn:aws:lambda:eu-west-1:123456789012:function:indexer';
export const lastModified = new Date('2026-01-02T12:00:00Z');

interface Message {
  readonly id: string;
  readonly body: string;
  receives: number;
}
export interface InProcessIndexer {
  readonly ports: Ports;
  readonly rejects: MemoryObjectStore;
  readonly queue: Message[];
  readonly deadLetters: Message[];
  readonly measured: Map<string, number>;
  readonly warnings: string[];
  /** Objects of messages that were not done, as the log names them. */
  readonly notDone: string[];
  /** Mappings that were disabled or enabled, as it happened. */
  readonly switched: [id: string, enabled: boolean][];
  runs: number;
  /** The offsets from which objects were opened. */
  readonly asked: number[];
  put(key: string, bytes: Uint8Array): void;
  send(message: object): void;
  /** One run of the function with the queue's next messages. */
  run(batchSize?: number): Promise<SQSBatchResponse>;
  /** Runs until the queue is empty. */
  drain(batchSize?: number): Promise<void>;
}

export interface Options {
  readonly cluster: BulkCluster;
  readonly format?: FormatName;
  readonly limits?: Partial<Ports['limits']>;
  /** Of the function. Default 60. */
  readonly timeoutSeconds?: number;
  /** How long a chunk of 4 KiB takes to come. Default 0. */
  readonly chunkMs?: number;
  /** How long a bulk request takes. Default 0. */
  readonly requestMs?: number;
  readonly random?: () => number;
  readonly maxReceiveCount?: number;
  readonly etagOf?: (bytes: Uint8Array) => string;
}

const chunkBytes = 4096;

/** The indexer with its queue, bucket and clock in memory; only the cluster is a server. Time passes only by waiting and reading. */
export function inProcessIndexer(options: Options): InProcessIndexer {
  const { cluster, chunkMs = 0, requestMs = 0, timeoutSeconds = 60, maxReceiveCount = 5 } = options;
  const objects = new Map<string, Uint8Array>();
  const etagOf = options.etagOf ?? ((bytes) => createHash('md5').update(bytes).digest('hex'));
  let clock = lastModified.getTime() + 60_000;
  let messages = 0;
  const openSearch = openSearchDocumentWriter({
    endpoint: cluster.url,
    region: 'eu-west-1',
    credentials: () => Promise.resolve({ accessKeyId: 'AKIAEXAMPLE', secretAccessKey: 'secret' }),
  });

  const ports: Ports = {
    indexer: 'test',
    objects: {
      open(bucket, key, { signal, from } = {}) {
        const bytes = objects.get(key);
        indexer.asked.push(from?.offset ?? 0);
        if (bytes && from && from.etag !== etagOf(bytes)) return Promise.reject(new ObjectMissing('overwritten'));
        if (bucket !== 'logs-bucket' || !bytes) return Promise.reject(new ObjectMissing(`s3://${bucket}/${key}`));
        const body = async function* (): AsyncIterable<Uint8Array> {
          for (let start = from?.offset ?? 0; start < bytes.length; start += chunkBytes) {
            await Promise.resolve();
            signal?.throwIfAborted();
            clock += chunkMs;
            yield bytes.subarray(start, start + chunkBytes);
          }
        };
        return Promise.resolve({
          bytes: bytes.length,
          etag: etagOf(bytes),
          lastModified,
          body: body(),
          close: () => undefined,
        });
      },
    },
    cluster: {
      async create(...request) {
        clock += requestMs;
        return openSearch.create(...request);
      },
    },
    rejects: memoryObjectStore({ bucket: 'rejects' }),
    queue: {
      send(body) {
        indexer.queue.push({ id: `m${++messages}`, body, receives: 0 });
        return Promise.resolve();
      },
    },
    mappings: {
      find: (name, arn) => Promise.resolve(name === functionArn && arn === queueArn ? ['mapping-1'] : []),
      setEnabled(id, enabled) {
        indexer.switched.push([id, enabled]);
        return Promise.resolve();
      },
    },
    parser: parsers[options.format ?? 'text'],
    documents: documentMaker('logdata-YYYY.MM.DD'),
    indexOf: indexNamer('logdata-YYYY.MM.DD'),
    limits: { bytes: 64 * 1024, documents: 1000, inFlight: 3, ...options.limits },
    marginMs: 10_000,
    now: () => new Date(clock),
    sleep(milliseconds) {
      clock += milliseconds;
      return Promise.resolve();
    },
    random: options.random ?? (() => 0.5),
  };

  const indexer: InProcessIndexer = {
    ports,
    rejects: ports.rejects as MemoryObjectStore,
    queue: [],
    deadLetters: [],
    measured: new Map(),
    warnings: [],
    notDone: [],
    switched: [],
    runs: 0,
    asked: [],
    put: (key, bytes) => void objects.set(key, bytes),
    send: (message) => void indexer.queue.push({ id: `m${++messages}`, body: JSON.stringify(message), receives: 0 }),

    async run(batchSize = 10) {
      indexer.runs += 1;
      const batch = indexer.queue.splice(0, batchSize);
      for (const message of batch) message.receives += 1;
      const end = clock + timeoutSeconds * 1000;
      const answer = await indexS3Objects(
        { Records: batch.map(({ id, body }) => ({ messageId: id, body, eventSourceARN: queueArn })) as never },
        { getRemainingTimeInMillis: () => end - clock, invokedFunctionArn: functionArn },
        ports,
        {
          info: () => undefined,
          warn: (message, { error, objects: named }: { error?: unknown; objects?: string[] } = {}) => {
            indexer.warnings.push(typeof error === 'string' ? error : message);
            indexer.notDone.push(...(named ?? []));
          },
          measure: (name, value) => void indexer.measured.set(name, (indexer.measured.get(name) ?? 0) + value),
        },
      );
      const failed = new Set(answer.batchItemFailures.map(({ itemIdentifier }) => itemIdentifier));
      for (const message of batch.filter(({ id }) => failed.has(id)))
        (message.receives >= maxReceiveCount ? indexer.deadLetters : indexer.queue).push(message);
      return answer;
    },
    async drain(batchSize = 10) {
      for (let runs = 0; indexer.queue.length > 0; runs += 1) {
        if (runs > 500) throw new RangeError('The queue does not become empty');
        await indexer.run(batchSize);
      }
    },
  };
  return indexer;
}

/** The notification of an object in the bucket without versions. */
export const created = (key: string, bytes?: number): object => ({
  version: '0',
  source: 'aws.s3',
  'detail-type': 'Object Created',
  detail: { bucket: { name: 'logs-bucket' }, object: { key, ...(bytes !== undefined && { size: bytes }) } },
});

/** Numbers from 0 to 1 that look random and are the same each time (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
