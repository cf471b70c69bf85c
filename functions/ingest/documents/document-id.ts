import { hash as digest } from 'node:crypto';
import type { LogRecord } from '../log-record.ts';

/** What an id takes at most in OpenSearch, in bytes of UTF-8. */
const longestIdBytes = 512;

type Placed = Pick<LogRecord, 'eventId' | 'offset' | 'part'>;

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
 * The ids of documents of one object. An id is the same however often its record is delivered: the service's own id of the event where
 * there is one (hashed above 512 bytes), else a hash of where it stands (object, version, offset, part), so that equal lines stay separate.
 */
export function documentIds(source: SourceObject): (record: Placed) => string {
  const { bucket, key, versionId, eTag } = source;
  // Of the JSON array that is hashed, what all have alike.
  const begin = JSON.stringify([bucket, key, versionId ?? eTag ?? null]).slice(0, -1);
  return ({ eventId, offset, part }) => {
    if (eventId === undefined) return hash(`${begin},${offset},${part}]`);
    return Buffer.byteLength(eventId) <= longestIdBytes ? eventId : hash(eventId);
  };
}

/** The id of one document; see `documentIds`. */
export const documentId = (record: Placed, source: SourceObject): string => documentIds(source)(record);

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

/**
 * The first 160 bits of SHA-256, so that even 2^40 documents collide with a chance of 2^-81. The digest is asked for as text, and cut: asking for bytes takes three times as long (measured).
 */
function hash(text: string): string {
  const whole = digest('sha256', text, 'base64url');
  // Of the last of 27 characters, only the first 4 bits are of the 160.
  return whole.slice(0, 26) + alphabet[alphabet.indexOf(whole[26]!) & 0b111100]!;
}
