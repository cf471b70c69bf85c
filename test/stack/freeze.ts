import { PutBucketLifecycleConfigurationCommand } from '@aws-sdk/client-s3';
import { expect } from 'vitest';
import { endpoints, s3 } from './stack.ts';

/** Makes the objects of a test's own bucket cold whose keys start with `prefix`, as a lifecycle rule does that comes due at once. */
export async function freezeNow(
  bucket: string,
  prefix: string,
  storageClass: 'GLACIER' | 'DEEP_ARCHIVE',
): Promise<void> {
  const rule = { ID: 'freeze', Status: 'Enabled', Filter: { Prefix: prefix } } as const;
  await s3.send(
    new PutBucketLifecycleConfigurationCommand({
      Bucket: bucket,
      LifecycleConfiguration: { Rules: [{ ...rule, Transitions: [{ Days: 0, StorageClass: storageClass }] }] },
      TransitionDefaultMinimumObjectSize: 'varies_by_storage_class',
    }),
  );
  const applied = await fetch(new URL(`/_local/apply-lifecycle?bucket=${bucket}`, endpoints.s3), { method: 'POST' });
  expect(applied.ok).toBe(true);
}
