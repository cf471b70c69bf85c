import { HeadObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { mockClient } from 'aws-sdk-client-mock';
import { join } from 'node:path';
import { tmpdir } from 'node:os';
import { beforeEach, expect, test } from 'vitest';
import { Notices, type Written } from '../../../../../../infra/local/servers/s3-proxy/notifications/notices.ts';
import { ProxyState } from '../../../../../../infra/local/servers/s3-proxy/state.ts';

const queue = 'arn:aws:sqs:us-east-1:000000000000:queue';
const body = `<NotificationConfiguration><QueueConfiguration><Id>q</Id><Queue>${queue}</Queue><Event>s3:ObjectCreated:Put</Event>
  <Filter><S3Key><FilterRule><Name>prefix</Name><Value>heard/</Value></FilterRule></S3Key></Filter></QueueConfiguration></NotificationConfiguration>`;
const written: Written = {
  bucket: 'logs',
  key: 'heard/a',
  creation: 'Put',
  accessKeyId: null,
  sourceAddress: '127.0.0.1',
  versionId: 'v1',
  requestId: 'id',
  hostId: 'host',
};
const upstream = mockClient(S3Client);
const sent: string[] = [];

async function newNotices(): Promise<Notices> {
  const state = await ProxyState.load(join(tmpdir(), 'there-is-no-such-file.json'));
  state.setConfiguration('logs', 'notification', { body, headers: {} });
  return new Notices(state, new S3Client({}), (_, message) => {
    sent.push(message);
    return Promise.resolve();
  });
}
const object = (): unknown => (JSON.parse(sent[0]!) as { Records: [{ s3: { object: unknown } }] }).Records[0].s3.object;

beforeEach(() => {
  upstream.reset();
  sent.length = 0;
});

test.each<[string, Partial<Written>]>([
  ['another bucket', { bucket: 'other' }],
  ['another key', { key: 'unheard/a' }],
  ['another event', { creation: 'Copy' }],
])('a write that nobody hears of costs no request: %s', async (_, change) => {
  await (await newNotices()).created({ ...written, ...change });
  expect(upstream.calls()).toHaveLength(0);
  expect(sent).toEqual([]);
});

test('the version that was written is looked up, once', async () => {
  upstream.on(HeadObjectCommand).resolves({ ContentLength: 7, ETag: '"e-2"' });
  await (await newNotices()).created(written);
  expect(upstream.calls().map(({ args }) => args[0].input)).toEqual([
    { Bucket: 'logs', Key: 'heard/a', VersionId: 'v1' },
  ]);
  expect(object()).toMatchObject({ key: 'heard/a', size: 7, eTag: 'e-2', versionId: 'v1' });
});

test('an object that is gone by then is told of nevertheless, without a size', async () => {
  upstream.on(HeadObjectCommand).rejects(Object.assign(new Error('gone'), { $metadata: { httpStatusCode: 404 } }));
  await (await newNotices()).created(written);
  expect(object()).toEqual({ key: 'heard/a', versionId: 'v1', sequencer: expect.any(String) as string });
});

test('an object that cannot be looked up is not told of as something else', async () => {
  upstream.on(HeadObjectCommand).rejects(Object.assign(new Error('broken'), { $metadata: { httpStatusCode: 500 } }));
  await expect((await newNotices()).created(written)).rejects.toThrow('broken');
  expect(sent).toEqual([]);
});
