/** What S3 says about archived objects: in HeadObject's headers, and in its refusals of RestoreObject. */
import { InvalidRequest } from '../workflow/errors.ts';
import type { ObjectFacts, ThawTier } from './object-store.ts';
import { s3Error } from './s3-errors.ts';

/** Classes whose objects S3 gives only after RestoreObject. GLACIER_IR reads at once; the archive tiers of INTELLIGENT_TIERING are not used here. */
const coldClasses: ReadonlySet<string> = new Set(['GLACIER', 'DEEP_ARCHIVE']);

/**
 * Whether an object can be read now.
 * @param storageClass x-amz-storage-class; absent for STANDARD
 * @param restore x-amz-restore: `ongoing-request="true"`, or `ongoing-request="false", expiry-date="Fri, 21 Dec 2012 00:00:00 GMT"`
 *   (Amazon S3 API reference, HeadObject). S3 drops the header some time after the copy has expired.
 */
export function accessOf(
  storageClass: string | undefined,
  restore: string | undefined,
  now: Date,
): Pick<ObjectFacts, 'access' | 'thawedUntil'> {
  if (storageClass === undefined || !coldClasses.has(storageClass)) return { access: 'ready' };
  if (restore === undefined) return { access: 'frozen' };
  if (/ongoing-request="true"/.test(restore)) return { access: 'thawing' };
  const thawedUntil = new Date(/expiry-date="([^"]+)"/.exec(restore)?.[1] ?? NaN);
  return thawedUntil > now ? { access: 'ready', thawedUntil } : { access: 'frozen' };
}

/**
 * S3's refusals of RestoreObject that need nothing done: the object is being thawed already, or it is not cold. The last is
 * InvalidObjectState (403; for objects of GLACIER_IR and the like), or ObjectAlreadyInActiveTierError (for STANDARD).
 */
const unneeded: ReadonlySet<string> = new Set([
  'RestoreAlreadyInProgress',
  'ObjectAlreadyInActiveTierError',
  'InvalidObjectState',
]);

export const isThawUnneeded = (cause: unknown): boolean => cause instanceof Error && unneeded.has(cause.name);

/** The named error of a refusal to thaw. S3 answers InvalidArgument (400) to a tier that the object's class does not have. */
export function thawError(
  cause: unknown,
  { tier, bucket, key }: { readonly tier: ThawTier; readonly bucket: string; readonly key: string },
): Error {
  const named = s3Error(cause, { action: 's3:RestoreObject', bucket, key });
  return cause instanceof Error && cause.name === 'InvalidArgument'
    ? new InvalidRequest(`thaw tier ${tier} was refused: ${named.message}`, { cause })
    : named;
}
