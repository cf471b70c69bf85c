import {
  CompleteMultipartUploadCommand,
  CopyObjectCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  HeadObjectCommand,
  PutObjectCommand,
  UploadPartCommand,
  UploadPartCopyCommand,
} from '@aws-sdk/client-s3';
import { describe, expect, it, test } from 'vitest';
import { useS3Proxy } from '../use-s3-proxy.ts';

const queue = 'arn:aws:sqs:us-east-1:000000000000:queue';
const topic = 'arn:aws:sns:us-east-1:000000000000:topic';
const anyCreation = { Events: ['s3:ObjectCreated:*' as const] };
const filter = (values: { prefix?: string; suffix?: string }) => ({
  Filter: {
    Key: { FilterRules: Object.entries(values).map(([Name, Value]) => ({ Name: Name as 'prefix' | 'suffix', Value })) },
  },
});

const proxy = useS3Proxy();

interface Noticed {
  eventName: string;
  configurationId: string;
  object: { key: string; size?: number; eTag?: string; versionId?: string; sequencer: string };
}
const noticed = (destination = queue): Noticed[] =>
  proxy.delivered
    .filter((each) => each.destination === destination)
    .flatMap(({ message }) => (message as { Records: { eventName: string; s3: Omit<Noticed, 'eventName'> }[] }).Records)
    .map(({ eventName, s3 }) => ({ eventName, configurationId: s3.configurationId, object: s3.object }));
const keys = (destination?: string): string[] => noticed(destination).map(({ object }) => object.key);

async function upload(Key: string, parts: Buffer[]): Promise<void> {
  const target = { Bucket: proxy.bucket, Key };
  const { UploadId } = await proxy.s3.send(new CreateMultipartUploadCommand(target));
  const Parts = [];
  for (const [index, Body] of parts.entries()) {
    const part = { ...target, UploadId, PartNumber: index + 1, Body };
    const { ETag } = await proxy.s3.send(new UploadPartCommand(part));
    Parts.push({ ETag, PartNumber: index + 1 });
  }
  await proxy.s3.send(new CompleteMultipartUploadCommand({ ...target, UploadId, MultipartUpload: { Parts } }));
}

