import { describe, expect, test } from 'vitest';
import { messageFor } from '../../../functions/ingest/messages/own-messages.ts';
import { readMessage } from '../../../functions/ingest/messages/read-message.ts';
import { skipReason } from '../../../functions/ingest/messages/skip-reason.ts';
import { MessageNotUnderstood } from '../../../workflow/errors.ts';

const record = (eventName: string, key: string, object: object = {}): object => ({
  eventVersion: '2.3',
  eventSource: 'aws:s3',
  awsRegion: 'eu-west-1',
  eventTime: '2026-01-02T03:04:05.678Z',
  eventName,
  userIdentity: { principalId: 'AWS:AROAEXAMPLE:firehose' },
  requestParameters: { sourceIPAddress: '192.0.2.1' },
  responseElements: {
    'x-amz-request-id': 'C3D13FE58DE4C810',
    'x-amz-id-2': 'FMyUVURIY8/IgAtTv8xRjskZQpcIZ9KG4V5Wp6S7S',
  },
  s3: {
    s3SchemaVersion: '1.0',
    configurationId: 'indexer',
    bucket: {
      name: 'logs-bucket',
      ownerIdentity: { principalId: 'A3NL1KOZZKExample' },
      arn: 'arn:aws:s3:::logs-bucket',
    },
    object: { key, size: 1024, eTag: 'd41d8cd98f00b204e9800998ecf8427e', sequencer: '0055AED6DCD90281E5', ...object },
  },
});
const s3 = (...records: object[]): object => ({ Records: records });
const sns = (message: unknown): object => ({
  Type: 'Notification',
  MessageId: '22b80b92-fdea-4c2c-8f9d-bdfb0c7bf324',
  TopicArn: 'arn:aws:sns:eu-west-1:123456789012:logs',
  Subject: 'Amazon S3 Notification',
  Message: typeof message === 'string' ? message : JSON.stringify(message),
  Timestamp: '2026-01-02T03:04:05.678Z',
  SignatureVersion: '1',
  Signature: 'EXAMPLE',
  SigningCertURL: 'https://sns.eu-west-1.amazonaws.com/x.pem',
  UnsubscribeURL: 'https://sns.eu-west-1.amazonaws.com/?Action=Unsubscribe',
});
const eventBridge = (type: string, object: object): object => ({
  version: '0',
  id: '17793124-05d4-b198-2fde-7ededc63b103',
  'detail-type': type,
  source: 'aws.s3',
  account: '123456789012',
  time: '2026-01-02T03:04:05Z',
  region: 'eu-west-1',
  resources: ['arn:aws:s3:::logs-bucket'],
  detail: {
    version: '0',
    bucket: { name: 'logs-bucket' },
    object: { size: 1024, etag: 'b1946ac92492d2347c6235b4d2611184', sequencer: '00617F08299329D189', ...object },
    reason: 'PutObject',
  },
});
const testEvent = {
  Service: 'Amazon S3',
  Event: 's3:TestEvent',
  Time: '2026-01-02T03:04:05.678Z',
  Bucket: 'logs-bucket',
  RequestId: '5582815E1AEA5ADF',
  HostId: '8cLeGAmw098X5cv4Zkwcmo8vvZa3eH3eKxsPzbB9wrR+YstdA6Knx4Ip8EXAMPLE',
};

const object = { bucket: 'logs-bucket', key: 'a/b.gz', bytes: 1024 };
const nothing = ['creates-nothing'];

