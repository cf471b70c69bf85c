/** From what OpenSearch and its client say to named errors: by the error's type or the status, never by text alone. */
import { errors } from '@opensearch-project/opensearch';
import { z } from 'zod';
import {
  ClusterAnswerUnknown,
  ClusterBusy,
  ClusterUnreachable,
  IndexClosed,
  IndexExists,
  IndexMissing,
  IndexUnhealthy,
  NotAllowed,
  PermafrostError,
  RepositoryMissing,
  RepositoryReadonly,
  RepositoryUnusable,
  SnapshotInProgress,
  SnapshotMissing,
  SnapshotNameTaken,
  VersionIncompatible,
} from '../workflow/errors.ts';

/** One link of an error body: `type` and `reason`, and below them what caused it. */
interface Cause {
  readonly type: string;
  readonly reason?: string | null | undefined;
  readonly caused_by?: Cause | undefined;
}

type NamedError = new (message: string, options?: ErrorOptions) => PermafrostError;

const causeSchema: z.ZodType<Cause> = z.object({
  type: z.string(),
  reason: z.string().nullish(),
  get caused_by() {
    return causeSchema.optional();
  },
});
const bodySchema = z.object({ error: causeSchema });
/**
 * A missing route answers `{"error": "..."}`; the managed service's own refusals are `{"Message": "..."}`; the API of the security
 * plugin says `{"message": "..."}` or `{"reason": "..."}`.
 */
const plainBodySchema = z.union([
  z.object({ error: z.string() }).transform((body) => body.error),
  z.object({ Message: z.string() }).transform((body) => body.Message),
  z.object({ message: z.string() }).transform((body) => body.message),
  z.object({ reason: z.string() }).transform((body) => body.reason),
  z.string(),
]);

const byType: Readonly<Record<string, NamedError>> = {
  repository_missing_exception: RepositoryMissing,
  repository_verification_exception: RepositoryUnusable,
  repository_exception: RepositoryUnusable,
  no_such_bucket_exception: RepositoryUnusable,
  snapshot_missing_exception: SnapshotMissing,
  snapshot_in_progress_exception: SnapshotInProgress,
  concurrent_snapshot_execution_exception: SnapshotInProgress,
  index_not_found_exception: IndexMissing,
  index_closed_exception: IndexClosed,
};

