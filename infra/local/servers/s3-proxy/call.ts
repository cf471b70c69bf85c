import { createsObject, neededActions } from './actions.ts';
import type { ObjectAddress, S3Request } from './request.ts';

/** One right that a call to S3 needed. A call that needs several (a copy, a PUT with a lock) is reported once for each. */
export interface S3Call {
  /** Null for a call without a signature. */
  accessKeyId: string | null;
  method: string;
  /** Empty for ListBuckets. */
  bucket: string;
  key: string | null;
  /** IAM action (`s3:PutObject`), or `unknown:<METHOD> <query>`. */
  action: string;
  /** HTTP status answered; 499 when the client left before there was one. */
  status: number;
  versionId?: string;
  /** Of a listing: what `s3:prefix` conditions see. */
  prefix?: string;
  /** Of `s3:PutObject`: whether the call makes an object, as opposed to a part or the begin of a multipart upload. */
  createsObject?: boolean;
  /** Those that policies have conditions on. */
  headers: Record<string, string>;
}

const HEADERS_OF_INTEREST =
  /^(if-none-match|if-match|x-amz-(object-lock-.*|storage-class|server-side-encryption.*|copy-source|bypass-governance-retention|bucket-object-lock-enabled|acl|tagging|checksum-mode|sdk-checksum-algorithm))$/;

export function callsOf(request: S3Request, deleted: readonly ObjectAddress[], status: number): S3Call[] {
  const prefix = request.key === null ? request.query.get('prefix') : null;
  const headers = Object.fromEntries(
    Object.entries(request.headers).flatMap(([name, value]) =>
      HEADERS_OF_INTEREST.test(name) && typeof value === 'string' ? [[name, value]] : [],
    ),
  );
  return neededActions(request, deleted).map(({ action, bucket, key, versionId }) => ({
    accessKeyId: request.accessKeyId,
    method: request.method,
    bucket,
    key,
    action,
    status,
    ...(versionId === null ? {} : { versionId }),
    ...(prefix === null ? {} : { prefix }),
    ...(action === 's3:PutObject' ? { createsObject: createsObject(request) } : {}),
    headers,
  }));
}
