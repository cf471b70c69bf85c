import { setTimeout as sleep } from 'node:timers/promises';
import { LambdaClient } from '@aws-sdk/client-lambda';
import { S3Client } from '@aws-sdk/client-s3';
import { SQSClient } from '@aws-sdk/client-sqs';
import type { Context, SQSBatchResponse, SQSEvent } from 'aws-lambda';
import { z } from 'zod';
import type { DocumentWriter } from '../../ports/document-writer.ts';
import type { EventSourceMappings } from '../../ports/event-source-mappings.ts';
import { lambdaEventSourceMappings } from '../../ports/lambda-event-source-mappings.ts';
import type { LogObjects } from '../../ports/log-objects.ts';
import type { MessageQueue } from '../../ports/message-queue.ts';
import type { ObjectStore } from '../../ports/object-store.ts';
import { openSearchDocumentWriter } from '../../ports/opensearch-document-writer.ts';
import { s3LogObjects } from '../../ports/s3-log-objects.ts';
import { s3ObjectStore } from '../../ports/s3-object-store.ts';
import { sqsMessageQueue } from '../../ports/sqs-message-queue.ts';
import { ClusterDiskFull, PermafrostError } from '../../workflow/errors.ts';
import type { Telemetry } from '../telemetry.ts';
import { type BulkLimits, BulkWriter } from './bulk/bulk-writer.ts';
import { rejectStore } from './bulk/reject-store.ts';
import { accessVariables, connectUser } from './cluster-access.ts';
import { indexNamer } from './documents/index-name.ts';
import { formatNames, parsers } from './formats/index.ts';
import { indexMessages } from './index-messages.ts';
import { ingestHandler } from './ingest-handler.ts';
import type { Parser } from './log-record.ts';
import { type DocumentMaker, documentMaker } from './make-document.ts';
import { runTime } from './run-time.ts';
import { stopIndexer } from './stop-switch.ts';

export const environment = z.object({
  ...accessVariables,
  /** Its name in rejects and notes; part of keys. */
  INDEXER: z.string().regex(/^[a-z0-9][a-z0-9-]{0,62}$/),
  FORMAT: z.enum(formatNames),
  /** With date tokens, such as `logdata-DDMMYYYY`. */
  INDEX_PATTERN: z.string().min(1),
  QUEUE_URL: z.url(),
  REJECTS_BUCKET: z.string().min(3),
  /** How long before the function's time ends it stops reading. */
  STOP_MARGIN_SECONDS: z.coerce.number().min(2).max(300).default(20),
  BULK_BYTES: z.coerce
    .number()
    .int()
    .min(64 * 1024)
    .max(50 * 1024 * 1024)
    .default(5 * 1024 * 1024),
  BULK_DOCUMENTS: z.coerce.number().int().min(1).max(50_000).default(10_000),
  BULK_REQUESTS: z.coerce.number().int().min(1).max(16).default(3),
});

export interface Ports {
  readonly indexer: string;
  readonly objects: LogObjects;
  readonly cluster: DocumentWriter;
  /** Rejects, and notes of stops. */
  readonly rejects: ObjectStore;
  readonly queue: MessageQueue;
  readonly mappings: EventSourceMappings;
  readonly parser: Parser;
  readonly documents: DocumentMaker;
  /** The index of a time. */
  readonly indexOf: (time: Date) => string;
  readonly limits: BulkLimits;
  readonly marginMs: number;
  readonly now: () => Date;
  readonly sleep: (milliseconds: number) => Promise<unknown>;
  readonly random: () => number;
}

