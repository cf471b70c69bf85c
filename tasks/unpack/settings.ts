import { z } from 'zod';
import { archiveId } from '../../archive/archive-id.ts';

/** Which volume a run is about: overrides of the container for each run. Enough to record a failure. */
export const unpackRunEnvironment = z.object({
  RESTORE_BUCKET: z.string().min(1),
  RESTORE_ID: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/, 'must be the id of a restore'),
  ARCHIVE_ID: archiveId,
  /** Number of the volume in the manifest, from 1. */
  VOLUME: z
    .string()
    .regex(/^[1-9]\d{0,4}$/, 'must be a whole number from 1 to 99999')
    .transform(Number),
});

/** Environment of the unpack task. Region, credentials and endpoint are the AWS SDK's own variables. */
export const unpackEnvironment = unpackRunEnvironment.extend({
  ARCHIVE_BUCKET: z.string().min(1),
  /** Armoured OpenPGP secret key. A secret: given to the container by reference, never in its definition. */
  PRIVATE_KEY: z.string(),
  /** What unlocks it, where it is locked. A secret like the key. */
  PASSPHRASE: z
    .string()
    .optional()
    .transform((text) => (text === '' ? undefined : text)),
});
export type UnpackEnvironment = z.infer<typeof unpackEnvironment>;
