import { ObjectTooLarge, PermafrostError } from '../../workflow/errors.ts';
import type { Telemetry } from '../telemetry.ts';
import { indexObject, type Reading, type ReadingPorts } from './index-object.ts';
import type { MessageQueue } from '../../ports/message-queue.ts';
import { nameOf, type ObjectToIndex, type Understood } from './messages/object-to-index.ts';
import { backfillOf, messageFor } from './messages/own-messages.ts';
import { readMessage } from './messages/read-message.ts';

export interface QueuedMessage {
  readonly id: string;
  readonly body: string;
}

export interface IndexPorts extends ReadingPorts {
  readonly queue: MessageQueue;
  readonly now: () => Date;
}

/** What came of one object of a message. */
type Work =
  | { readonly kind: 'skipped' }
  | { readonly kind: 'put-off'; readonly object: ObjectToIndex }
  | { readonly kind: 'read'; readonly reading: Reading; readonly isFirst: boolean };
type Understanding = {
  readonly message: QueuedMessage;
  readonly works: Work[];
  objects: readonly ObjectToIndex[];
  failure?: Error;
};

/** Objects of a message that did not get done, as the log names them. */
const mostNamed = 10;
/** How long a rest waits that the cluster or the bucket was not ready for. */
const afterTroubleSeconds = 60;

/**
 * Indexes the objects that the messages name, one after the other, through one writer. A message is done when each of its objects
 * is, or is in the queue again with a message of its own: the rest of one that ran out of time, or one that was not begun.
 * @returns the ids of the messages that must be delivered again
 */
export async function indexMessages(
  messages: readonly QueuedMessage[],
  ports: IndexPorts,
  telemetry: Telemetry,
): Promise<string[]> {
  const all: Understanding[] = [];
  let isFirst = true;
  for (const message of messages) {
    const understanding: Understanding = { message, works: [], objects: [] };
    all.push(understanding);
    let understood: Understood;
    try {
      understood = readMessage(message.body);
    } catch (error) {
      understanding.failure = namedOrThrow(error);
      continue;
    }
    for (const reason of understood.nothing) telemetry.info('Nothing to index', { messageId: message.id, reason });
    understanding.objects = understood.objects;
    try {
      for (const object of understood.objects) {
        const work = await begin(object, isFirst, ports, telemetry);
        if (work.kind === 'read') isFirst = false;
        understanding.works.push(work);
      }
    } catch (thrown) {
      // A fault of the program over one object: the messages that came with it by chance must not die with its own.
      if (!(thrown instanceof Error)) throw thrown;
      understanding.failure = thrown;
      telemetry.warn('A fault', { messageId: message.id, error: thrown.name, stack: thrown.stack });
    }
    telemetry.measure('ObjectsSkipped', skipped(understanding, understood), 'Count');
  }
  await ports.writer.flush();

  const failed: string[] = [];
  for (const { message, works, objects, failure } of all) {
    const error = failure ?? (await conclude(works, ports, telemetry).catch(namedOrThrow));
    if (error === undefined) continue;
    failed.push(message.id);
    telemetry.warn('A message is not done', {
      messageId: message.id,
      objects: objects.slice(0, mostNamed).map(nameOf),
      error: error.name,
      reason: error.message,
    });
  }
  return failed;
}

const skipped = ({ works }: Understanding, { nothing }: Understood): number =>
  nothing.length + works.filter(({ kind }) => kind === 'skipped').length;

async function begin(object: ObjectToIndex, isFirst: boolean, ports: IndexPorts, telemetry: Telemetry): Promise<Work> {
  // With the first, it is at least tried: the margins are the settings' business.
  if (!isFirst && ports.time.leftForReadingMs() <= 0) return { kind: 'put-off', object };
  const reading = await indexObject(object, ports);
  if (typeof reading !== 'string') {
    telemetry.measure('BytesInflated', reading.inflatedBytes, 'Bytes');
    return { kind: 'read', reading, isFirst };
  }
  telemetry.info('Skipped', { bucket: object.bucket, key: object.key, reason: reading });
  return { kind: 'skipped' };
}

/**
 * Says what is left to do of a message's objects, if anything.
 * @returns why the message must be delivered again: then nothing is put into the queue, the redelivery covers it all
 */
async function conclude(
  works: readonly Work[],
  ports: IndexPorts,
  telemetry: Telemetry,
): Promise<PermafrostError | undefined> {
  const rests: { body: string; delaySeconds: number }[] = [];
  const notBegun: ObjectToIndex[] = [];
  const done: Reading[] = [];
  for (const work of works) {
    if (work.kind === 'skipped') continue;
    // With a writer that takes nothing more, what was put off has failed like the rest.
    if (work.kind === 'put-off') {
      if (ports.writer.failure) return ports.writer.failure;
      if (work.object.resume) rests.push({ body: messageFor(work.object), delaySeconds: 0 });
      else notBegun.push(work.object);
      continue;
    }
    const left = leftOf(work.reading, work.isFirst, ports.writer.failure);
    if (left === 'nothing') done.push(work.reading);
    else if (left instanceof PermafrostError) return left;
    else rests.push(left);
  }
  // Together, as they came: a message for each of hundreds would take longer than what is left of the run.
  if (notBegun.length > 0) rests.push({ body: backfillOf(notBegun), delaySeconds: 0 });
  for (const { body, delaySeconds } of rests) {
    await ports.queue.send(body, { delaySeconds });
    telemetry.info('Goes on in another run', { next: body });
  }
  telemetry.measure('ObjectsContinued', rests.length, 'Count');
  for (const { opened } of done) {
    telemetry.measure('ObjectsIndexed', 1, 'Count');
    if (opened) telemetry.measure('AgeSeconds', secondsBetween(opened.lastModified, ports.now()), 'Seconds');
  }
  return undefined;
}

function leftOf(
  { object, from, progress, stoppedBy, opened, isPlain }: Reading,
  isFirst: boolean,
  writerFailure: PermafrostError | undefined,
): 'nothing' | { body: string; delaySeconds: number } | PermafrostError {
  if (stoppedBy === 'end' && progress.isSettled) return 'nothing';
  const trouble = stoppedBy instanceof PermafrostError ? stoppedBy : progress.isSettled ? undefined : writerFailure;
  if (trouble && !isPassing(trouble)) return trouble;
  const { offset, header } = progress.resumeAt;
  if (offset <= from.offset || opened === undefined) {
    if (trouble) return trouble;
    // It had less than a run for itself: the same again.
    if (!isFirst) return { body: messageFor(object), delaySeconds: 0 };
    return new ObjectTooLarge(
      `s3://${object.bucket}/${object.key}: a whole run does not get past offset ${from.offset} of its content`,
    );
  }
  const resume = {
    offset,
    etag: opened.etag,
    runs: (object.resume?.runs ?? 0) + 1,
    ...(header !== undefined && { header }),
    ...(isPlain && { plain: true }),
  };
  const { bucket, key } = object;
  const version = opened.versionId === undefined ? {} : { versionId: opened.versionId };
  return { body: messageFor({ bucket, key, ...version, resume }), delaySeconds: trouble ? afterTroubleSeconds : 0 };
}

const isPassing = (error: PermafrostError): boolean => (error.constructor as typeof PermafrostError).retryable;
const secondsBetween = (from: Date, to: Date): number => Math.max(0, (to.getTime() - from.getTime()) / 1000);

function namedOrThrow(error: unknown): PermafrostError {
  if (error instanceof PermafrostError) return error;
  throw error;
}
