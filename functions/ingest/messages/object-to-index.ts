/** What a message of the queue comes to, whatever its shape. */

export interface ObjectToIndex {
  readonly bucket: string;
  /** As S3 keeps it, not encoded. */
  readonly key: string;
  /** Absent: the newest, of an unversioned bucket the only one. */
  readonly versionId?: string;
  /** As the notification says. */
  readonly bytes?: number;
  /** Where another run of the indexer stopped. */
  readonly resume?: Resume;
}

export interface Resume {
  /** Of the first record that is still to be indexed: bytes of the inflated object. 0: nothing was read yet. */
  readonly offset: number;
  /** What the parser must know of the object's beginning. */
  readonly header?: string;
  /** Of the content that was begun: the offset means nothing in another. */
  readonly etag: string;
  /** It is not compressed: the rest is asked for alone. */
  readonly plain?: boolean;
  /** How many runs there were before. */
  readonly runs: number;
}

/** For people: `s3://bucket/key`, with the version where there is one. */
export const nameOf = ({ bucket, key, versionId }: ObjectToIndex): string =>
  `s3://${bucket}/${key}${versionId === undefined ? '' : `?versionId=${versionId}`}`;

/** Why an event of a bucket gives nothing to index. */
export type NoObject = 'test-event' | 'creates-nothing';

export interface Understood {
  readonly objects: readonly ObjectToIndex[];
  /** One for each event that names no object to index. */
  readonly nothing: readonly NoObject[];
}