/** Types that say too little by themselves: the reason decides, and goes before the type. */
const byTypeAndReason: readonly (readonly [type: string, reason: RegExp, NamedError])[] = [
  // Not by the word alone: it may be part of the repository's name.
  ['repository_exception', /readonly repository$/, RepositoryReadonly],
  ['invalid_snapshot_name_exception', /already in-progress/, SnapshotInProgress],
  ['invalid_snapshot_name_exception', /snapshot with the same name already exists/, SnapshotNameTaken],
  ['illegal_state_exception', /repository that is currently used/, SnapshotInProgress],
  // By a snapshot, a deletion or another cleanup, of any repository.
  ['illegal_state_exception', /^Cannot cleanup \[/, SnapshotInProgress],
  ['snapshot_exception', /don't have primary shards/, IndexUnhealthy],
  ['snapshot_restore_exception', /snapshot does not exist/, SnapshotMissing],
  ['snapshot_restore_exception', /higher than the version of this node|cannot be upgraded/, VersionIncompatible],
  ['invalid_index_name_exception', /already exists as alias/, IndexExists],
];

/** 408 is how the cluster health says that it waited in vain. */
const busyStatuses: ReadonlySet<number> = new Set([408, 429, 502, 503, 504]);
const refusedStatuses: ReadonlySet<number> = new Set([401, 403]);
const longestReason = 500;

const chain = (cause: Cause): Cause[] => [cause, ...(cause.caused_by === undefined ? [] : chain(cause.caused_by))];
const told = ({ type, reason }: Cause): string =>
  `${type}${reason == null ? '' : `: ${reason}`}`.slice(0, longestReason);
const named = ({ type, reason }: Cause): NamedError | undefined =>
  byTypeAndReason.find(([one, expression]) => one === type && expression.test(reason ?? ''))?.[2] ??
  (Object.hasOwn(byType, type) ? byType[type] : undefined);

function missingPermission(reason: string | null | undefined): string {
  // A name such as `indices:admin/flush[s]` has brackets of its own.
  const permission = /no permissions for \[(.+?)\](?= and |$)/.exec(reason ?? '')?.[1];
  return permission === undefined ? '' : `missing permission ${permission}, see docs/rights.md. `;
}

/** Why a shard could not do what was asked, as answers of status 200 have it. */
export const shardFailuresSchema = z.array(z.object({ reason: causeSchema })).optional();

/**
 * The security plugin lets some requests in and refuses them on each shard: status 200, and the refusal among the failures.
 * Undefined: nothing was refused.
 */
export function refusedOnShards(asked: string, failures: z.output<typeof shardFailuresSchema>): NotAllowed | undefined {
  const refused = failures?.map(({ reason }) => reason).find(({ type }) => type === 'security_exception');
  return refused && new NotAllowed(`${missingPermission(refused.reason)}${asked}: ${told(refused)}`);
}

function answered(asked: string, status: number, body: unknown, cause: unknown): PermafrostError {
  const structured = bodySchema.safeParse(body);
  if (!structured.success) {
    const plain = plainBodySchema.safeParse(body);
    const message = `${asked}: ${status} ${plain.success ? plain.data.slice(0, longestReason) : 'without an error body'}`;
    if (refusedStatuses.has(status)) return new NotAllowed(message, { cause });
    if (busyStatuses.has(status)) return new ClusterBusy(message, { cause });
    return new ClusterAnswerUnknown(message, { cause });
  }
  const causes = chain(structured.data.error);
  const message = `${asked}: ${status} ${causes.map(told).join(' <- ')}`;
  const name = causes.map(named).find((found) => found !== undefined);
  if (name !== undefined) return new name(message, { cause });
  // A write block also answers 403, but no right would lift it.
  const isBlock = structured.data.error.type === 'cluster_block_exception';
  if (refusedStatuses.has(status) && !isBlock) {
    return new NotAllowed(`${missingPermission(structured.data.error.reason)}${message}`, { cause });
  }
  if (busyStatuses.has(status)) return new ClusterBusy(message, { cause });
  return new ClusterAnswerUnknown(message, { cause });
}

/**
 * The named error for whatever a call to the client threw.
 * @param asked what was asked, `PUT /_snapshot/x`
 * @param host host and port of the endpoint
 */
export function clusterError(thrown: unknown, asked: string, host: string): PermafrostError {
  if (thrown instanceof PermafrostError) return thrown;
  const cause = thrown;
  if (thrown instanceof errors.OpenSearchClientError) hideRequest(thrown);
  if (thrown instanceof errors.ResponseError)
    return answered(asked, thrown.meta.statusCode ?? 0, thrown.meta.body, cause);
  if (
    thrown instanceof errors.ConnectionError ||
    thrown instanceof errors.TimeoutError ||
    thrown instanceof errors.NoLivingConnectionsError
  )
    return new ClusterUnreachable(
      `${asked}: no answer from ${host} (${thrown.message}). Check the endpoint's name, that the domain is up, ` +
        'and that its security group lets this function in',
      { cause },
    );
  const text = thrown instanceof Error ? `${thrown.name}: ${thrown.message}` : String(thrown);
  if (thrown instanceof Error && thrown.name === 'CredentialsProviderError')
    return new NotAllowed(`${asked}: no AWS credentials to sign with (${text})`, { cause });
  return new ClusterAnswerUnknown(`${asked}: ${text.slice(0, longestReason)}`, { cause });
}

/**
 * The client keeps the whole request in its errors: the password or the signature, and all documents. Whatever prints an error with
 * its members, as loggers and consoles do, passes over these.
 */
function hideRequest(thrown: errors.OpenSearchClientError): void {
  for (const member of ['meta', 'data'])
    if (Object.hasOwn(thrown, member)) Object.defineProperty(thrown, member, { enumerable: false });
}

/**
 * Whether this error of `clusterError` only says that the cluster has no such API: OpenSearch answers 400, 404 or 405 to an
 * unknown route, the managed service's front door 401 or 403 with "Your request: ... is not allowed".
 */
export function isRouteMissing(error: unknown): boolean {
  if (!(error instanceof PermafrostError) || !(error.cause instanceof errors.ResponseError)) return false;
  const statusCode = error.cause.meta.statusCode ?? 0;
  if ([400, 404, 405].includes(statusCode)) return true;
  const plain = plainBodySchema.safeParse(error.cause.meta.body);
  return refusedStatuses.has(statusCode) && plain.success && /^Your request: .* is not allowed/.test(plain.data);
}

/** Whether this error of `clusterError` only says that no answer came in time: the cluster may still be at it. */
export const isTimeout = (error: unknown): boolean =>
  error instanceof PermafrostError &&
  (error.cause instanceof errors.TimeoutError ||
    (error.cause instanceof errors.ResponseError && error.cause.meta.statusCode === 504));

/** Whether this error of `clusterError` is an answer of this type. */
export function isOfType(error: unknown, type: string): boolean {
  if (!(error instanceof PermafrostError) || !(error.cause instanceof errors.ResponseError)) return false;
  const structured = bodySchema.safeParse(error.cause.meta.body);
  return structured.success && chain(structured.data.error).some((cause) => cause.type === type);
}
