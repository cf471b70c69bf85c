import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  type GetObjectCommandOutput,
  HeadObjectCommand,
  PutObjectCommand,
  PutObjectRetentionCommand,
  RestoreObjectCommand,
  type S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { FormatInvalid, ObjectMissing, StoreAnswerUnknown, StoreUnavailable } from '../workflow/errors.ts';
import type { ObjectStore } from './object-store.ts';
import { accessOf, isThawUnneeded, thawError } from './s3-cold-storage.ts';
import { s3Error, s3ListedError } from './s3-errors.ts';
import { listMultipartUploads, listObjects, listObjectVersions } from './s3-listing.ts';

const defaultReadLimitBytes = 64 * 1024 * 1024;
/** S3's limit for one DeleteObjects request. */
const keysPerDelete = 1000;
const conditionalPutAttempts = 3;

const lock = (until: Date | undefined): { ObjectLockMode?: 'COMPLIANCE'; ObjectLockRetainUntilDate?: Date } =>
  until ? { ObjectLockMode: 'COMPLIANCE', ObjectLockRetainUntilDate: until } : {};

/** S3 answers with no version in an unversioned bucket; some servers say `null`. */
const version = (id: string | undefined): { versionId?: string } =>
  id === undefined || id === 'null' ? {} : { versionId: id };

/**
 * The port's contract over Amazon S3. The client's own retries stay on; what is thrown has outlived them.
 * @param client closed by its owner, not here.
 */
