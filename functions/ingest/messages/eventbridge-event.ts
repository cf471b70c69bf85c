/** Events of S3 by way of EventBridge (Amazon S3 User Guide, "EventBridge event message structure"). Their keys are not encoded. */
import { z } from 'zod';
import type { Understood } from './object-to-index.ts';
import { versionOf } from './s3-event.ts';

const fromS3 = { source: z.literal('aws.s3') };

const created = z.object({
  ...fromS3,
  'detail-type': z.literal('Object Created'),
  detail: z.object({
    bucket: z.object({ name: z.string().min(3) }),
    object: z.object({
      key: z.string().min(1),
      size: z.number().int().nonnegative().optional(),
      'version-id': z.string().optional(),
    }),
  }),
});
const createsNothing = z.object({
  ...fromS3,
  'detail-type': z.enum([
    'Object Deleted',
    'Object Restore Initiated',
    'Object Restore Completed',
    'Object Restore Expired',
    'Object Storage Class Changed',
    'Object Access Tier Changed',
    'Object ACL Updated',
    'Object Tags Added',
    'Object Tags Deleted',
  ]),
});

export const eventBridgeEvent = z.union([created, createsNothing]);

export function ofEventBridgeEvent(event: z.output<typeof eventBridgeEvent>): Understood {
  if (!('detail' in event)) return { objects: [], nothing: ['creates-nothing'] };
  const { bucket, object } = event.detail;
  const bytes = object.size === undefined ? {} : { bytes: object.size };
  return {
    objects: [{ bucket: bucket.name, key: object.key, ...versionOf(object['version-id']), ...bytes }],
    nothing: [],
  };
}
