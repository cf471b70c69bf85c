import type { LogObject, LogObjects, OpenOptions } from '../../ports/log-objects.ts';
import { ObjectMissing, PermafrostError } from '../../workflow/errors.ts';
import type { BulkItem, RecordSource } from './bulk/bulk-item.ts';
import type { BulkWriter } from './bulk/bulk-writer.ts';
import { Progress, type ResumePlace } from './bulk/progress.ts';
import { inflate } from './content/inflate.ts';
import { skip } from './content/skip.ts';
import type { SourceObject } from './documents/document-id.ts';
import type { Parsed, Parser } from './log-record.ts';
import type { DocumentMaker } from './make-document.ts';
import type { ObjectToIndex } from './messages/object-to-index.ts';
import { type SkipReason, skipReason } from './messages/skip-reason.ts';
import type { RunTime } from './run-time.ts';

/** How far the reading of an object came. Whether its records are confirmed says its progress, once the writer is flushed. */
export interface Reading {
  readonly object: ObjectToIndex;
  readonly from: ResumePlace;
  readonly progress: Progress;
  /** `end`: of the object; `time`: of the run; or what stopped it. */
  readonly stoppedBy: 'end' | 'time' | PermafrostError;
  /** Known as soon as the object is open. */
  readonly opened?: Pick<LogObject, 'lastModified' | 'etag' | 'versionId'>;
  /** Whether it is known to be not compressed. */
  readonly isPlain: boolean;
  readonly inflatedBytes: number;
}

export interface ReadingPorts {
  readonly objects: LogObjects;
  readonly writer: BulkWriter;
  readonly parser: Parser;
  readonly documents: DocumentMaker;
  readonly time: RunTime;
}

/** Reads an object from where it was left and hands all its records to the writer, as far as the run's time allows. */
export async function indexObject(object: ObjectToIndex, ports: ReadingPorts): Promise<Reading | SkipReason> {
  const named = skipReason(object);
  if (named !== undefined) return named;

  const from = { offset: object.resume?.offset ?? 0, header: object.resume?.header };
  const progress = new Progress(from);
  const stop = new AbortController();
  const timer = setTimeout(() => stop.abort(), Math.max(0, ports.time.leftForReadingMs()));
  const inflated = { bytes: 0 };
  const part = partOf(object);
  let isPlain = part !== undefined;
  let opened: LogObject | undefined;
  let stoppedBy: Reading['stoppedBy'];
  try {
    opened = await open(object, part, ports.objects, stop.signal);
    const empty = skipReason({ key: object.key, bytes: opened.bytes });
    if (empty !== undefined) return empty;
    const stored = stoppable(opened.body, stop, ports.time);
    // A part of what is plain may look like something compressed.
    const content = counted(part ? stored : inflate(stored, () => (isPlain = true)), inflated);
    const rest = part || from.offset === 0 ? content : skip(content, from.offset);
    stoppedBy = await handOver(object, rest, opened, progress, ports);
  } catch (thrown) {
    if (stop.signal.aborted) stoppedBy = 'time';
    else if (thrown instanceof PermafrostError) stoppedBy = thrown;
    else throw thrown;
  } finally {
    clearTimeout(timer);
    opened?.close();
  }
  return { object, from, progress, stoppedBy, ...(opened && { opened }), isPlain, inflatedBytes: inflated.bytes };
}

/** What is asked for of an object alone. Only of a plain one an offset of the content is one of what is stored. */
const partOf = ({ resume }: ObjectToIndex): OpenOptions['from'] =>
  resume?.plain && resume.offset > 0 ? { offset: resume.offset, etag: resume.etag } : undefined;

async function open(
  { bucket, key, versionId, resume }: ObjectToIndex,
  from: OpenOptions['from'],
  objects: LogObjects,
  signal: AbortSignal,
): Promise<LogObject> {
  const version = versionId === undefined ? {} : { versionId };
  const opened = await objects.open(bucket, key, { signal, ...version, ...(from && { from }) });
  if (resume === undefined || resume.etag === opened.etag) return opened;
  opened.close();
  throw new ObjectMissing(`s3://${bucket}/${key}: what was begun has been overwritten; its rest is gone`);
}

async function handOver(
  object: ObjectToIndex,
  bytes: AsyncIterable<Uint8Array>,
  { lastModified, versionId, etag }: LogObject,
  progress: Progress,
  { parser, documents, writer, time }: ReadingPorts,
): Promise<'end' | 'time'> {
  const { bucket, key } = object;
  const origin = { bucket, key, versionId, eTag: etag };
  const facts = { bucket, key, ...(versionId === undefined ? { etag } : { versionId }) };
  const source: RecordSource = { facts, date: lastModified, progress };
  const { offset: resumeAt } = progress.resumeAt;
  let { header } = progress.resumeAt;
  const place = { bucket, key, lastModified, resumeAt, ...(header !== undefined && { header }) };
  for await (const some of parser(bytes, place)) {
    for (const parsed of some) {
      if ('header' in parsed) {
        header = parsed.header;
        continue;
      }
      progress.reach('record' in parsed ? parsed.record.offset : parsed.unreadable.offset, header);
      if (time.leftForReadingMs() <= 0) return 'time';
      const full = writer.add(itemOf(parsed, source, origin, documents));
      if (full) await full;
    }
  }
  return 'end';
}

function itemOf(
  parsed: Exclude<Parsed, { header: string }>,
  source: RecordSource,
  origin: SourceObject,
  documents: DocumentMaker,
): BulkItem {
  if ('record' in parsed) {
    const { offset, part } = parsed.record;
    const { index, id, document } = documents(parsed.record, origin, source.date);
    return { source, offset, part, index, id, document };
  }
  const { offset, reason, text } = parsed.unreadable;
  return { source, offset, part: 0, reason, text };
}

/** Ends with an error, never early: a record that is cut off must not pass for a whole one. */
async function* stoppable(
  bytes: AsyncIterable<Uint8Array>,
  stop: AbortController,
  time: RunTime,
): AsyncIterable<Uint8Array> {
  for await (const chunk of bytes) {
    if (time.leftForReadingMs() <= 0) stop.abort();
    stop.signal.throwIfAborted();
    yield chunk;
  }
}

async function* counted(bytes: AsyncIterable<Uint8Array>, sum: { bytes: number }): AsyncIterable<Uint8Array> {
  for await (const chunk of bytes) {
    sum.bytes += chunk.byteLength;
    yield chunk;
  }
}