/** Indexes what a batch of the queue's messages names; answers with the messages that must be delivered again. */
export async function indexS3Objects(
  { Records }: SQSEvent,
  context: Pick<Context, 'getRemainingTimeInMillis' | 'invokedFunctionArn'>,
  ports: Ports,
  telemetry: Telemetry,
): Promise<SQSBatchResponse> {
  const time = runTime(() => context.getRemainingTimeInMillis(), ports.marginMs);
  const { sleep, random, limits } = ports;
  const writer = new BulkWriter(
    {
      writer: ports.cluster,
      rejects: rejectStore(ports.rejects, ports.indexer),
      pace: { timeLeftMs: () => time.leftForWritingMs(), sleep, random },
    },
    limits,
  );
  const messages = Records.map(({ messageId, body }) => ({ id: messageId, body }));
  const failed = await indexMessages(messages, { ...ports, writer, time }, telemetry);

  const { indexed, duplicates, rejected } = writer.counts;
  telemetry.measure('RecordsIndexed', indexed, 'Count');
  telemetry.measure('RecordsDuplicate', duplicates, 'Count');
  telemetry.measure('RecordsRejected', rejected, 'Count');
  telemetry.measure('MessagesFailed', failed.length, 'Count');
  telemetry.info('Done', { messages: messages.length, failed: failed.length, indexed, duplicates, rejected });

  if (writer.failure && saysNoDisk(writer, ports))
    await stop(writer.failure, Records[0]?.eventSourceARN ?? '', context.invokedFunctionArn, ports, telemetry);
  return { batchItemFailures: failed.map((itemIdentifier) => ({ itemIdentifier })) };
}

/**
 * OpenSearch Service does not wait for the watermarks: when a node runs out of disk (or memory) it blocks writing to indices as anybody
 * could (`FORBIDDEN/8/index write (api)`). That of an old index may be somebody's will; nobody wants it of the newest lines'.
 */
const saysNoDisk = ({ failure, blocked }: BulkWriter, { indexOf, now }: Ports): boolean =>
  failure instanceof ClusterDiskFull || blocked.has(indexOf(now()));

/** Where the switch does not work, the messages still fail and come again: what is done stays done. */
async function stop(
  failure: PermafrostError,
  queueArn: string,
  functionArn: string,
  { indexer, mappings, rejects, now }: Ports,
  telemetry: Telemetry,
): Promise<void> {
  try {
    await stopIndexer({ mappings, notes: rejects }, { name: indexer, functionArn, queueArn }, failure.message, now());
    telemetry.measure('IndexerStopped', 1, 'Count');
    telemetry.warn('Stopped: the cluster has no disk', { indexer, reason: failure.message });
  } catch (error) {
    if (!(error instanceof PermafrostError)) throw error;
    telemetry.warn('The indexer could not be stopped', { indexer, error: error.name, reason: error.message });
  }
}

export function connect(variables: z.output<typeof environment>): Ports {
  const s3 = new S3Client();
  const user = connectUser(variables.CLUSTER_USER_PARAMETER);
  return {
    indexer: variables.INDEXER,
    objects: s3LogObjects(s3),
    cluster: openSearchDocumentWriter({
      endpoint: variables.DOMAIN_ENDPOINT,
      region: variables.AWS_REGION,
      ...(user && { user }),
    }),
    rejects: s3ObjectStore(s3, variables.REJECTS_BUCKET),
    queue: sqsMessageQueue(new SQSClient(), variables.QUEUE_URL),
    mappings: lambdaEventSourceMappings(new LambdaClient()),
    parser: parsers[variables.FORMAT],
    documents: documentMaker(variables.INDEX_PATTERN),
    indexOf: indexNamer(variables.INDEX_PATTERN),
    limits: {
      bytes: variables.BULK_BYTES,
      documents: variables.BULK_DOCUMENTS,
      inFlight: variables.BULK_REQUESTS,
    },
    marginMs: variables.STOP_MARGIN_SECONDS * 1000,
    now: () => new Date(),
    sleep: (milliseconds) => sleep(milliseconds),
    random: Math.random,
  };
}

export const handler = ingestHandler({ name: 'index-s3-objects', environment, connect, run: indexS3Objects });
