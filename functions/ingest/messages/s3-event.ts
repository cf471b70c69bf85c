/**
 * Notifications of S3 to a queue or topic (Amazon S3 User Guide, "Event message structure"): several records in one message, and
 * the event with which S3 tests that it may write to the queue.
 */
import { z } from 'zod';
import { MessageNotUnderstood } from '../../../workflow/errors.ts';
import type { Understood } from './object-to-index.ts';

/** Minor versions add members only. */
const eventVersion = z.string().regex(/^2\.\d+$/);

const created = z.object({
  eventVersion,
  eventSource: z.literal('aws:s3'),
  eventName: z.string().regex(/^ObjectCreated:/),
  s3: z.object({
    bucket: z.object({ name: z.string().min(3) }),
    object: z.object({
      key: z.string().min(1),
      size: z.number().int().nonnegative().optional(),
      versionId: z.string().optional(),
    }),
  }),
});
const createsNothing = z.object({
  eventVersion,
  eventSource: z.literal('aws:s3'),
  eventName: z
    .string()
    .regex(
      /^(ObjectRemoved|ObjectRestore|ReducedRedundancyLostObject|Replication|LifecycleExpiration|LifecycleTransition|IntelligentTiering|ObjectTagging|ObjectAcl|ObjectAnnotation)\b/,
    ),
});

export const s3Event = z.object({ Records: z.array(z.union([created, createsNothing])).min(1) });
export const s3TestEvent = z.object({
  Service: z.literal('Amazon S3'),
  Event: z.literal('s3:TestEvent'),
  Bucket: z.string(),
});

/** @throws MessageNotUnderstood when a key is not encoded as S3 does it. */
export function ofS3Event({ Records }: z.output<typeof s3Event>): Understood {
  const objects = Records.flatMap((record) => {
    if (!('s3' in record)) return [];
    const { bucket, object } = record.s3;
    return {
      bucket: bucket.name,
      key: decoded(object.key),
      ...versionOf(object.versionId),
      ...(object.size !== undefined && { bytes: object.size }),
    };
  });
  return { objects, nothing: Array<'creates-nothing'>(Records.length - objects.length).fill('creates-nothing') };
}

/** In notifications keys are form-encoded: `+` is a space, `%XX` a byte of UTF-8. */
function decoded(key: string): string {
  try {
    return decodeURIComponent(key.replaceAll('+', ' '));
  } catch (cause) {
    throw new MessageNotUnderstood(`A key is not URL-encoded UTF-8: ${key}`, { cause });
  }
}

/** `null` is the version of what was written while the bucket kept none. */
export const versionOf = (id: string | undefined): { versionId?: string } =>
  id === undefined || id === '' || id === 'null' ? {} : { versionId: id };
