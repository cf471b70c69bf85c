import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';

/** A path-style S3 request, taken apart. */
export interface S3Request {
  method: string;
  /** Empty for a call on no bucket (ListBuckets). */
  bucket: string;
  /** Null for a call on a bucket; decoded. */
  key: string | null;
  /** Without the parameters that carry a signature or only repeat the operation's name. */
  query: URLSearchParams;
  versionId: string | null;
  /** From the signature, in the header or in a presigned URL. */
  accessKeyId: string | null;
  headers: IncomingHttpHeaders;
}

export interface ObjectAddress {
  bucket: string;
  key: string;
  versionId: string | null;
}

export function parseRequest(request: IncomingMessage): S3Request {
  const url = new URL(request.url ?? '/', 'http://localhost');
  const [, bucket = '', ...rest] = url.pathname.split('/');
  const key = decodeURIComponent(rest.join('/'));
  const credential =
    /Credential=([^/,\s]+)/.exec(request.headers.authorization ?? '')?.[1] ??
    url.searchParams.get('X-Amz-Credential')?.split('/')[0];
  const query = new URLSearchParams([...url.searchParams].filter(([name]) => !/^(x-id$|x-amz-)/i.test(name)));
  return {
    method: request.method ?? 'GET',
    bucket: decodeURIComponent(bucket),
    key: key === '' ? null : key,
    query,
    versionId: query.get('versionId'),
    accessKeyId: credential ?? null,
    headers: request.headers,
  };
}

/** The object that a CopyObject or UploadPartCopy reads, or null. */
export function copySource(request: S3Request): ObjectAddress | null {
  const header = request.headers['x-amz-copy-source'];
  if (typeof header !== 'string') return null;
  const [path = '', parameters] = header.split('?');
  const [bucket = '', ...rest] = decodeURIComponent(path).replace(/^\//, '').split('/');
  return { bucket, key: rest.join('/'), versionId: new URLSearchParams(parameters).get('versionId') };
}
