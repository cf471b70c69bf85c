import { S3ServiceException } from '@aws-sdk/client-s3';
import {
  BucketMissing,
  NotAllowed,
  ObjectExists,
  ObjectFrozen,
  ObjectMissing,
  PermafrostError,
  StoreAnswerUnknown,
  StoreUnavailable,
} from '../workflow/errors.ts';

/** What was asked, for the message: the IAM action that S3 checks, and the object it was asked of. */
export interface S3Request {
  readonly action: string;
  readonly bucket: string;
  readonly key?: string;
}

/** S3 error codes (Amazon S3 API reference, "Error responses") that have one meaning whatever the status. */
const byCode: Readonly<Record<string, new (message: string, options?: ErrorOptions) => PermafrostError>> = {
  NoSuchBucket: BucketMissing,
  NoSuchKey: ObjectMissing,
  NoSuchVersion: ObjectMissing,
  NoSuchUpload: ObjectMissing,
  NotFound: ObjectMissing,
  PreconditionFailed: ObjectExists,
  InvalidObjectState: ObjectFrozen,
  AccessDenied: NotAllowed,
  ExpiredToken: NotAllowed,
  CredentialsProviderError: NotAllowed,
  // Two conditional writes met; S3 asks to try again (API reference, PutObject, "If-None-Match").
  ConditionalRequestConflict: StoreUnavailable,
  OperationAborted: StoreUnavailable,
  SlowDown: StoreUnavailable,
  RequestTimeout: StoreUnavailable,
  InternalError: StoreUnavailable,
  ServiceUnavailable: StoreUnavailable,
  TimeoutError: StoreUnavailable,
};

function byStatus(status: number): new (message: string, options?: ErrorOptions) => PermafrostError {
  if (status === 401 || status === 403) return NotAllowed;
  if (status === 404 || status === 405) return ObjectMissing;
  if (status === 412) return ObjectExists;
  if (status === 408 || status === 429 || status >= 500) return StoreUnavailable;
  return StoreAnswerUnknown;
}

/**
 * Gives a failure of the S3 client its name. A failure after `signal` was aborted is the signal's reason, unchanged.
 * @returns the error to throw; never throws itself.
 */
export function s3Error(cause: unknown, request: S3Request, signal?: AbortSignal): PermafrostError | Error {
  if (signal?.aborted)
    return signal.reason instanceof Error ? signal.reason : new StoreUnavailable('The read was stopped.');
  if (cause instanceof PermafrostError) return cause;
  const place = `s3://${request.bucket}${request.key === undefined ? '' : `/${request.key}`}`;
  const name = cause instanceof Error ? cause.name : 'Unknown';
  const detail = cause instanceof Error ? cause.message : String(cause);
  const message = `${request.action} on ${place}: ${name}: ${detail}`;
  const known = Object.hasOwn(byCode, name) ? byCode[name] : undefined;
  if (known) return new known(message, { cause });
  const status = cause instanceof S3ServiceException ? cause.$metadata.httpStatusCode : undefined;
  // No answer of S3 at all: refused, reset, unresolvable, cut off in the middle of a body.
  if (status === undefined) return new StoreUnavailable(message, { cause });
  return new (byStatus(status))(message, { cause });
}

/** The same for an error that S3 lists inside a successful answer (DeleteObjects). */
export function s3ListedError(code: string, detail: string, request: S3Request): PermafrostError {
  const known = Object.hasOwn(byCode, code) ? byCode[code] : undefined;
  return new (known ?? StoreAnswerUnknown)(
    `${request.action} on s3://${request.bucket}/${request.key ?? ''}: ${code}: ${detail}`,
  );
}
