import { Readable } from 'node:stream';
import { GetObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { ObjectExists, ObjectMissing, StoreAnswerUnknown, StoreUnavailable } from '../workflow/errors.ts';
import type { LogObjects } from './log-objects.ts';
import { s3Error, type S3Request } from './s3-errors.ts';

/** Log objects of S3. Needs s3:GetObject, for a named version s3:GetObjectVersion, and kms:Decrypt where a key encrypts them. */
export function s3LogObjects(client: S3Client): LogObjects {
  return {
    async open(bucket, key, { versionId, signal, from } = {}) {
      const request: S3Request = {
        action: versionId === undefined ? 's3:GetObject' : 's3:GetObjectVersion',
        bucket,
        key,
      };
      const part = from && { Range: `bytes=${from.offset}-`, IfMatch: `"${from.etag}"` };
      const answer = await client
        .send(new GetObjectCommand({ Bucket: bucket, Key: key, VersionId: versionId, ...part }), {
          abortSignal: signal,
        })
        .catch((cause: unknown) => {
          const error = s3Error(cause, request, signal);
          throw from && error instanceof ObjectExists ? overwritten(request, cause) : error;
        });
      const { Body: stream, ContentLength: bytes, ETag: etag, LastModified: lastModified } = answer;
      if (!(stream instanceof Readable) || bytes === undefined || etag === undefined || lastModified === undefined)
        throw new StoreAnswerUnknown(`${request.action} on s3://${bucket}/${key}: no body, length, ETag or date`);
      if (from && answer.ContentRange?.startsWith(`bytes ${from.offset}-`) !== true) {
        stream.destroy();
        throw new StoreAnswerUnknown(`${request.action} on s3://${bucket}/${key}: not the part from ${from.offset} on`);
      }
      return {
        bytes: (from?.offset ?? 0) + bytes,
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

/** S3 answers 412 to an If-Match that does not. */
const overwritten = ({ bucket, key }: S3Request, cause: unknown): ObjectMissing =>
  new ObjectMissing(`s3://${bucket}/${key ?? ''}: what was begun has been overwritten; its rest is gone`, { cause });

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
