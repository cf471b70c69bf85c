import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CopyObjectCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  ListObjectVersionsCommand,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { describe, expect, it, vi } from 'vitest';
import { useS3Proxy } from './use-s3-proxy.ts';

const proxy = useS3Proxy();

describe('a cold object', () => {
  it('is refused, restored and then read', async () => {
    await proxy.put('archives/a', 'DEEP_ARCHIVE');
    await expect(proxy.get('archives/a')).rejects.toMatchObject({
      name: 'InvalidObjectState',
      StorageClass: 'DEEP_ARCHIVE',
    });
    expect(await proxy.head('archives/a')).toMatchObject({ StorageClass: 'DEEP_ARCHIVE', ContentLength: 21 });

    expect((await proxy.restore('archives/a')).$metadata.httpStatusCode).toBe(202);
    expect((await proxy.head('archives/a')).Restore).toBe('ongoing-request="true"');
    await expect(proxy.restore('archives/a')).rejects.toMatchObject({ name: 'RestoreAlreadyInProgress' });
    await expect(proxy.get('archives/a')).rejects.toMatchObject({ name: 'InvalidObjectState' });

    await vi.waitFor(async () =>
      expect((await proxy.head('archives/a')).Restore).toMatch(/^ongoing-request="false", expiry-date=/),
    );
    expect(await proxy.get('archives/a')).toBe('content of archives/a');
    expect((await proxy.restore('archives/a')).$metadata.httpStatusCode).toBe(200);
  });

  it('cannot be copied, nor an object that is not archived be restored, nor one that is not there', async () => {
    await proxy.put('cold', 'GLACIER');
    await proxy.put('warm');
    const copy = new CopyObjectCommand({ Bucket: proxy.bucket, Key: 'copy', CopySource: `${proxy.bucket}/cold` });
    await expect(proxy.s3.send(copy)).rejects.toMatchObject({ name: 'ObjectNotInActiveTierError' });
    await expect(proxy.restore('warm')).rejects.toMatchObject({ name: 'InvalidObjectState' });
    await expect(proxy.restore('none')).rejects.toMatchObject({ name: 'NoSuchKey' });
  });

  it('is warm again once overwritten, and gone once deleted', async () => {
    await proxy.put('a', 'GLACIER');
    await proxy.put('b', 'GLACIER');
    await proxy.put('c', 'GLACIER');
    await proxy.put('a');
    expect(await proxy.get('a')).toBe('content of a');
    await proxy.s3.send(new DeleteObjectCommand({ Bucket: proxy.bucket, Key: 'b' }));
    await proxy.s3.send(
      new DeleteObjectsCommand({ Bucket: proxy.bucket, Delete: { Objects: [{ Key: 'c' }], Quiet: true } }),
    );
    await proxy.put('b');
    await proxy.put('c');
    expect(await proxy.classes()).toEqual({ a: 'STANDARD', b: 'STANDARD', c: 'STANDARD' });
    expect((await proxy.head('c')).StorageClass).toBeUndefined();
  });

  it('can be made by a copy and by a multipart upload', async () => {
    await proxy.put('a');
    await proxy.s3.send(
      new CopyObjectCommand({
        Bucket: proxy.bucket,
        Key: 'copy',
        CopySource: `${proxy.bucket}/a`,
        StorageClass: 'GLACIER',
      }),
    );
    const upload = { Bucket: proxy.bucket, Key: 'parts' };
    const { UploadId } = await proxy.s3.send(new CreateMultipartUploadCommand({ ...upload, StorageClass: 'GLACIER' }));
    const { ETag } = await proxy.s3.send(new UploadPartCommand({ ...upload, UploadId, PartNumber: 1, Body: 'part' }));
    await proxy.restart();
    await proxy.s3.send(
      new CompleteMultipartUploadCommand({
        ...upload,
        UploadId,
        MultipartUpload: { Parts: [{ PartNumber: 1, ETag }] },
      }),
    );
    expect(await proxy.classes()).toEqual({ a: 'STANDARD', copy: 'GLACIER', parts: 'GLACIER' });
    const given = await proxy.s3.send(new CreateMultipartUploadCommand({ ...upload, StorageClass: 'GLACIER' }));
    await proxy.s3.send(new AbortMultipartUploadCommand({ ...upload, UploadId: given.UploadId }));
    await expect(proxy.get('parts')).rejects.toMatchObject({ name: 'InvalidObjectState' });
  });

  it('is one version of its key, not all of them', async () => {
    await proxy.enableVersioning();
    const cold = await proxy.put('a', 'GLACIER');
    const warm = await proxy.put('a', undefined, { Body: 'second' });
    expect(await proxy.get('a')).toBe('second');
    await expect(proxy.get('a', cold)).rejects.toMatchObject({ name: 'InvalidObjectState' });
    await proxy.restore('a', cold);
    await vi.waitFor(async () => expect(await proxy.get('a', cold)).toBe('content of a'));

    const { Versions = [] } = await proxy.s3.send(new ListObjectVersionsCommand({ Bucket: proxy.bucket }));
    expect(Object.fromEntries(Versions.map((version) => [version.VersionId, version.StorageClass]))).toEqual({
      [cold]: 'GLACIER',
      [warm]: 'STANDARD',
    });
    await proxy.s3.send(new DeleteObjectCommand({ Bucket: proxy.bucket, Key: 'a' })); // covered by a marker, not gone
    expect((await proxy.head('a', cold)).StorageClass).toBe('GLACIER');
    await proxy.s3.send(
      new DeleteObjectsCommand({ Bucket: proxy.bucket, Delete: { Objects: [{ Key: 'a', VersionId: cold }] } }),
    );
    await expect(proxy.restore('a', cold)).rejects.toMatchObject({ name: 'NoSuchKey' });
  });

  it('is shown under any key', async () => {
    const keys = ['a b+c', 'ü/%41', 'x&y<z>"', "it's", '__proto__'];
    for (const key of keys) await proxy.put(key, 'GLACIER');
    expect(Object.entries(await proxy.classes()).sort()).toEqual(keys.map((key) => [key, 'GLACIER']).sort());
    for (const key of keys) await expect(proxy.get(key)).rejects.toMatchObject({ name: 'InvalidObjectState' });
  });
});
