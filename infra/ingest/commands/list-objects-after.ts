import { ListObjectsV2Command, type S3Client } from '@aws-sdk/client-s3';
import { s3Error } from '../../../ports/s3-errors.ts';
import { decoded } from '../../../ports/s3-listing.ts';

export interface ListedObject {
  readonly key: string;
  readonly bytes: number;
  readonly lastModified: Date | undefined;
  /** In a class that must be thawed first, and not thawed. */
  readonly isCold: boolean;
}

const coldClasses: ReadonlySet<string> = new Set(['GLACIER', 'DEEP_ARCHIVE']);

/**
 * The newest versions of the objects below a prefix, in the order of their keys, a page (up to 1,000) at a time.
 * @param after the key after which to begin; none: from the beginning
 */
export async function* pagesOfObjects(
  client: S3Client,
  bucket: string,
  prefix: string,
  after: string | undefined,
): AsyncGenerator<ListedObject[]> {
  let token: string | undefined;
  do {
    const page = await client
      .send(
        new ListObjectsV2Command({
          Bucket: bucket,
          Prefix: prefix,
          StartAfter: after,
          ContinuationToken: token,
          EncodingType: 'url',
          OptionalObjectAttributes: ['RestoreStatus'],
        }),
      )
      .catch((cause: unknown) => {
        throw s3Error(cause, { action: 's3:ListBucket', bucket, key: prefix });
      });
    yield (page.Contents ?? []).map(({ Key, Size = 0, LastModified, StorageClass, RestoreStatus }) => ({
      key: decoded(Key, page.EncodingType),
      bytes: Size,
      lastModified: LastModified,
      isCold: coldClasses.has(StorageClass ?? '') && RestoreStatus?.RestoreExpiryDate === undefined,
    }));
    token = page.IsTruncated ? page.NextContinuationToken : undefined;
  } while (token !== undefined);
}
