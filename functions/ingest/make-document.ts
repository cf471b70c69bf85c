import { documentIds, type SourceObject } from './documents/document-id.ts';
import { eventTime } from './documents/event-time.ts';
import { indexNamer } from './documents/index-name.ts';
import { timestamps } from './documents/timestamp.ts';
import type { LogRecord } from './log-record.ts';

/** A document for the cluster. */
export interface MadeDocument {
  readonly index: string;
  readonly id: string;
  /** As JSON, in one line. */
  readonly document: string;
}

export type DocumentMaker = (record: LogRecord, origin: SourceObject, lastModified: Date) => MadeDocument;

const hourMs = 3_600_000;

/**
 * Makes documents of records.
 * @param pattern of the index names, such as `logdata-DDMMYYYY`
 * @throws InvalidSettings when no index can be named by it
 */
export function documentMaker(pattern: string): DocumentMaker {
  const nameOf = indexNamer(pattern);
  const timestampOf = timestamps();
  // Neighbours are of the same object and the same hour, and no pattern has a finer token.
  let object: { readonly origin?: SourceObject; readonly idOf: (record: LogRecord) => string } = { idOf: () => '' };
  let last = { hour: NaN, index: '' };
  return (record, origin, lastModified) => {
    if (origin !== object.origin) object = { origin, idOf: documentIds(origin) };
    const time = eventTime(record, lastModified);
    const hour = Math.floor(time.getTime() / hourMs);
    if (hour !== last.hour) last = { hour, index: nameOf(time) };
    return {
      index: last.index,
      id: object.idOf(record),
      document: withTimestamp(record.document, timestampOf(time)),
    };
  };
}

/** Written once, as text: the document is not copied for one more member. */
function withTimestamp(document: LogRecord['document'], timestamp: string): string {
  if (Object.hasOwn(document, '@timestamp')) return JSON.stringify({ ...document, '@timestamp': timestamp });
  const text = JSON.stringify(document);
  return text === '{}' ? `{"@timestamp":"${timestamp}"}` : `{"@timestamp":"${timestamp}",${text.slice(1)}`;
}
