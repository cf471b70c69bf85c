import { CreateBucketCommand, PutBucketLifecycleConfigurationCommand, S3Client } from '@aws-sdk/client-s3';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startS3Proxy, type S3Proxy } from '../../infra/local/servers/s3-proxy/start.ts';
import { startVersitygw, type Versitygw } from '../../infra/local/servers/versitygw.ts';
import { s3ObjectStore } from '../../ports/s3-object-store.ts';
import { coldObjectContract } from './cold-object.contract.ts';
import { objectStoreContract } from './object-store.contract.ts';

const credentials = { accessKeyId: 'test', secretAccessKey: 'testtest' };
let dataDir: string;
let gateway: Versitygw;
/** Adds storage classes and thaws. */
let proxy: S3Proxy;
let client: S3Client;
let buckets = 0;

const clientFor = (endpoint: string, maxAttempts = 3): S3Client =>
  new S3Client({ endpoint, region: 'us-east-1', forcePathStyle: true, credentials, maxAttempts });

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'permafrost-s3-'));
  gateway = await startVersitygw({ dataDir, credentials });
  const stateFile = join(dataDir, 'proxy.json');
  proxy = await startS3Proxy({ upstream: gateway.url, stateFile, credentials, thawSeconds: 0.5 });
  client = clientFor(proxy.url);
}, 300_000);

afterAll(async () => {
  client.destroy();
  await proxy.stop();
  await gateway.stop();
  await rm(dataDir, { recursive: true, force: true });
});

/** As a lifecycle rule does, that comes due at once. */
async function freeze(bucket: string, key: string, storageClass: 'GLACIER' | 'DEEP_ARCHIVE'): Promise<void> {
  const rule = { ID: 'freeze', Status: 'Enabled', Filter: { Prefix: key } } as const;
  await client.send(
    new PutBucketLifecycleConfigurationCommand({
      Bucket: bucket,
      LifecycleConfiguration: { Rules: [{ ...rule, Transitions: [{ Days: 0, StorageClass: storageClass }] }] },
      TransitionDefaultMinimumObjectSize: 'varies_by_storage_class',
    }),
  );
  const applied = await fetch(`${proxy.url}/_local/apply-lifecycle?bucket=${bucket}`, { method: 'POST' });
  expect(applied.ok).toBe(true);
}

objectStoreContract('S3', async () => {
  buckets += 1;
  const [plain, locked] = [`plain-${buckets}`, `locked-${buckets}`];
  await client.send(new CreateBucketCommand({ Bucket: plain }));
  await client.send(new CreateBucketCommand({ Bucket: locked, ObjectLockEnabledForBucket: true }));
  return {
    plain: s3ObjectStore(client, plain),
    locked: s3ObjectStore(client, locked),
    absent: s3ObjectStore(client, 'no-such-bucket'),
  };
});

coldObjectContract('S3', async () => {
  buckets += 1;
  const bucket = `cold-${buckets}`;
  await client.send(new CreateBucketCommand({ Bucket: bucket, ObjectLockEnabledForBucket: true }));
  return {
    locked: s3ObjectStore(client, bucket),
    freeze: (key, storageClass) => freeze(bucket, key, storageClass),
  };
});

test('names an unreachable store and a refused key', async () => {
  const nobody = clientFor('http://127.0.0.1:1', 1);
  await expect(s3ObjectStore(nobody, 'plain').get('x')).rejects.toMatchObject({ name: 'StoreUnavailable' });
  const stranger = new S3Client({
    endpoint: gateway.url,
    region: 'us-east-1',
    forcePathStyle: true,
    credentials: { accessKeyId: 'stranger', secretAccessKey: 'stranger' },
  });
  const refused = s3ObjectStore(stranger, 'plain').put('volume-1', new Uint8Array(1));
  await expect(refused).rejects.toMatchObject({
    name: 'NotAllowed',
    message: expect.stringMatching(/s3:PutObject.*volume-1/) as string,
  });
  nobody.destroy();
  stranger.destroy();
});
