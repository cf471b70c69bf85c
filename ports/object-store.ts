/** What Permafrost asks of an object store. One value stands for one bucket. */

export interface StoredObject {
  readonly key: string;
  readonly bytes: number;
}

export interface ObjectVersion extends StoredObject {
  readonly versionId: string;
  readonly isLatest: boolean;
  readonly isDeleteMarker: boolean;
}

export interface ObjectFacts extends StoredObject {
  /** Absent in an unversioned bucket. */
  readonly versionId?: string;
  /** S3's own SHA-256, base64; for a multipart object the COMPOSITE form `base64-N`. Absent where none was stored. */
  readonly checksumSha256?: string;
  readonly retention?: { readonly mode: 'COMPLIANCE' | 'GOVERNANCE'; readonly until: Date };
  /** `STANDARD`, `GLACIER`, `DEEP_ARCHIVE`, ... */
  readonly storageClass: string;
  /**
   * Whether the version can be read: `ready` (never cold, or thawed), `frozen` (cold, or the thaw has expired), `thawing`
   * (asked for, not there yet).
   */
  readonly access: 'ready' | 'frozen' | 'thawing';
  /** Until when a thawed copy of a cold version stays readable. */
  readonly thawedUntil?: Date;
}

/** How fast a cold object is brought back. `Expedited` does not exist for DEEP_ARCHIVE. */
export type ThawTier = 'Expedited' | 'Standard' | 'Bulk';

export interface UploadedPart {
  /** 1 to 10,000. */
  readonly number: number;
  readonly etag: string;
  /** SHA-256 of the part, base64, as S3 verified it. */
  readonly sha256: string;
}

export interface PutOptions {
  /** Refuse with `ObjectExists` when an object is already at the key. Default false. */
  readonly ifAbsent?: boolean;
  /** COMPLIANCE retention on the new version. */
  readonly retainUntil?: Date;
  readonly contentType?: string;
}

/**
 * Contract, held by every implementation (test/ports/object-store.contract.ts):
 * - Keys are UTF-8 strings of 1 to 1,024 bytes, taken as they are: no normalisation, any character.
 * - Lists are in the order of the keys' UTF-8 bytes and complete, however many pages they take.
 * - A write is all or nothing: a reader sees the whole new object or none of it.
 * - Every failure is a named error: `BucketMissing`, `ObjectMissing`, `ObjectExists`, `ObjectFrozen`, `NotAllowed`,
 *   `StoreUnavailable` (retryable), `InvalidRequest` (a thaw tier that the object's class does not have), or `StoreAnswerUnknown`.
 */
export interface ObjectStore {
  readonly bucket: string;

  list(prefix: string): AsyncIterable<StoredObject>;
  /** Every version and delete marker under the prefix, newest version of a key first. */
  listVersions(prefix: string): AsyncIterable<ObjectVersion>;
  /** The facts of the newest (or the named) version, or undefined when there is none. A cold object has facts. */
  head(key: string, versionId?: string): Promise<ObjectFacts | undefined>;
  /** Opens an object for reading. `bytes` is the length that the store announces; the body may still end early with an error. */
  get(
    key: string,
    options?: { versionId?: string; signal?: AbortSignal },
  ): Promise<{ readonly bytes: number; readonly versionId?: string; readonly body: AsyncIterable<Uint8Array> }>;
  /** Reads a small object whole. `FormatInvalid` when it is larger than `limitBytes` (default 64 MiB). */
  read(key: string, options?: { versionId?: string; limitBytes?: number }): Promise<Uint8Array>;
  put(key: string, bytes: Uint8Array, options?: PutOptions): Promise<{ readonly versionId?: string }>;
  /** Deletes by key; a key with no object is no failure. In a versioned bucket this is refused by policy, not by this port. */
  delete(keys: readonly string[]): Promise<void>;
  /** Sets COMPLIANCE retention on a version. Lengthens only: the store refuses to shorten. */
  retain(key: string, versionId: string, until: Date): Promise<void>;

  /**
   * Asks for a readable copy of a cold version for some days. One that is being thawed, or is not cold, is no failure; one
   * that was thawed stays so for that many days from now.
   */
  thaw(key: string, versionId: string, tier: ThawTier, days: number): Promise<void>;

  /** Opens a multipart upload and returns its id. Nothing is visible at the key before `completeUpload`. */
  startUpload(key: string, options?: Pick<PutOptions, 'retainUntil' | 'contentType'>): Promise<string>;
  /** Stores one part; the store verifies the SHA-256 (base64) of the bytes it received. */
  uploadPart(
    key: string,
    uploadId: string,
    part: { readonly number: number; readonly bytes: Uint8Array; readonly sha256: string },
    signal?: AbortSignal,
  ): Promise<UploadedPart>;
  /** Publishes the parts as one object, only where the key is empty: else `ObjectExists`, and the upload stays open. `ObjectMissing` when the upload is gone. */
  completeUpload(
    key: string,
    uploadId: string,
    parts: readonly UploadedPart[],
  ): Promise<{ readonly versionId?: string }>;
  /** Discards an upload; one that is gone is no failure. */
  abortUpload(key: string, uploadId: string): Promise<void>;
  /** Unfinished uploads whose key starts with the prefix. */
  listUploads(prefix: string): AsyncIterable<{ readonly key: string; readonly uploadId: string }>;
}
