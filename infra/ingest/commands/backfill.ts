import { S3Client } from '@aws-sdk/client-s3';
import { SQSClient } from '@aws-sdk/client-sqs';
import { z } from 'zod';
import { backfillOf } from '../../../functions/ingest/messages/own-messages.ts';
import type { MessageQueue } from '../../../ports/message-queue.ts';
import { sqsMessageQueue } from '../../../ports/sqs-message-queue.ts';
import { noProgress, progressIn, type Job, type KeptProgress } from './backfill-progress.ts';
import { main, type Command, type Outcome, type Terminal } from './command.ts';
import { inParallel } from './in-parallel.ts';
import { pagesOfObjects, type ListedObject } from './list-objects-after.ts';
import { bucket, queueUrl, turnedOn, wholeNumber } from './options.ts';

const instant = z
  .string()
  .refine((text) => /^\d{4}-\d\d-\d\d(T.*(Z|[+-]\d\d:\d\d))?$/.test(text) && !Number.isNaN(Date.parse(text)), {
    error: 'must be a day or a time: 2026-01-02 or 2026-01-02T00:00:00Z',
  });

const schema = z.object({
  bucket,
  prefix: z.string().default(''),
  queue: queueUrl,
  since: instant.optional(),
  until: instant.optional(),
  'start-after': z.string().min(1).optional(),
  'objects-per-message': wholeNumber(1, 100).default(10),
  progress: z.string().min(1).optional(),
  'dry-run': turnedOn,
});

export interface Selection {
  /** Bounds of when an object was stored: from `since` on, before `until`. */
  readonly since?: Date | undefined;
  readonly until?: Date | undefined;
  readonly perMessage: number;
  readonly dryRun: boolean;
}

/** SQS takes 256 KiB of UTF-8 in every region and queue; the rest is for what is around the objects. */
const messageBytes = 250_000;
const messagesAtOnce = 10;

/**
 * Puts the objects of the pages into the queue, as messages that make an indexer read them from their beginning. What was indexed
 * before stays as it is. After each page it notes how far it came.
 */
export async function backfill(
  pages: AsyncIterable<readonly ListedObject[]>,
  bucketName: string,
  queue: MessageQueue,
  { since, until, perMessage, dryRun }: Selection,
  progress: KeptProgress,
  { say, stop }: Terminal,
): Promise<Outcome> {
  const sum = { objects: 0, bytes: 0, messages: 0, cold: 0, empty: 0 };
  let lastKey: string | undefined;
  let isStopped = false;
  const isAskedFor = ({ lastModified }: ListedObject): boolean =>
    (since === undefined || (lastModified !== undefined && lastModified >= since)) &&
    (until === undefined || (lastModified !== undefined && lastModified < until));
  try {
    for await (const page of pages) {
      if ((isStopped = stop.aborted)) break;
      const asked = page.filter(isAskedFor);
      const objects = asked.filter(({ bytes, isCold }) => bytes > 0 && !isCold);
      const bodies = messagesOf(objects, bucketName, perMessage);
      if (!dryRun) await inParallel(bodies, messagesAtOnce, (body) => queue.send(body));
      sum.objects += objects.length;
      sum.bytes += objects.reduce((bytes, each) => bytes + each.bytes, 0);
      sum.messages += bodies.length;
      sum.cold += asked.filter(({ bytes, isCold }) => bytes > 0 && isCold).length;
      sum.empty += asked.filter(({ bytes }) => bytes === 0).length;
      lastKey = page.at(-1)?.key ?? lastKey;
      if (lastKey === undefined) continue;
      if (!dryRun) progress.write(lastKey);
      say(`${sum.objects} objects, ${inMib(sum.bytes)} MiB, as far as ${lastKey}`);
    }
  } catch (error) {
    if (lastKey !== undefined) say(`What comes after this key is not in the queue: ${lastKey}`);
    throw error;
  }
  const { objects, bytes, messages, cold, empty } = sum;
  const what = `${objects} objects (${inMib(bytes)} MiB) in ${messages} messages`;
  say(dryRun ? `${what} would be put into the queue; nothing was changed.` : `${what} put into the queue.`);
  if (empty > 0) say(`${empty} empty objects were passed over.`);
  if (cold > 0) say(`${cold} objects were passed over that are in a Glacier class: thaw them, then backfill again.`);
  if (isStopped) {
    if (lastKey !== undefined) say(`Stopped. What comes after this key is not in the queue: ${lastKey}`);
    return 'left';
  }
  if (!dryRun) progress.remove();
  return cold > 0 ? 'left' : 'done';
}

/** Few objects a message: when one of them cannot be read, all of its message come again. */
function messagesOf(objects: readonly ListedObject[], bucketName: string, perMessage: number): string[] {
  const bodies: string[] = [];
  let some: { bucket: string; key: string; bytes: number }[] = [];
  let size = 0;
  const close = (): void => {
    if (some.length > 0) bodies.push(backfillOf(some));
    some = [];
    size = 0;
  };
  for (const { key, bytes } of objects) {
    const object = { bucket: bucketName, key, bytes };
    const own = Buffer.byteLength(JSON.stringify(object)) + 1;
    if (some.length >= perMessage || size + own > messageBytes) close();
    some.push(object);
    size += own;
  }
  close();
  return bodies;
}

const inMib = (bytes: number): string => (bytes / 1024 ** 2).toFixed(1);

export const backfillCommand: Command<typeof schema> = {
  name: 'backfill',
  about:
    'Puts the objects below a prefix of a bucket into the queue of an indexer, which then reads them as if they were new. Of each\n' +
    'object the newest version. May be repeated: what is indexed already stays as it is.',
  schema,
  options: {
    bucket: { value: 'NAME', help: 'the bucket; the role of the indexer must be allowed to read it' },
    prefix: { value: 'PREFIX', help: 'of the keys; default: all' },
    queue: { value: 'URL', help: 'the queue of the indexer' },
    since: { value: 'TIME', help: 'only objects stored at this time (UTC) or later' },
    until: { value: 'TIME', help: 'only objects stored before this time (UTC)' },
    'start-after': { value: 'KEY', help: 'only keys after this one, in the order of their bytes' },
    'objects-per-message': { value: 'N', help: 'up to 100; default 10' },
    progress: {
      value: 'FILE',
      help: 'keeps how far it came, so that the same command goes on there; removed at the end',
    },
    'dry-run': { help: 'counts, and changes nothing' },
  },
  run(options, terminal) {
    const { bucket: name, prefix, queue, since, until, progress: file } = options;
    const job: Job = { bucket: name, prefix, queue, ...(since && { since }), ...(until && { until }) };
    const progress = file === undefined ? noProgress : progressIn(file, job);
    const after = progress.read();
    if (after !== undefined) terminal.say(`Goes on after ${after}`);
    return backfill(
      pagesOfObjects(new S3Client(), name, prefix, after ?? options['start-after']),
      name,
      sqsMessageQueue(new SQSClient(), queue),
      {
        since: since === undefined ? undefined : new Date(since),
        until: until === undefined ? undefined : new Date(until),
        perMessage: options['objects-per-message'],
        dryRun: options['dry-run'],
      },
      progress,
      terminal,
    );
  },
};

if (import.meta.main) await main(backfillCommand);
