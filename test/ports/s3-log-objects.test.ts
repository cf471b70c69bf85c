import { CreateBucketCommand, PutBucketVersioningCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { s3LogObjects } from '../../ports/s3-log-objects.ts';
import { useS3Proxy } from '../infra/local/servers/s3-proxy/use-s3-proxy.ts';
import { logObjectsContract } from './log-objects.contract.ts';

/** The S3 of the local stack. */
const proxy = useS3Proxy();
let buckets = 0;

logObjectsContract('S3', async () => {
  buckets += 1;
  const [unversioned, versioned] = [`unversioned-${buckets}`, `versioned-${buckets}`];
  for (const Bucket of [unversioned, versioned]) await proxy.s3.send(new CreateBucketCommand({ Bucket }));
  const VersioningConfiguration = { Status: 'Enabled' } as const;
  await proxy.s3.send(new PutBucketVersioningCommand({ Bucket: versioned, VersioningConfiguration }));
  return {
    objects: s3LogObjects(proxy.s3),
    unversioned,
    versioned,
    put: async (Bucket, Key, Body) => {
      await proxy.s3.send(new PutObjectCommand({ Bucket, Key, Body }));
    },
  };
});