describe('a new object', () => {
  it('is told of with every field that S3 sends', async () => {
    await proxy.putNotifications({ QueueConfigurations: [{ Id: 'to-queue', QueueArn: queue, ...anyCreation }] });
    const before = Date.now();
    const body = { Bucket: proxy.bucket, Key: 'a/b.gz', Body: 'four' };
    const { ETag, $metadata } = await proxy.s3.send(new PutObjectCommand(body));
    expect(proxy.delivered).toEqual([
      {
        destination: queue,
        message: {
          Records: [
            {
              eventVersion: '2.1',
              eventSource: 'aws:s3',
              awsRegion: 'us-east-1',
              eventTime: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/) as string,
              eventName: 'ObjectCreated:Put',
              userIdentity: { principalId: 'AWS:root' },
              requestParameters: { sourceIPAddress: '127.0.0.1' },
              responseElements: {
                'x-amz-request-id': $metadata.requestId?.split(',')[0],
                'x-amz-id-2': $metadata.extendedRequestId?.split(',')[0],
              },
              s3: {
                s3SchemaVersion: '1.0',
                configurationId: 'to-queue',
                bucket: {
                  name: proxy.bucket,
                  ownerIdentity: { principalId: expect.any(String) as string },
                  arn: `arn:aws:s3:::${proxy.bucket}`,
                },
                object: {
                  key: 'a/b.gz',
                  size: 4,
                  eTag: ETag?.replaceAll('"', ''),
                  sequencer: expect.stringMatching(/^[0-9A-F]{18}$/) as string,
                },
              },
            },
          ],
        },
      },
    ]);
    const { eventTime } = (proxy.delivered[0]!.message as { Records: { eventTime: string }[] }).Records[0]!;
    expect(Date.parse(eventTime)).toBeGreaterThanOrEqual(before);
  });

  test.each([
    ['with spaces.gz', 'with+spaces.gz'],
    ['Grüße/日本.log', 'Gr%C3%BC%C3%9Fe/%E6%97%A5%E6%9C%AC.log'],
    ['one+one=two', 'one%2Bone%3Dtwo'],
    ['a//b/c/d', 'a//b/c/d'],
    ['100%/(a)!*~.-_', '100%25/%28a%29%21*%7E.-_'],
    ['%41 is not A', '%2541+is+not+A'],
    ['quo\'te"&<tag>', 'quo%27te%22%26%3Ctag%3E'],
  ])('named %s is told of as %s', async (key, encoded) => {
    await proxy.putNotifications({ QueueConfigurations: [{ QueueArn: queue, ...anyCreation }] });
    await proxy.s3.send(new PutObjectCommand({ Bucket: proxy.bucket, Key: key, Body: 'x' }));
    expect(keys()).toEqual([encoded]);
    expect(decodeURIComponent(encoded.replaceAll('+', ' '))).toBe(key);
  });

  it('has its version named where the bucket keeps versions', async () => {
    await proxy.putNotifications({ QueueConfigurations: [{ QueueArn: queue, ...anyCreation }] });
    await proxy.enableVersioning();
    const versions = [
      await proxy.put('a', undefined, { Body: '1' }),
      await proxy.put('a', undefined, { Body: '22' }),
    ] as const;
    expect(noticed().map(({ object }) => [object.versionId, object.size])).toEqual([
      [versions[0], 1],
      [versions[1], 2],
    ]);
    const sequence = noticed().map(({ object }) => object.sequencer);
    expect(sequence).toEqual([...sequence].sort());
    expect(new Set(sequence).size).toBe(2);
  });

  it.each([false, true])('made by a copy is one, versions kept: %s', async (isVersioned) => {
    if (isVersioned) await proxy.enableVersioning();
    await proxy.put('from');
    await proxy.putNotifications({ QueueConfigurations: [{ QueueArn: queue, ...anyCreation }] });
    const copy = { Bucket: proxy.bucket, Key: 'to', CopySource: `${proxy.bucket}/from` };
    const { CopyObjectResult, VersionId } = await proxy.s3.send(new CopyObjectCommand(copy));
    expect(noticed()).toMatchObject([{ eventName: 'ObjectCreated:Copy', object: { key: 'to', size: 15 } }]);
    expect(noticed()[0]!.object.eTag).toBe(CopyObjectResult?.ETag?.replaceAll('"', ''));
    expect(noticed()[0]!.object.versionId).toBe(VersionId);
    expect(VersionId !== undefined).toBe(isVersioned);
  });

  it.each([false, true])(
    'made of parts is one, told of once it is complete, versions kept: %s',
    async (isVersioned) => {
      if (isVersioned) await proxy.enableVersioning();
      await proxy.putNotifications({ QueueConfigurations: [{ QueueArn: queue, ...anyCreation }] });
      const part = Buffer.alloc(5 * 1024 * 1024, 'x');
      await upload('parts', [part, Buffer.from('end')]);
      const { ETag, VersionId } = await proxy.head('parts');
      const name = 'ObjectCreated:CompleteMultipartUpload';
      expect(noticed()).toMatchObject([{ eventName: name, object: { key: 'parts', size: part.length + 3 } }]);
      expect(noticed()[0]!.object.eTag).toBe(ETag?.replaceAll('"', ''));
      expect(noticed()[0]!.object.versionId).toBe(VersionId);
      expect(VersionId !== undefined).toBe(isVersioned);
    },
  );

  it('is told of by the time that its writer hears of it, once each of many', async () => {
    await proxy.putNotifications({ QueueConfigurations: [{ QueueArn: queue, ...anyCreation }] });
    const names = Array.from({ length: 50 }, (_, index) => `many/${index}`);
    await Promise.all(
      names.map(async (name) => {
        await proxy.put(name);
        expect(keys()).toContain(name);
      }),
    );
    expect(keys().sort()).toEqual(names.sort());
    expect(new Set(noticed().map(({ object }) => object.sequencer)).size).toBe(50);
  });
});

describe('nobody is told', () => {
  it('of writes that failed, of parts, and of what makes no object', async () => {
    await proxy.put('there');
    await proxy.putNotifications({ QueueConfigurations: [{ QueueArn: queue, ...anyCreation }] });
    await expect(proxy.put('there', undefined, { IfNoneMatch: '*' })).rejects.toMatchObject({
      name: 'PreconditionFailed',
    });
    const target = { Bucket: proxy.bucket, Key: 'parts' };
    const { UploadId } = await proxy.s3.send(new CreateMultipartUploadCommand(target));
    const part = { ...target, UploadId, PartNumber: 1 };
    await proxy.s3.send(new UploadPartCommand({ ...part, Body: 'x' }));
    await proxy.s3.send(new UploadPartCopyCommand({ ...part, CopySource: `${proxy.bucket}/there` }));
    const bad = { ...target, UploadId, MultipartUpload: { Parts: [{ ETag: '"0"', PartNumber: 1 }] } };
    await expect(proxy.s3.send(new CompleteMultipartUploadCommand(bad))).rejects.toMatchObject({ name: 'InvalidPart' });
    await proxy.s3.send(new HeadObjectCommand({ Bucket: proxy.bucket, Key: 'there' }));
    await proxy.s3.send(new DeleteObjectCommand({ Bucket: proxy.bucket, Key: 'there' }));
    expect(proxy.delivered).toEqual([]);
  });

  it('of another bucket', async () => {
    await proxy.putNotifications({ QueueConfigurations: [{ QueueArn: queue, ...anyCreation }] });
    await proxy.newBucket();
    await proxy.put('a');
    expect(proxy.delivered).toEqual([]);
  });
});

