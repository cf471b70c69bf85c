/** Thawing on the stack's S3, in buckets of the test's own. */
import { randomUUID } from 'node:crypto';
import { CreateBucketCommand } from '@aws-sdk/client-s3';
import { s3ObjectStore } from '../../ports/s3-object-store.ts';
import { coldObjectContract } from '../ports/cold-object.contract.ts';
import { freezeNow } from './freeze.ts';
import { s3 } from './stack.ts';

coldObjectContract("S3 as the stack's functions see it", async () => {
  const bucket = `thaw-${randomUUID()}`;
  await s3.send(new CreateBucketCommand({ Bucket: bucket, ObjectLockEnabledForBucket: true }));
  return {
    locked: s3ObjectStore(s3, bucket),
    freeze: (key, storageClass) => freezeNow(bucket, key, storageClass),
  };
});
