import { z } from 'zod';
import { archiveId } from '../../archive/archive-id.ts';
import { encryptionProfile } from '../../archive/plan.ts';

const wholeNumber = (least: number, most: number): z.ZodType<number, string> =>
  z
    .string()
    .regex(/^\d{1,9}$/, 'must be a whole number')
    .transform(Number)
    .refine((value) => value >= least && value <= most, `must be from ${least} to ${most}`);

/** Which volume a run is about: overrides of the container for each run. Enough to record a failure. */
export const volumeEnvironment = z.object({
  STAGING_BUCKET: z.string().min(1),
  ARCHIVE_ID: archiveId,
  /** Number of the volume in the plan, from 1. */
  VOLUME: wholeNumber(1, 99_999),
});

/** Environment of the consolidate task. Region, credentials and endpoint are the AWS SDK's own variables. */
export const consolidateEnvironment = volumeEnvironment.extend({
  ARCHIVE_BUCKET: z.string().min(1),
  /** Armoured OpenPGP public keys, one block after another. */
  RECIPIENT_KEYS: z.string(),
  ENCRYPTION_PROFILE: encryptionProfile,
  /** Staged objects read at the same time. Memory stays bounded by bytes, whatever the number. */
  PREFETCH: wholeNumber(1, 256).default(32),
});
export type ConsolidateEnvironment = z.infer<typeof consolidateEnvironment>;
