export interface StoredObject {
  readonly bucket: string;
  readonly key: string;
  readonly bytes: number;
  readonly eTag: string;
  /** Of a versioned bucket. */
  readonly versionId?: string;
}

const topicArn = 'arn:aws:sns:eu-west-1:123456789012:logs';

/** Messages that tell of the objects, in the shapes in which S3's notifications reach a queue; some tell of two. */
export function notificationsOf(objects: readonly StoredObject[], random: () => number): string[] {
  const messages: string[] = [];
  for (let place = 0; place < objects.length;) {
    const shape = shapes[Math.floor(random() * shapes.length)]!;
    const some = objects.slice(place, place + shape.objects);
    messages.push(JSON.stringify(shape.of(some)));
    place += some.length;
  }
  return messages;
}

/** Amazon S3 User Guide, "Event message structure": keys are form-encoded. */
const s3Event = (objects: readonly StoredObject[]): object => ({
  Records: objects.map(({ bucket, key, bytes, eTag, versionId }) => ({
    eventVersion: '2.1',
    eventSource: 'aws:s3',
    awsRegion: 'eu-west-1',
    eventTime: '2024-03-01T13:00:00.000Z',
    eventName: 'ObjectCreated:Put',
    s3: {
      s3SchemaVersion: '1.0',
      bucket: { name: bucket, arn: `arn:aws:s3:::${bucket}` },
      object: {
        key: new URLSearchParams({ '': key }).toString().slice(1).replaceAll('%2F', '/'),
        size: bytes,
        eTag,
        versionId,
      },
    },
  })),
});

/** Amazon S3 User Guide, "EventBridge event message structure": keys are as they are. */
const eventBridgeEvent = ([object]: readonly StoredObject[]): object => ({
  version: '0',
  source: 'aws.s3',
  'detail-type': 'Object Created',
  account: '123456789012',
  region: 'eu-west-1',
  detail: {
    version: '0',
    bucket: { name: object!.bucket },
    object: { key: object!.key, size: object!.bytes, etag: object!.eTag, 'version-id': object!.versionId },
    reason: 'PutObject',
  },
});

/** Amazon SNS Developer Guide, "Amazon SNS message and JSON formats". */
const fromTopic = (message: object): object => ({
  Type: 'Notification',
  MessageId: '22b80b92-fdea-4c2c-8f9d-bdfb0c7bf324',
  TopicArn: topicArn,
  Message: JSON.stringify(message),
  Timestamp: '2024-03-01T13:00:01.000Z',
  SignatureVersion: '1',
});

const shapes: readonly { readonly objects: number; of(objects: readonly StoredObject[]): object }[] = [
  { objects: 1, of: s3Event },
  { objects: 2, of: s3Event },
  { objects: 1, of: eventBridgeEvent },
  { objects: 2, of: (objects) => fromTopic(s3Event(objects)) },
  { objects: 1, of: (objects) => fromTopic(eventBridgeEvent(objects)) },
];