describe('a message of the queue', () => {
  test.each<[shape: string, message: unknown, objects: unknown[], nothing?: string[]]>([
    ['an event of S3', s3(record('ObjectCreated:Put', 'a/b.gz')), [object]],
    [
      'an event of S3 with a version',
      s3(record('ObjectCreated:CompleteMultipartUpload', 'a/b.gz', { versionId: '3HL4kqtJlcpXroDTDmJ' })),
      [{ ...object, versionId: '3HL4kqtJlcpXroDTDmJ' }],
    ],
    [
      'an event of S3 with the version null',
      s3(record('ObjectCreated:Copy', 'a/b.gz', { versionId: 'null' })),
      [object],
    ],
    [
      'several records in one',
      s3(record('ObjectCreated:Put', 'a/b.gz'), record('ObjectRemoved:Delete', 'c'), record('ObjectCreated:Post', 'd')),
      [object, { ...object, key: 'd' }],
      nothing,
    ],
    ['the test event of S3', testEvent, [], ['test-event']],
    ['the test event of S3, wrapped by SNS', sns(testEvent), [], ['test-event']],
    ['an event of S3, wrapped by SNS', sns(s3(record('ObjectCreated:Put', 'a/b.gz'))), [object]],
    [
      'several records in one, wrapped by SNS',
      sns(s3(record('ObjectCreated:Put', 'a/b.gz'), record('ObjectCreated:Put', 'e'))),
      [object, { ...object, key: 'e' }],
    ],
    ['an event of EventBridge', eventBridge('Object Created', { key: 'a/b.gz' }), [object]],
    [
      'an event of EventBridge with a version, wrapped by SNS',
      sns(eventBridge('Object Created', { key: 'a/b.gz', 'version-id': 'v1' })),
      [{ ...object, versionId: 'v1' }],
    ],
    [
      'a deletion told by EventBridge',
      eventBridge('Object Deleted', { key: 'a', 'deletion-type': 'Delete Marker Created' }),
      [],
      nothing,
    ],
    ['a deletion by a lifecycle rule', s3(record('LifecycleExpiration:Delete', 'a')), [], nothing],
    ['new tags', s3(record('ObjectTagging:Put', 'a')), [], nothing],
    ['a finished thaw', s3(record('ObjectRestore:Completed', 'a')), [], nothing],
    [
      'a key with blanks, plus signs and letters beyond ASCII',
      s3(record('ObjectCreated:Put', 'my+logs/100%25+%C3%BC%2Bb%E6%97%A5.gz')),
      [{ ...object, key: 'my logs/100% ü+b日.gz' }],
    ],
    [
      'a key of EventBridge, which is not encoded',
      eventBridge('Object Created', { key: 'my+logs/100%25 ü.gz' }),
      [{ ...object, key: 'my+logs/100%25 ü.gz' }],
    ],
    [
      'our own message for a backfill',
      {
        permafrost: 'backfill',
        objects: [
          { bucket: 'logs-bucket', key: 'a+b.gz' },
          { ...object, versionId: 'v2' },
        ],
      },
      [
        { bucket: 'logs-bucket', key: 'a+b.gz' },
        { ...object, versionId: 'v2' },
      ],
    ],
    [
      'our own continuation message',
      {
        permafrost: 'continuation',
        bucket: 'logs-bucket',
        key: 'a',
        versionId: 'v2',
        resume: { offset: 5_000_000_000, header: 'version account-id', etag: 'abc-12', plain: true, runs: 3 },
      },
      [
        {
          bucket: 'logs-bucket',
          key: 'a',
          versionId: 'v2',
          resume: { offset: 5_000_000_000, header: 'version account-id', etag: 'abc-12', plain: true, runs: 3 },
        },
      ],
    ],
  ])('is understood: %s', (_shape, message, objects, without = []) => {
    expect(readMessage(JSON.stringify(message))).toEqual({ objects, nothing: without });
  });

  test.each<[shape: string, body: string]>([
    ['empty', ''],
    ['no JSON', 'hello'],
    ['cut off', JSON.stringify(s3(record('ObjectCreated:Put', 'a'))).slice(0, -2)],
    ['a number', '7'],
    ['null', 'null'],
    ['an empty object', '{}'],
    ['no records', '{"Records":[]}'],
    ['an event name that is new', JSON.stringify(s3(record('ObjectPondered:Deeply', 'a')))],
    [
      'one record of several that is not known',
      JSON.stringify(s3(record('ObjectCreated:Put', 'a'), { eventSource: 'aws:ses' })),
    ],
    ['a later major version', JSON.stringify(s3({ ...record('ObjectCreated:Put', 'a'), eventVersion: '3.0' }))],
    ['a record without a key', JSON.stringify(s3(record('ObjectCreated:Put', 'a', { key: undefined })))],
    ['a key that is not encoded', JSON.stringify(s3(record('ObjectCreated:Put', '100%')))],
    [
      'an event of another service by EventBridge',
      JSON.stringify({ ...eventBridge('Object Created', { key: 'a' }), source: 'aws.ec2' }),
    ],
    ['a detail of EventBridge that is new', JSON.stringify(eventBridge('Object Pondered', { key: 'a' }))],
    ['text wrapped by SNS', JSON.stringify(sns('hello'))],
    ['an SNS message in another', JSON.stringify(sns(sns(s3(record('ObjectCreated:Put', 'a')))))],
    ['our own message by way of a topic', JSON.stringify(sns({ permafrost: 'backfill', objects: [object] }))],
    ['a confirmation of SNS', JSON.stringify({ ...sns('x'), Type: 'SubscriptionConfirmation', Token: 't' })],
    ['our own message without objects', '{"permafrost":"backfill","objects":[]}'],
    ['a continuation from nowhere', '{"permafrost":"continuation","bucket":"bbb","key":"k"}'],
  ])('is never taken for nothing to do: %s', (_shape, body) => {
    expect(() => readMessage(body)).toThrow(MessageNotUnderstood);
  });

  test.each([
    object,
    { ...object, versionId: 'v1' },
    { bucket: 'logs-bucket', key: 'ä +%', resume: { offset: 17, etag: 'e', plain: true, runs: 1 } },
    { bucket: 'logs-bucket', key: 'k', versionId: 'v1', resume: { offset: 17, header: 'a b', etag: 'e', runs: 2 } },
  ])('of our own comes back as it was sent: %j', (sent) => {
    expect(readMessage(messageFor(sent))).toEqual({ objects: [sent], nothing: [] });
  });
});

describe('an object without logs', () => {
  test.each<[string, number | undefined, string | undefined]>([
    ['AWSLogs/123456789012/CloudTrail-Digest/eu-west-1/2026/01/02/x.json.gz', 900, 'digest'],
    ['pre/AWSLogs/o-exampleorg/123456789012/CloudTrail-Digest/eu-west-1/x.json.gz', 900, 'digest'],
    ['AWSLogs/123456789012/CloudTrail/eu-west-1/2026/01/02/x.json.gz', 900, undefined],
    ['notes-on/CloudTrail-Digest/x.json.gz', 900, undefined],
    ['AWSLogs/123456789012/Config/ConfigWritabilityCheckFile', 10, 'test-file'],
    ['AWSLogs/123456789012/ELBAccessLogTestFile', 90, 'test-file'],
    ['a/b/', 0, 'folder'],
    ['a/b/', 12, undefined],
    ['a/b', 0, 'empty'],
    ['a/b', 1, undefined],
    ['a/b', undefined, undefined],
  ])('%s of %s bytes is known as: %s', (key, bytes, reason) => {
    expect(skipReason({ key, ...(bytes !== undefined && { bytes }) })).toBe(reason);
  });
});
