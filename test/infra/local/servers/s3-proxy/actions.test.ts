import type { IncomingMessage } from 'node:http';
import { describe, expect, it } from 'vitest';
import { callsOf } from '../../../../../infra/local/servers/s3-proxy/call.ts';
import { parseRequest } from '../../../../../infra/local/servers/s3-proxy/request.ts';

function calls(method: string, url: string, headers: Record<string, string> = {}): ReturnType<typeof callsOf> {
  return callsOf(parseRequest({ method, url, headers } as unknown as IncomingMessage), [], 200);
}
const actions = (...request: Parameters<typeof calls>): string[] => calls(...request).map((call) => call.action);

describe('the IAM actions of a call', () => {
  it.each([
    ['GET', '/', ['s3:ListAllMyBuckets']],
    ['GET', '/b?list-type=2&prefix=a', ['s3:ListBucket']],
    ['HEAD', '/b', ['s3:ListBucket']],
    ['GET', '/b?versions', ['s3:ListBucketVersions']],
    ['GET', '/b?uploads', ['s3:ListBucketMultipartUploads']],
    ['GET', '/b?location', ['s3:GetBucketLocation']],
    ['GET', '/b?versioning', ['s3:GetBucketVersioning']],
    ['PUT', '/b?lifecycle', ['s3:PutLifecycleConfiguration']],
    ['DELETE', '/b?lifecycle', ['s3:PutLifecycleConfiguration']],
    ['DELETE', '/b?policy', ['s3:DeleteBucketPolicy']],
    ['GET', '/b/k?x-id=GetObject', ['s3:GetObject']],
    ['HEAD', '/b/k', ['s3:GetObject']],
    ['GET', '/b/k?versionId=1', ['s3:GetObjectVersion']],
    ['GET', '/b/k?attributes&versionId=1', ['s3:GetObjectVersion', 's3:GetObjectVersionAttributes']],
    ['PUT', '/b/k', ['s3:PutObject']],
    ['DELETE', '/b/k', ['s3:DeleteObject']],
    ['DELETE', '/b/k?versionId=1', ['s3:DeleteObjectVersion']],
    ['DELETE', '/b/k?tagging&versionId=1', ['s3:DeleteObjectVersionTagging']],
    ['POST', '/b/k?uploads', ['s3:PutObject']],
    ['PUT', '/b/k?partNumber=1&uploadId=u', ['s3:PutObject']],
    ['POST', '/b/k?uploadId=u', ['s3:PutObject']],
    ['DELETE', '/b/k?uploadId=u', ['s3:AbortMultipartUpload']],
    ['GET', '/b/k?uploadId=u', ['s3:ListMultipartUploadParts']],
    ['GET', '/b/k?retention&versionId=1', ['s3:GetObjectRetention']],
    ['PUT', '/b/k?retention', ['s3:PutObjectRetention']],
    ['POST', '/b/k?restore&versionId=1', ['s3:RestoreObject']],
    ['PATCH', '/b/k?what=1', ['unknown:PATCH what=1']],
    ['POST', '/b?what', ['unknown:POST what=']],
  ])('%s %s', (method, url, expected) => {
    expect(actions(method, url)).toEqual(expected);
  });

  it('include the retention that a write asks for, but not on a part of an upload', () => {
    const lock = {
      'x-amz-object-lock-mode': 'COMPLIANCE',
      'x-amz-object-lock-retain-until-date': '2030-01-01T00:00:00Z',
    };
    expect(actions('PUT', '/b/k', lock)).toEqual(['s3:PutObject', 's3:PutObjectRetention']);
    expect(actions('POST', '/b/k?uploads', lock)).toEqual(['s3:PutObject', 's3:PutObjectRetention']);
    expect(actions('PUT', '/b/k?partNumber=1&uploadId=u', lock)).toEqual(['s3:PutObject']);
  });

  it('include setting an ACL, but not for the one that every object has', () => {
    expect(actions('PUT', '/b/k', { 'x-amz-acl': 'bucket-owner-full-control' })).toEqual([
      's3:PutObject',
      's3:PutObjectAcl',
    ]);
    expect(actions('PUT', '/b/k', { 'x-amz-acl': 'private' })).toEqual(['s3:PutObject']);
  });

  it('tell the call that makes an object from the others of a multipart upload', () => {
    const creates = (...request: Parameters<typeof calls>): unknown => calls(...request)[0]?.createsObject;
    expect(creates('PUT', '/b/k')).toBe(true);
    expect(creates('POST', '/b/k?uploads')).toBe(false);
    expect(creates('PUT', '/b/k?partNumber=1&uploadId=u')).toBe(false);
    expect(creates('POST', '/b/k?uploadId=u')).toBe(true);
    expect(creates('PUT', '/b/k?retention')).toBeUndefined();
  });

  it('include reading the source of a copy', () => {
    expect(calls('PUT', '/b/k', { 'x-amz-copy-source': '/other/a%20b/c?versionId=7' })).toMatchObject([
      { action: 's3:PutObject', bucket: 'b', key: 'k' },
      { action: 's3:GetObjectVersion', bucket: 'other', key: 'a b/c', versionId: '7' },
    ]);
  });

  it('include the bypass of a lock', () => {
    const bypass = { 'x-amz-bypass-governance-retention': 'true' };
    expect(actions('DELETE', '/b/k?versionId=1', bypass)).toEqual([
      's3:DeleteObjectVersion',
      's3:BypassGovernanceRetention',
    ]);
  });

  it('come with who asked, for what, and the headers that policies look at', () => {
    const authorization =
      'AWS4-HMAC-SHA256 Credential=writer/20260101/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=0';
    expect(calls('PUT', '/b/a%20b%2Bc', { authorization, 'if-none-match': '*', 'user-agent': 'x' })).toEqual([
      {
        accessKeyId: 'writer',
        method: 'PUT',
        bucket: 'b',
        key: 'a b+c',
        action: 's3:PutObject',
        status: 200,
        createsObject: true,
        headers: { 'if-none-match': '*' },
      },
    ]);
    expect(calls('GET', '/b?prefix=runs%2F&X-Amz-Credential=reader%2F20260101')).toMatchObject([
      { accessKeyId: 'reader', prefix: 'runs/' },
    ]);
    expect(calls('GET', '/b/k')[0]?.accessKeyId).toBeNull();
  });
});
