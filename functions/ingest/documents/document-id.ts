import { hash as digest } from 'node:crypto';
import type { LogRecord } from '../log-record.ts';

/** What an id takes at most in OpenSearch, in bytes of UTF-8. */
const longestIdBytes = 512;
/** Of SHA-256: 160 bits, so that even 2^40 documents collide with a chance of 2^-81. */
const hashBytes = 20;

/** The object that a record was read from. */
export interface SourceObject {
  readonly bucket: string;
  readonly key: string;
  /** As GetObject answered; undefined in a bucket without versions. */
  readonly versionId?: string | undefined;
  /** Tells two contents of one key apart where there are no versions. */
  readonly eTag?: string | undefined;
}

/**
 * The id of a record's document, the same however often the record is delivered: the service's own id of the event where there is
 * one (hashed above 512 bytes), else a hash of where it stands (object, version, offset, part), so that equal lines stay separate.
 */
export function documentId(record: Pick<LogRecord, 'eventId' | 'offset' | 'part'>, source: SourceObject): string {
  const { eventId, offset, part } = record;
  if (eventId !== undefined) return Buffer.byteLength(eventId) <= longestIdBytes ? eventId : hash(eventId);
  const { bucket, key, versionId, eTag } = source;
  return hash(JSON.stringify([bucket, key, versionId ?? eTag ?? null, offset, part]));
}

// Done for every document: asking for hexadecimal and decoding it takes half as long as asking for bytes.
const hash = (text: string): string =>
  Buffer.from(digest('sha256', text, 'hex').slice(0, 2 * hashBytes), 'hex').toString('base64url');
