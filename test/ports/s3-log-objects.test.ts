import { CreateBucketCommand, PutBucketVersioningCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll } from 'vitest';
import { startS3Proxy, type S3Proxy } from '../../infra/local/servers/s3-proxy/start.ts';
import { startVersitygw, type Versitygw } from '../../infra/local/servers/versitygw.ts';
import { s3LogObjects } from '../../ports/s3-log-objects.ts';
import { logObjectsContract } from './log-objects.contract.ts';

const credentials = { accessKeyId: 'test', secretAccessKey: 'testtest' };
let dataDir: string;
let gateway: Versitygw;
/** The S3 of the local stack. */
let proxy: S3Proxy;
let client: S3Client;
let buckets = 0;

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'permafrost-log-objects-'));
  gateway = await startVersitygw({ dataDir, credentials });
  proxy = await startS3Proxy({ upstream: gateway.url, stateFile: join(dataDir, 'proxy.json'), credentials });
  client = new S3Client({ endpoint: proxy.url, region: 'us-east-1', forcePathStyle: true, credentials });
}, 300_000);

afterAll(async () => {
  client.destroy();
  await proxy.stop();
  await gateway.stop();
  await rm(dataDir, { recursive: true, force: true });
});

logObjectsContract('S3', async () => {
  buckets += 1;
  const [unversioned, versioned] = [`unversioned-${buckets}`, `versioned-${buckets}`];
  for (const Bucket of [unversioned, versioned]) await client.send(new CreateBucketCommand({ Bucket }));
  const VersioningConfiguration = { Status: 'Enabled' } as const;
  await client.send(new PutBucketVersioningCommand({ Bucket: versioned, VersioningConfiguration }));
  return {
    objects: s3LogObjects(client),
    unversioned,
    versioned,
    put: async (Bucket, Key, Body) => {
      await client.send(new PutObjectCommand({ Bucket, Key, Body }));
    },
  };
});
