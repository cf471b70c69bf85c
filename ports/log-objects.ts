/** What ingestion asks of an object store: to read log objects of any bucket that it is told of. */

export interface LogObject {
  /** Of the whole object as stored, compressed or not. */
  readonly bytes: number;
  /** Absent in an unversioned bucket. */
  readonly versionId?: string;
  /** Of the content, without quotes: tells contents apart where there are no versions. */
  readonly etag: string;
  readonly lastModified: Date;
  /** To be read once; it may end early with an error. Not read at all, it is to be left by `close`. */
  readonly body: AsyncIterable<Uint8Array>;
  /** Lets the connection go. Whoever read the body to its end need not call it. */
  close(): void;
}

export interface OpenOptions {
  readonly versionId?: string;
  readonly signal?: AbortSignal;
  /** Only the bytes as stored from this offset on, which is before the end, of the content with this ETag. */
  readonly from?: { readonly offset: number; readonly etag: string };
}

export interface LogObjects {
  /**
   * Opens the version, or the newest where none is named.
   * Failures: `ObjectMissing` (also: it has another content than that of `from`), `BucketMissing`, `ObjectFrozen`, `NotAllowed`, `StoreUnavailable` (retryable), `StoreAnswerUnknown`;
   * after an abort, the signal's reason.
   */
  open(bucket: string, key: string, options?: OpenOptions): Promise<LogObject>;
}
