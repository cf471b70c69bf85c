import {
  DeleteObjectsCommand,
  GetObjectCommand,
  HeadObjectCommand,
  PutObjectCommand,
  RestoreObjectCommand,
  S3Client,
  S3ServiceException,
} from '@aws-sdk/client-s3';
import { mockClient } from 'aws-sdk-client-mock';
import { beforeEach, describe, expect, test } from 'vitest';
import { s3ObjectStore } from '../../ports/s3-object-store.ts';

const s3 = mockClient(S3Client);
const store = s3ObjectStore(new S3Client({ region: 'eu-central-1' }), 'bucket');
beforeEach(() => s3.reset());

const answer = (name: string, httpStatusCode: number): S3ServiceException =>
  new S3ServiceException({ name, $fault: 'client', $metadata: { httpStatusCode }, message: 'says S3' });

describe('a refusal of S3 has a name', () => {
  test.each([
    ['NoSuchBucket', 404, 'BucketMissing'],
    ['NoSuchKey', 404, 'ObjectMissing'],
    ['NoSuchVersion', 404, 'ObjectMissing'],
    ['MethodNotAllowed', 405, 'ObjectMissing'],
    ['InvalidObjectState', 403, 'ObjectFrozen'],
    ['AccessDenied', 403, 'NotAllowed'],
    ['SignatureDoesNotMatch', 403, 'NotAllowed'],
    ['ExpiredToken', 400, 'NotAllowed'],
    ['SlowDown', 503, 'StoreUnavailable'],
    ['InternalError', 500, 'StoreUnavailable'],
    ['TooManyRequests', 429, 'StoreUnavailable'],
    ['InvalidArgument', 400, 'StoreAnswerUnknown'],
    ['toString', 400, 'StoreAnswerUnknown'],
  ])('%s (%i) is %s', async (code, status, name) => {
    s3.on(GetObjectCommand).rejects(answer(code, status));
    await expect(store.get('a/key')).rejects.toMatchObject({
      name,
      message: expect.stringMatching(/s3:GetObject on s3:\/\/bucket\/a\/key.*says S3/) as string,
    });
  });

  test('no answer at all is StoreUnavailable', async () => {
    s3.on(GetObjectCommand).rejects(Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' }));
    await expect(store.get('key')).rejects.toMatchObject({ name: 'StoreUnavailable' });
  });
});

test('a conditional write that meets another one is tried again, three times', async () => {
  s3.on(PutObjectCommand).rejectsOnce(answer('ConditionalRequestConflict', 409)).resolves({ VersionId: 'v1' });
  expect(await store.put('key', new Uint8Array(), { ifAbsent: true })).toEqual({ versionId: 'v1' });
  expect(s3.commandCalls(PutObjectCommand)).toHaveLength(2);
  s3.reset();
  s3.on(PutObjectCommand).rejects(answer('ConditionalRequestConflict', 409));
  await expect(store.put('key', new Uint8Array(), { ifAbsent: true })).rejects.toMatchObject({
    name: 'StoreUnavailable',
  });
  expect(s3.commandCalls(PutObjectCommand)).toHaveLength(3);
});

test('a key that DeleteObjects lists as refused is a failure, though the request succeeded', async () => {
  s3.on(DeleteObjectsCommand).resolves({ Errors: [{ Key: 'b', Code: 'AccessDenied', Message: 'no' }] });
  await expect(store.delete(['a', 'b'])).rejects.toMatchObject({
    name: 'NotAllowed',
    message: expect.stringContaining('s3://bucket/b') as string,
  });
});

test('a body that ends before the announced length is a failure', async () => {
  const body = (async function* () {
    await Promise.resolve();
    yield new Uint8Array(9);
  })();
  s3.on(GetObjectCommand).resolves({ ContentLength: 10, Body: body as never });
  await expect(store.read('key')).rejects.toMatchObject({ name: 'StoreUnavailable' });
});

describe('what S3 says about a cold object', () => {
  const past = 'Fri, 21 Dec 2012 00:00:00 GMT';
  const future = 'Sat, 21 Dec 2199 00:00:00 GMT';
  test.each([
    ['GLACIER', undefined, 'frozen'],
    ['DEEP_ARCHIVE', 'ongoing-request="true"', 'thawing'],
    ['DEEP_ARCHIVE', `ongoing-request="false", expiry-date="${future}"`, 'ready'],
    ['GLACIER', `ongoing-request="false", expiry-date="${past}"`, 'frozen'],
    ['GLACIER_IR', undefined, 'ready'],
    [undefined, undefined, 'ready'],
  ] as const)('%s, restore %s: %s', async (StorageClass, Restore, access) => {
    s3.on(HeadObjectCommand).resolves({ ContentLength: 1, StorageClass, Restore });
    const facts = await store.head('key');
    expect(facts?.access).toBe(access);
    expect(facts?.thawedUntil).toEqual(access === 'ready' && Restore ? new Date(future) : undefined);
  });

  test.each([
    ['RestoreAlreadyInProgress', 409],
    ['ObjectAlreadyInActiveTierError', 403],
    ['InvalidObjectState', 403],
  ])('a thaw that S3 refuses with %s needs nothing done', async (code, status) => {
    s3.on(RestoreObjectCommand).rejects(answer(code, status));
    await store.thaw('key', 'v1', 'Bulk', 3);
    expect(s3.commandCalls(RestoreObjectCommand)[0]?.args[0].input).toMatchObject({
      Bucket: 'bucket',
      Key: 'key',
      VersionId: 'v1',
      RestoreRequest: { Days: 3, GlacierJobParameters: { Tier: 'Bulk' } },
    });
  });

  test.each([
    ['InvalidArgument', 400, 'InvalidRequest'],
    ['GlacierExpeditedRetrievalNotAvailable', 503, 'StoreUnavailable'],
    ['AccessDenied', 403, 'NotAllowed'],
    ['NoSuchVersion', 404, 'ObjectMissing'],
  ])('a thaw that S3 refuses with %s (%i) fails with %s', async (code, status, name) => {
    s3.on(RestoreObjectCommand).rejects(answer(code, status));
    await expect(store.thaw('key', 'v1', 'Expedited', 1)).rejects.toMatchObject({
      name,
      message: expect.stringContaining('s3:RestoreObject on s3://bucket/key') as string,
    });
  });
});
