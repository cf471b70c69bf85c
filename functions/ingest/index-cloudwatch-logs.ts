import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { S3Client } from '@aws-sdk/client-s3';
import type { Context } from 'aws-lambda';
import { z } from 'zod';
import type { DocumentWriter } from '../../ports/document-writer.ts';
import type { ObjectStore } from '../../ports/object-store.ts';
import { openSearchDocumentWriter } from '../../ports/opensearch-document-writer.ts';
import { s3ObjectStore } from '../../ports/s3-object-store.ts';
import type { Telemetry } from '../telemetry.ts';
import type { RecordSource } from './bulk/bulk-item.ts';
import { type BulkCounts, type BulkLimits, BulkWriter } from './bulk/bulk-writer.ts';
import { Progress } from './bulk/progress.ts';
import { rejectStore } from './bulk/reject-store.ts';
import { accessVariables, connectUser } from './cluster-access.ts';
import { cloudwatchRecords } from './formats/cloudwatch-message.ts';
import { ingestHandler } from './ingest-handler.ts';
import { type DocumentMaker, documentMaker } from './make-document.ts';
import { runTime } from './run-time.ts';
import { readSubscriptionEvent, type SubscriptionMessage } from './subscription-message.ts';

export const environment = z.object({
  ...accessVariables,
  /** Its name in rejects; part of keys. */
  INDEXER: z.string().regex(/^[a-z0-9][a-z0-9-]{0,62}$/),
  /** With date tokens, such as `cwl-YYYY.MM.DD`. */
  INDEX_PATTERN: z.string().min(1),
  REJECTS_BUCKET: z.string().min(3),
});

export interface Ports {
  readonly indexer: string;
  readonly cluster: DocumentWriter;
  readonly rejects: ObjectStore;
  readonly documents: DocumentMaker;
  readonly limits: BulkLimits;
  readonly now: () => Date;
  readonly sleep: (milliseconds: number) => Promise<unknown>;
  readonly random: () => number;
}

/** Of one run; all zero for a control message. */
export type Indexed = Readonly<BulkCounts>;

/** How long before the function's time ends the last request must have: a quarter of it is left for the answer. */
const marginMs = 10_000;

/**
 * Indexes the events of one message of a subscription filter. The ids are those that the same events have when they come by way of
 * Firehose and S3, so that a message which is delivered again, by whatever way, adds nothing.
 * @throws MessageNotUnderstood, or what stopped the writer: the service then delivers the message again, twice, and keeps it after that
 */
export async function indexCloudwatchLogs(
  event: unknown,
  context: Pick<Context, 'getRemainingTimeInMillis'>,
  ports: Ports,
  telemetry: Telemetry,
): Promise<Indexed> {
  const read = await readSubscriptionEvent(event);
  if (read.kind === 'control') {
    telemetry.measure('ControlMessages', 1, 'Count');
    return { indexed: 0, duplicates: 0, rejected: 0 };
  }
  const time = runTime(() => context.getRemainingTimeInMillis(), marginMs);
  const { sleep, random, limits } = ports;
  const writer = new BulkWriter(
    {
      writer: ports.cluster,
      rejects: rejectStore(ports.rejects, ports.indexer),
      pace: { timeLeftMs: () => time.leftForWritingMs(), sleep, random },
    },
    limits,
  );
  try {
    await handOver(read, writer, ports.documents);
  } catch (error) {
    // A batch that failed while others were handed over: what is in flight still lands.
    if (error !== writer.failure) throw error;
  }
  await writer.flush();

  const counts = { ...writer.counts };
  telemetry.measure('RecordsIndexed', counts.indexed, 'Count');
  telemetry.measure('RecordsDuplicate', counts.duplicates, 'Count');
  telemetry.measure('RecordsRejected', counts.rejected, 'Count');
  if (writer.failure) throw writer.failure;
  telemetry.measure('AgeSeconds', Math.max(0, (ports.now().getTime() - read.newest.getTime()) / 1000), 'Seconds');
  return counts;
}

async function handOver(
  { message, newest }: Extract<SubscriptionMessage, { kind: 'data' }>,
  writer: BulkWriter,
  documents: DocumentMaker,
): Promise<void> {
  const { owner, logGroup, logStream } = message;
  // Only for events without an id of their own: a message has no name, so what it says stands for it.
  const digest = createHash('sha256').update(JSON.stringify(message)).digest('hex');
  const origin = { bucket: `${owner}/${logGroup}`, key: logStream, eTag: digest };
  const source: RecordSource = {
    facts: { owner, logGroup, logStream },
    date: newest,
    progress: new Progress({ offset: 0, header: undefined }),
  };
  for (const parsed of cloudwatchRecords(message, 0)) {
    if ('header' in parsed) continue;
    const item =
      'record' in parsed
        ? { source, offset: 0, part: parsed.record.part, ...documents(parsed.record, origin, newest) }
        : { source, offset: 0, part: 0, reason: parsed.unreadable.reason, text: parsed.unreadable.text };
    const full = writer.add(item);
    if (full) await full;
  }
}

export function connect(variables: z.output<typeof environment>): Ports {
  const user = connectUser(variables.CLUSTER_USER_PARAMETER);
  return {
    indexer: variables.INDEXER,
    cluster: openSearchDocumentWriter({
      endpoint: variables.DOMAIN_ENDPOINT,
      region: variables.AWS_REGION,
      ...(user && { user }),
    }),
    rejects: s3ObjectStore(new S3Client(), variables.REJECTS_BUCKET),
    documents: documentMaker(variables.INDEX_PATTERN),
    // Messages are small: most make one request.
    limits: { bytes: 5 * 1024 * 1024, documents: 10_000, inFlight: 2 },
    now: () => new Date(),
    sleep: (milliseconds) => sleep(milliseconds),
    random: Math.random,
  };
}

export const handler = ingestHandler({ name: 'index-cloudwatch-logs', environment, connect, run: indexCloudwatchLogs });
