import type { DocumentItem } from './bulk/bulk-item.ts';
import { documentId, type SourceObject } from './documents/document-id.ts';
import { eventTime } from './documents/event-time.ts';
import { indexNamer } from './documents/index-name.ts';
import type { LogRecord } from './log-record.ts';

export type DocumentMaker = (
  record: LogRecord,
  origin: SourceObject,
  lastModified: Date,
) => Pick<DocumentItem, 'index' | 'id' | 'document'>;

const hourMs = 3_600_000;

/**
 * Makes documents of records.
 * @param pattern of the index names, such as `logdata-DDMMYYYY`
 * @throws InvalidSettings when no index can be named by it
 */
export function documentMaker(pattern: string): DocumentMaker {
  const nameOf = indexNamer(pattern);
  // Neighbours are of the same hour, and no pattern has a finer token.
  let last = { hour: NaN, index: '' };
  return (record, origin, lastModified) => {
    const time = eventTime(record, lastModified);
    const hour = Math.floor(time.getTime() / hourMs);
    if (hour !== last.hour) last = { hour, index: nameOf(time) };
    return { index: last.index, id: documentId(record, origin), document: withTimestamp(record.document, time) };
  };
}

/** Written once, as text: the document is not copied for one more member. */
function withTimestamp(document: LogRecord['document'], time: Date): string {
  const timestamp = time.toISOString();
  if (Object.hasOwn(document, '@timestamp')) return JSON.stringify({ ...document, '@timestamp': timestamp });
  const text = JSON.stringify(document);
  return text === '{}' ? `{"@timestamp":"${timestamp}"}` : `{"@timestamp":"${timestamp}",${text.slice(1)}`;
}
