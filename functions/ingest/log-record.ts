/** What the parsers of log formats give, whatever the format. */

/** One record of a log. */
export interface LogRecord {
  /** As it goes to OpenSearch, but for `@timestamp`, which is made of `time`. */
  readonly document: Readonly<Record<string, unknown>>;
  /** When it happened, by its own account. Undefined where it does not say, or not readably. */
  readonly time: Date | undefined;
  /** The id that the service gave the event, with its account: the same in whatever object it is delivered. */
  readonly eventId: string | undefined;
  /** Where it begins: bytes of the inflated object. */
  readonly offset: number;
  /** Records that begin at one offset (events of one message) are told apart by their number, from 0. */
  readonly part: number;
}

/** What could not be read as a record; the rest of the object can. */
export interface Unreadable {
  readonly offset: number;
  readonly reason: string;
  /** The bytes in question, cut after 64 KiB. */
  readonly text: string;
}

/**
 * A header is what a parser learns of the object's beginning and a resumed one must know (column names): the caller keeps the
 * last one and gives it along as `Place.header` when it continues.
 */
export type Parsed = { readonly record: LogRecord } | { readonly unreadable: Unreadable } | { readonly header: string };

/**
 * What a parser may be told of its place. `resumeAt` is an `offset` that an earlier call gave, of a record that is still to be
 * indexed: the parser gets the bytes from there on.
 */
export interface Place {
  readonly bucket: string;
  readonly key: string;
  /** When the object was stored: bounds what a time without a year can mean. */
  readonly lastModified: Date;
  /** 0 at the first call. */
  readonly resumeAt: number;
  /** The last header that the parser gave before. */
  readonly header?: string;
}

/**
 * Reads records one after the other, in bounded memory, whatever the object's size: for each chunk of bytes those that it completes,
 * read as they are asked for and to be taken before the next chunk's. (To wait for each record took a tenth of the indexer's time, measured.)
 */
export type Parser = (bytes: AsyncIterable<Uint8Array>, place: Place) => AsyncIterable<Iterable<Parsed>>;
