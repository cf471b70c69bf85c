import {
  ListMultipartUploadsCommand,
  type ListMultipartUploadsCommandOutput,
  ListObjectsV2Command,
  ListObjectVersionsCommand,
  type ListObjectVersionsCommandOutput,
  type S3Client,
} from '@aws-sdk/client-s3';
import type { ObjectVersion, StoredObject } from './object-store.ts';
import { s3Error } from './s3-errors.ts';

/** A key of a listing, as it is. They come percent-encoded, because XML 1.0 cannot carry every character that a key may hold. */
export const decoded = (key: string | undefined, encoding: string | undefined): string =>
  encoding === 'url' ? decodeURIComponent((key ?? '').replaceAll('+', ' ')) : (key ?? '');

export async function* listObjects(client: S3Client, bucket: string, prefix: string): AsyncIterable<StoredObject> {
  let token: string | undefined;
  do {
    const page = await client
      .send(new ListObjectsV2Command({ Bucket: bucket, Prefix: prefix, ContinuationToken: token, EncodingType: 'url' }))
      .catch((cause: unknown) => {
        throw s3Error(cause, { action: 's3:ListBucket', bucket, key: prefix });
      });
    for (const object of page.Contents ?? [])
      yield { key: decoded(object.Key, page.EncodingType), bytes: object.Size ?? 0 };
    token = page.IsTruncated ? page.NextContinuationToken : undefined;
  } while (token !== undefined);
}

export async function* listObjectVersions(
  client: S3Client,
  bucket: string,
  prefix: string,
): AsyncIterable<ObjectVersion> {
  let next: { KeyMarker?: string; VersionIdMarker?: string } | undefined = {};
  while (next) {
    const page: ListObjectVersionsCommandOutput = await client
      .send(new ListObjectVersionsCommand({ Bucket: bucket, Prefix: prefix, EncodingType: 'url', ...next }))
      .catch((cause: unknown) => {
        throw s3Error(cause, { action: 's3:ListBucketVersions', bucket, key: prefix });
      });
    const entries = [
      ...(page.Versions ?? []).map((entry) => ({ entry, bytes: entry.Size ?? 0, isDeleteMarker: false })),
      ...(page.DeleteMarkers ?? []).map((entry) => ({ entry, bytes: 0, isDeleteMarker: true })),
    ].map(({ entry, bytes, isDeleteMarker }) => ({
      key: decoded(entry.Key, page.EncodingType),
      bytes,
      versionId: entry.VersionId ?? 'null',
      isLatest: entry.IsLatest ?? false,
      isDeleteMarker,
      modified: entry.LastModified?.getTime() ?? 0,
    }));
    // The client reads versions and delete markers into two lists; put them back into the order of the answer.
    entries.sort(
      (a, b) =>
        Buffer.compare(Buffer.from(a.key), Buffer.from(b.key)) ||
        Number(b.isLatest) - Number(a.isLatest) ||
        b.modified - a.modified,
    );
    for (const { key, bytes, versionId, isLatest, isDeleteMarker } of entries)
      yield { key, bytes, versionId, isLatest, isDeleteMarker };
    next = page.IsTruncated
      ? { KeyMarker: decoded(page.NextKeyMarker, page.EncodingType), VersionIdMarker: page.NextVersionIdMarker }
      : undefined;
  }
}

export async function* listMultipartUploads(
  client: S3Client,
  bucket: string,
  prefix: string,
): AsyncIterable<{ readonly key: string; readonly uploadId: string }> {
  let next: { KeyMarker?: string; UploadIdMarker?: string } | undefined = {};
  while (next) {
    const page: ListMultipartUploadsCommandOutput = await client
      .send(new ListMultipartUploadsCommand({ Bucket: bucket, Prefix: prefix, EncodingType: 'url', ...next }))
      .catch((cause: unknown) => {
        throw s3Error(cause, { action: 's3:ListBucketMultipartUploads', bucket, key: prefix });
      });
    for (const upload of page.Uploads ?? [])
      yield { key: decoded(upload.Key, page.EncodingType), uploadId: upload.UploadId ?? '' };
    next = page.IsTruncated
      ? { KeyMarker: decoded(page.NextKeyMarker, page.EncodingType), UploadIdMarker: page.NextUploadIdMarker }
      : undefined;
  }
}