export function s3ObjectStore(client: S3Client, bucket: string): ObjectStore {
  const failed = (action: string, key: string, signal?: AbortSignal) => (cause: unknown) => {
    throw s3Error(cause, { action, bucket, key }, signal);
  };

  const store: ObjectStore = {
    bucket,
    list: (prefix) => listObjects(client, bucket, prefix),
    listVersions: (prefix) => listObjectVersions(client, bucket, prefix),
    listUploads: (prefix) => listMultipartUploads(client, bucket, prefix),

    async head(key, versionId) {
      try {
        const facts = await client.send(
          new HeadObjectCommand({ Bucket: bucket, Key: key, VersionId: versionId, ChecksumMode: 'ENABLED' }),
        );
        const { ObjectLockMode: mode, ObjectLockRetainUntilDate: until } = facts;
        return {
          key,
          bytes: facts.ContentLength ?? 0,
          ...version(facts.VersionId),
          ...(facts.ChecksumSHA256 === undefined ? {} : { checksumSha256: facts.ChecksumSHA256 }),
          ...(mode && until ? { retention: { mode, until } } : {}),
          storageClass: facts.StorageClass ?? 'STANDARD',
          ...accessOf(facts.StorageClass, facts.Restore, new Date()),
        };
      } catch (cause) {
        const error = s3Error(cause, { action: 's3:GetObject', bucket, key });
        if (error instanceof ObjectMissing) return undefined;
        throw error;
      }
    },

    async get(key, options = {}) {
      const { versionId, signal } = options;
      const command = new GetObjectCommand({ Bucket: bucket, Key: key, VersionId: versionId });
      const answer = await client.send(command, { abortSignal: signal }).catch(failed('s3:GetObject', key, signal));
      return { bytes: answer.ContentLength ?? 0, ...version(answer.VersionId), body: body(answer, key, signal) };
    },

    async read(key, options = {}) {
      const limit = options.limitBytes ?? defaultReadLimitBytes;
      const object = await store.get(key, options.versionId === undefined ? {} : { versionId: options.versionId });
      const chunks: Uint8Array[] = [];
      let bytes = 0;
      for await (const chunk of object.body) {
        bytes += chunk.byteLength;
        if (bytes > limit) throw new FormatInvalid(`s3://${bucket}/${key} is larger than ${limit} bytes.`);
        chunks.push(chunk);
      }
      return Buffer.concat(chunks);
    },

    async put(key, bytes, options = {}) {
      const command = new PutObjectCommand({
        Bucket: bucket,
        Key: key,
        Body: bytes,
        ChecksumAlgorithm: 'SHA256',
        ContentType: options.contentType,
        ...(options.ifAbsent ? { IfNoneMatch: '*' } : {}),
        ...lock(options.retainUntil),
      });
      for (let attempt = 1; ; attempt += 1) {
        try {
          return version((await client.send(command)).VersionId);
        } catch (cause) {
          // The SDK does not retry a 409; S3 answers it while another conditional write to the key is under way.
          const conflict = cause instanceof Error && cause.name === 'ConditionalRequestConflict';
          if (!conflict || attempt === conditionalPutAttempts) failed('s3:PutObject', key)(cause);
        }
      }
    },

    async delete(keys) {
      for (let start = 0; start < keys.length; start += keysPerDelete) {
        const batch = keys.slice(start, start + keysPerDelete);
        const answer = await client
          .send(
            new DeleteObjectsCommand({
              Bucket: bucket,
              Delete: { Objects: batch.map((key) => ({ Key: key })), Quiet: true },
              ChecksumAlgorithm: 'SHA256',
            }),
          )
          .catch(failed('s3:DeleteObject', batch[0] ?? ''));
        const refused = answer.Errors?.find((error) => error.Code !== 'NoSuchKey');
        if (refused)
          throw s3ListedError(refused.Code ?? 'Unknown', refused.Message ?? '', {
            action: 's3:DeleteObject',
            bucket,
            key: refused.Key ?? '',
          });
      }
    },

    async retain(key, versionId, until) {
      await client
        .send(
          new PutObjectRetentionCommand({
            Bucket: bucket,
            Key: key,
            VersionId: versionId,
            Retention: { Mode: 'COMPLIANCE', RetainUntilDate: until },
            ChecksumAlgorithm: 'SHA256',
          }),
        )
        .catch(failed('s3:PutObjectRetention', key));
    },

    async thaw(key, versionId, tier, days) {
      const command = new RestoreObjectCommand({
        Bucket: bucket,
        Key: key,
        VersionId: versionId,
        RestoreRequest: { Days: days, GlacierJobParameters: { Tier: tier } },
        ChecksumAlgorithm: 'SHA256',
      });
      try {
        await client.send(command);
      } catch (cause) {
        if (!isThawUnneeded(cause)) throw thawError(cause, { tier, bucket, key });
      }
    },

    async startUpload(key, options = {}) {
      const answer = await client
        .send(
          new CreateMultipartUploadCommand({
            Bucket: bucket,
            Key: key,
            ChecksumAlgorithm: 'SHA256',
            ContentType: options.contentType,
            ...lock(options.retainUntil),
          }),
        )
        .catch(failed('s3:PutObject', key));
      if (answer.UploadId === undefined)
        throw new StoreAnswerUnknown(`s3:PutObject on s3://${bucket}/${key}: no upload id in the answer`);
      return answer.UploadId;
    },

    async uploadPart(key, uploadId, part, signal) {
      const command = new UploadPartCommand({
        Bucket: bucket,
        Key: key,
        UploadId: uploadId,
        PartNumber: part.number,
        Body: part.bytes,
        ChecksumSHA256: part.sha256,
      });
      // The request is signed over the body's SHA-256, which is known: without this the client would hash each part again.
      command.middlewareStack.add(
        (next) => (args) => {
          const request = args.request as { headers: Record<string, string> };
          request.headers['x-amz-content-sha256'] = Buffer.from(part.sha256, 'base64').toString('hex');
          return next(args);
        },
        { step: 'build', name: 'knownPayloadHash' },
      );
      const answer = await client.send(command, { abortSignal: signal }).catch(failed('s3:PutObject', key, signal));
      if (answer.ETag === undefined)
        throw new StoreAnswerUnknown(`s3:PutObject on s3://${bucket}/${key}: no ETag for part ${part.number}`);
      return { number: part.number, etag: answer.ETag, sha256: part.sha256 };
    },

    async completeUpload(key, uploadId, parts) {
      const answer = await client
        .send(
          new CompleteMultipartUploadCommand({
            Bucket: bucket,
            Key: key,
            UploadId: uploadId,
            IfNoneMatch: '*',
            MultipartUpload: {
              Parts: parts.map((part) => ({ PartNumber: part.number, ETag: part.etag, ChecksumSHA256: part.sha256 })),
            },
          }),
        )
        .catch(failed('s3:PutObject', key));
      return version(answer.VersionId);
    },

    async abortUpload(key, uploadId) {
      try {
        await client.send(new AbortMultipartUploadCommand({ Bucket: bucket, Key: key, UploadId: uploadId }));
      } catch (cause) {
        const error = s3Error(cause, { action: 's3:AbortMultipartUpload', bucket, key });
        if (!(error instanceof ObjectMissing)) throw error;
      }
    },
  };

  /** The bytes of an answer; a connection that breaks, or an end before the announced length, is `StoreUnavailable`. */
  async function* body(
    answer: GetObjectCommandOutput,
    key: string,
    signal: AbortSignal | undefined,
  ): AsyncIterable<Uint8Array> {
    const stream = answer.Body as AsyncIterable<Uint8Array> | undefined;
    let bytes = 0;
    try {
      if (stream)
        for await (const chunk of stream) {
          bytes += chunk.byteLength;
          yield chunk;
        }
    } catch (cause) {
      throw s3Error(cause, { action: 's3:GetObject', bucket, key }, signal);
    }
    if (answer.ContentLength !== undefined && bytes !== answer.ContentLength)
      throw new StoreUnavailable(`s3:GetObject on s3://${bucket}/${key}: the body ended after ${bytes} bytes`);
  }

  return store;
}
