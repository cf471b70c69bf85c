import { region } from '../../../template/scope.ts';
import type { Creation } from './event-names.ts';

/** What the answer to a request says of itself; S3's support would ask for it. */
export interface RequestIds {
  requestId: string;
  hostId: string;
}

export interface CreatedObject extends RequestIds {
  bucket: string;
  key: string;
  creation: Creation;
  time: Date;
  /** Access key of who wrote it; null for a write without a signature. */
  accessKeyId: string | null;
  sourceAddress: string;
  /** In bytes; undefined when the object is gone already. */
  size: number | undefined;
  /** Without quotes. */
  eTag: string | undefined;
  /** Undefined where the bucket keeps no versions. */
  versionId: string | undefined;
}

/** Whoever S3 would name by an id of its own: the buckets have one owner here. */
const OWNER = 'LOCALOWNER';

/**
 * The message for one new object, as S3 sends it
 * (https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html, version 2.1).
 */
export function createdMessage(object: CreatedObject, configurationId: string): string {
  const { bucket, key, size, eTag, versionId } = object;
  const record = {
    eventVersion: '2.1',
    eventSource: 'aws:s3',
    awsRegion: region,
    eventTime: object.time.toISOString(),
    eventName: `ObjectCreated:${object.creation}`,
    userIdentity: { principalId: object.accessKeyId === null ? 'Anonymous' : `AWS:${object.accessKeyId}` },
    requestParameters: { sourceIPAddress: object.sourceAddress },
    responseElements: { 'x-amz-request-id': object.requestId, 'x-amz-id-2': object.hostId },
    s3: {
      s3SchemaVersion: '1.0',
      configurationId,
      bucket: { name: bucket, ownerIdentity: { principalId: OWNER }, arn: `arn:aws:s3:::${bucket}` },
      object: { key: formEncoded(key), size, eTag, versionId, sequencer: nextSequencer() },
    },
  };
  return JSON.stringify({ Records: [record] });
}

/** The message by which S3 tries a destination that a configuration names. */
export function testMessage(bucket: string, time: Date, { requestId, hostId }: RequestIds): string {
  return JSON.stringify({
    Service: 'Amazon S3',
    Event: 's3:TestEvent',
    Time: time.toISOString(),
    Bucket: bucket,
    RequestId: requestId,
    HostId: hostId,
  });
}

/** As in `application/x-www-form-urlencoded` (a space is `+`, else `%` and bytes of UTF-8), but slashes stay. */
export const formEncoded = (key: string): string =>
  new URLSearchParams([['', key]]).toString().slice(1).replaceAll('%2F', '/');

let lastSequence = 0n;

/** Hexadecimal of fixed width, greater with each event, also over a restart. */
function nextSequencer(): string {
  const now = BigInt(Date.now()) << 20n;
  lastSequence = now > lastSequence ? now : lastSequence + 1n;
  return lastSequence.toString(16).toUpperCase().padStart(18, '0');
}
