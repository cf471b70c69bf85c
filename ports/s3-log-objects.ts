import { Readable } from 'node:stream';
import { GetObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { StoreAnswerUnknown, StoreUnavailable } from '../workflow/errors.ts';
import type { LogObjects } from './log-objects.ts';
import { s3Error, type S3Request } from './s3-errors.ts';

/** Log objects of S3. Needs s3:GetObject, for a named version s3:GetObjectVersion, and kms:Decrypt where a key encrypts them. */
export function s3LogObjects(client: S3Client): LogObjects {
  return {
    async open(bucket, key, { versionId, signal } = {}) {
      const request: S3Request = {
        action: versionId === undefined ? 's3:GetObject' : 's3:GetObjectVersion',
        bucket,
        key,
      };
      const answer = await client
        .send(new GetObjectCommand({ Bucket: bucket, Key: key, VersionId: versionId }), { abortSignal: signal })
        .catch((cause: unknown) => {
          throw s3Error(cause, request, signal);
        });
      const { Body: stream, ContentLength: bytes, ETag: etag, LastModified: lastModified } = answer;
      if (!(stream instanceof Readable) || bytes === undefined || etag === undefined || lastModified === undefined)
        throw new StoreAnswerUnknown(`${request.action} on s3://${bucket}/${key}: no body, length, ETag or date`);
      return {
        bytes,
        // Some servers say `null` where there are no versions.
        ...(answer.VersionId !== undefined && answer.VersionId !== 'null' && { versionId: answer.VersionId }),
        etag: etag.replaceAll('"', ''),
        lastModified,
        body: body(stream, bytes, request, signal),
        close: () => void stream.destroy(),
      };
    },
  };
}

/** A connection that breaks, or an end before the announced length, is `StoreUnavailable`. */
async function* body(
  stream: AsyncIterable<Uint8Array>,
  announced: number,
  request: S3Request,
  signal: AbortSignal | undefined,
): AsyncIterable<Uint8Array> {
  let bytes = 0;
  try {
    for await (const chunk of stream) {
      bytes += chunk.byteLength;
      yield chunk;
    }
  } catch (cause) {
    throw s3Error(cause, request, signal);
  }
  if (bytes !== announced)
    throw new StoreUnavailable(
      `${request.action} on s3://${request.bucket}/${request.key ?? ''}: the body ended after ${bytes} bytes`,
    );
}
