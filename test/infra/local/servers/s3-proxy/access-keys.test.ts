import {
  CompleteMultipartUploadCommand,
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  HeadObjectCommand,
  PutObjectRetentionCommand,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { describe, expect, it } from 'vitest';
import { rootCredentials, useS3Proxy } from './use-s3-proxy.ts';

const proxy = useS3Proxy();

describe('recorded calls', () => {
  it('name the key that signed, the action, the object and the outcome', async () => {
    await proxy.server.createUser('role-a', 'secret-of-role-a');
    proxy.s3 = proxy.clientOf({ accessKeyId: 'role-a', secretAccessKey: 'secret-of-role-a' });
    await proxy.put('a', 'GLACIER', { IfNoneMatch: '*' });
    await proxy.get('a').catch(() => undefined);
    await proxy.s3.send(
      new DeleteObjectsCommand({
        Bucket: proxy.bucket,
        Delete: { Objects: [{ Key: 'a' }, { Key: 'b', VersionId: 'null' }] },
      }),
    );
    proxy.s3 = proxy.clientOf(rootCredentials);
    expect(proxy.calls.map(({ accessKeyId, action, key, status }) => [accessKeyId, action, key, status])).toEqual([
      ['role-a', 's3:PutObject', 'a', 200],
      ['role-a', 's3:GetObject', 'a', 403],
      ['role-a', 's3:DeleteObject', 'a', 200],
      ['role-a', 's3:DeleteObjectVersion', 'b', 200],
    ]);
    expect(proxy.calls[0]?.headers).toMatchObject({ 'if-none-match': '*', 'x-amz-storage-class': 'GLACIER' });
  });
});

describe('a further access key', () => {
  it('may do everything in a bucket of another: locks, retention, uploads', async () => {
    const locked = `${proxy.bucket}-locked`;
    await proxy.s3.send(new CreateBucketCommand({ Bucket: locked, ObjectLockEnabledForBucket: true }));
    await proxy.server.createUser('role-b', 'first secret');
    await proxy.server.createUser('role-b', 'second secret'); // as after a restart
    const role = proxy.clientOf({ accessKeyId: 'role-b', secretAccessKey: 'second secret' });
    const days = (count: number): Date => new Date(Date.now() + count * 86_400_000);
    const object = { Bucket: locked, Key: 'volume' };
    const lock = { ObjectLockMode: 'COMPLIANCE', ObjectLockRetainUntilDate: days(1) } as const;
    const { UploadId } = await role.send(
      new CreateMultipartUploadCommand({ ...object, ...lock, ChecksumAlgorithm: 'SHA256' }),
    );
    const part = await role.send(
      new UploadPartCommand({ ...object, UploadId, PartNumber: 1, Body: 'x', ChecksumAlgorithm: 'SHA256' }),
    );
    const Parts = [{ PartNumber: 1, ETag: part.ETag, ChecksumSHA256: part.ChecksumSHA256 }];
    const done = await role.send(
      new CompleteMultipartUploadCommand({ ...object, UploadId, IfNoneMatch: '*', MultipartUpload: { Parts } }),
    );
    const until = days(2);
    await role.send(
      new PutObjectRetentionCommand({ ...object, Retention: { Mode: 'COMPLIANCE', RetainUntilDate: until } }),
    );
    const seen = await role.send(new HeadObjectCommand({ ...object, VersionId: done.VersionId }));
    expect(seen).toMatchObject({ ObjectLockMode: 'COMPLIANCE', VersionId: done.VersionId });
    expect(seen.ObjectLockRetainUntilDate?.getTime()).toBeGreaterThan(until.getTime() - 1000);
    const removal = new DeleteObjectCommand({ ...object, VersionId: done.VersionId });
    await expect(role.send(removal)).rejects.toMatchObject({ name: 'AccessDenied' });
    expect((await proxy.head('none').catch((error: unknown) => error)) as Error).toMatchObject({ name: 'NotFound' });
  });
});