describe('who is told', () => {
  it('depends on the beginning and end of the key, which the filter has encoded; in clear they fit nothing', async () => {
    await proxy.putNotifications({
      QueueConfigurations: [
        { Id: 'json', QueueArn: queue, ...anyCreation, ...filter({ prefix: '%C3%BC+b/', suffix: '.json' }) },
        { Id: 'plus', QueueArn: queue, ...anyCreation, ...filter({ prefix: 'a%2Bb/', suffix: '.txt' }) },
        { Id: 'clear', QueueArn: queue, ...anyCreation, ...filter({ prefix: 'day=1/', suffix: '.log' }) },
        { Id: 'broken', QueueArn: queue, ...anyCreation, ...filter({ prefix: '%FF', suffix: '.bin' }) },
      ],
      TopicConfigurations: [{ Id: 'gz', TopicArn: topic, ...anyCreation, ...filter({ suffix: '.gz' }) }],
    });
    const others = ['ü b/x.jsonl', 'x/ü b/x.json', '%C3%BC+b/x.json', 'a b/x.txt', 'x.GZ', 'day=1/x.log', 'ÿ.bin'];
    for (const key of ['ü b/x.json', 'a+b/x.txt', 'ü b/x.gz', ...others]) await proxy.put(key);
    expect(noticed().map(({ configurationId, object }) => [configurationId, object.key])).toEqual([
      ['json', '%C3%BC+b/x.json'],
      ['plus', 'a%2Bb/x.txt'],
    ]);
    expect(keys(topic)).toEqual(['%C3%BC+b/x.gz']);
  });

  it('depends on how the object came to be', async () => {
    await proxy.putNotifications({
      QueueConfigurations: [
        { Id: 'copies', QueueArn: queue, Events: ['s3:ObjectCreated:Copy'] },
        { Id: 'rest', QueueArn: queue, Events: ['s3:ObjectCreated:Put', 's3:ObjectCreated:CompleteMultipartUpload'] },
      ],
    });
    await proxy.put('put');
    await proxy.s3.send(
      new CopyObjectCommand({ Bucket: proxy.bucket, Key: 'copy', CopySource: `${proxy.bucket}/put` }),
    );
    await upload('parts', [Buffer.from('x')]);
    expect(noticed().map(({ configurationId, object }) => [configurationId, object.key])).toEqual([
      ['rest', 'put'],
      ['copies', 'copy'],
      ['rest', 'parts'],
    ]);
  });

  it('is known over a restart', async () => {
    await proxy.putNotifications({ QueueConfigurations: [{ Id: 'kept', QueueArn: queue, ...anyCreation }] });
    await proxy.restart();
    await proxy.put('a');
    expect(noticed()).toMatchObject([{ configurationId: 'kept', object: { key: 'a' } }]);
  });

  it('is nobody once the configuration is taken away', async () => {
    await proxy.putNotifications({ QueueConfigurations: [{ QueueArn: queue, ...anyCreation }] });
    await proxy.putNotifications({});
    await proxy.put('a');
    expect(proxy.delivered).toEqual([]);
  });
});

describe('a destination that fails', () => {
  it('is asked again, and the writer notices nothing', async () => {
    await proxy.putNotifications({ QueueConfigurations: [{ QueueArn: queue, ...anyCreation }] });
    proxy.refusals = 2;
    await proxy.put('a');
    expect(keys()).toEqual(['a']);
  });

  it('for good makes the write fail, by every way of writing, and the next write tells again', async () => {
    await proxy.putNotifications({ QueueConfigurations: [{ QueueArn: queue, ...anyCreation }] });
    const failure = { name: 'ServiceUnavailable', $metadata: { httpStatusCode: 503 } };
    const copy = new CopyObjectCommand({ Bucket: proxy.bucket, Key: 'c', CopySource: `${proxy.bucket}/a` });
    proxy.refusals = 4;
    await expect(proxy.put('a')).rejects.toMatchObject({
      ...failure,
      message: expect.stringMatching(
        /stored, but its notification was not delivered: .*the queue is not there/,
      ) as string,
    });
    proxy.refusals = 4;
    await expect(proxy.s3.send(copy)).rejects.toMatchObject(failure);
    proxy.refusals = 4;
    await expect(upload('m', [Buffer.from('x')])).rejects.toMatchObject(failure);
    expect(proxy.delivered).toEqual([]);
    expect(await proxy.get('a')).toBe('content of a');
    await proxy.put('a');
    expect(keys()).toEqual(['a']);
  });
});
