import {
  CreateBucketCommand,
  DeleteBucketCommand,
  DeleteBucketLifecycleCommand,
  DeleteObjectCommand,
  GetBucketEncryptionCommand,
  GetBucketLifecycleConfigurationCommand,
  GetBucketNotificationConfigurationCommand,
  GetPublicAccessBlockCommand,
  PutBucketNotificationConfigurationCommand,
  PutPublicAccessBlockCommand,
} from '@aws-sdk/client-s3';
import { describe, expect, it, vi } from 'vitest';
import { archiveRule, rootCredentials, useS3Proxy } from './use-s3-proxy.ts';

const proxy = useS3Proxy();

describe('lifecycle of a bucket', () => {
  it('is returned with every field, and absent before and after', async () => {
    const read = new GetBucketLifecycleConfigurationCommand({ Bucket: proxy.bucket });
    await expect(proxy.s3.send(read)).rejects.toMatchObject({ name: 'NoSuchLifecycleConfiguration' });
    await proxy.putRules(archiveRule);
    expect((await proxy.s3.send(read)).Rules).toEqual([archiveRule]);
    await proxy.s3.send(new DeleteBucketLifecycleCommand({ Bucket: proxy.bucket }));
    await expect(proxy.s3.send(read)).rejects.toMatchObject({ name: 'NoSuchLifecycleConfiguration' });
  });

  it('makes what matches cold now, current versions only, and once', async () => {
    await proxy.enableVersioning();
    await proxy.putRules(archiveRule, {
      ...archiveRule,
      ID: 'off',
      Status: 'Disabled',
      Filter: { Prefix: 'catalog/' },
    });
    const older = await proxy.put('archives/a');
    await proxy.put('archives/a');
    await proxy.put('archives/b');
    await proxy.put('archives/deleted');
    await proxy.s3.send(new DeleteObjectCommand({ Bucket: proxy.bucket, Key: 'archives/deleted' }));
    await proxy.put('catalog/c');
    expect(await proxy.applyLifecycle()).toEqual({ objects: 2, buckets: { [proxy.bucket]: { GLACIER: 2 } } });
    expect(await proxy.classes()).toEqual({
      'archives/a': 'GLACIER',
      'archives/b': 'GLACIER',
      'catalog/c': 'STANDARD',
    });
    await expect(proxy.get('archives/a')).rejects.toMatchObject({ name: 'InvalidObjectState' });
    expect(await proxy.get('archives/a', older)).toBe('content of archives/a');
    expect(await proxy.applyLifecycle()).toEqual({ objects: 0, buckets: { [proxy.bucket]: {} } });
  });

  it('reaches every object of a bucket that is listed in several pages', async () => {
    await proxy.putRules(archiveRule);
    const keys = Array.from({ length: 1100 }, (_, index) => `archives/${index}`);
    for (let from = 0; from < keys.length; from += 50)
      await Promise.all(keys.slice(from, from + 50).map((key) => proxy.put(key)));
    expect(await proxy.applyLifecycle()).toMatchObject({ objects: keys.length });
  }, 60_000);
});

describe('what the proxy keeps', () => {
  it('survives a restart', async () => {
    await proxy.putRules(archiveRule);
    await proxy.put('a', 'GLACIER');
    await proxy.restore('a');
    await vi.waitFor(async () => expect(await proxy.get('a')).toBe('content of a'));
    await proxy.put('b', 'DEEP_ARCHIVE');
    await proxy.restart();
    expect(await proxy.get('a')).toBe('content of a');
    await expect(proxy.get('b')).rejects.toMatchObject({ name: 'InvalidObjectState' });
    expect(await proxy.applyLifecycle()).toMatchObject({ objects: 0 });
    expect((await proxy.s3.send(new GetBucketLifecycleConfigurationCommand({ Bucket: proxy.bucket }))).Rules).toEqual([
      archiveRule,
    ]);
  });

  it('ends with the bucket', async () => {
    await proxy.putRules(archiveRule);
    await proxy.s3.send(new DeleteBucketCommand({ Bucket: proxy.bucket }));
    await proxy.s3.send(new CreateBucketCommand({ Bucket: proxy.bucket }));
    const read = new GetBucketLifecycleConfigurationCommand({ Bucket: proxy.bucket });
    await expect(proxy.s3.send(read)).rejects.toMatchObject({ name: 'NoSuchLifecycleConfiguration' });
  });

  it('includes the configurations that the server lacks', async () => {
    const block = {
      BlockPublicAcls: true,
      IgnorePublicAcls: true,
      BlockPublicPolicy: true,
      RestrictPublicBuckets: true,
    };
    await proxy.s3.send(
      new PutPublicAccessBlockCommand({ Bucket: proxy.bucket, PublicAccessBlockConfiguration: block }),
    );
    const queues = [
      { Id: 'q', QueueArn: 'arn:aws:sqs:us-east-1:000000000000:q', Events: ['s3:ObjectCreated:*' as const] },
    ];
    const notification = { QueueConfigurations: queues };
    await proxy.s3.send(
      new PutBucketNotificationConfigurationCommand({ Bucket: proxy.bucket, NotificationConfiguration: notification }),
    );
    const answer = await proxy.s3.send(new GetPublicAccessBlockCommand({ Bucket: proxy.bucket }));
    expect(answer.PublicAccessBlockConfiguration).toEqual(block);
    expect(await proxy.s3.send(new GetBucketNotificationConfigurationCommand({ Bucket: proxy.bucket }))).toMatchObject(
      notification,
    );
    const encryption = await proxy.s3.send(new GetBucketEncryptionCommand({ Bucket: proxy.bucket }));
    expect(encryption.ServerSideEncryptionConfiguration?.Rules).toHaveLength(1);
  });

  it('is changed by nobody without the right key, and for no bucket that is not there', async () => {
    await proxy.put('a', 'GLACIER');
    proxy.s3 = proxy.clientOf({ accessKeyId: 'root', secretAccessKey: 'wrong' });
    await expect(proxy.putRules(archiveRule)).rejects.toMatchObject({ name: 'SignatureDoesNotMatch' });
    await expect(proxy.restore('a')).rejects.toMatchObject({ name: 'SignatureDoesNotMatch' });
    proxy.s3 = proxy.clientOf(rootCredentials);
    proxy.bucket = 'not-there';
    await expect(proxy.putRules(archiveRule)).rejects.toMatchObject({ name: 'NoSuchBucket' });
  });
});
