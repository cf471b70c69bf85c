import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startVersitygw, type Versitygw } from '../../infra/local/servers/versitygw.ts';
import { s3ObjectStore } from '../../ports/s3-object-store.ts';
import { objectStoreContract } from './object-store.contract.ts';

const credentials = { accessKeyId: 'test', secretAccessKey: 'testtest' };
let dataDir: string;
let gateway: Versitygw;
let client: S3Client;
let buckets = 0;

const clientFor = (endpoint: string, maxAttempts = 3): S3Client =>
  new S3Client({ endpoint, region: 'us-east-1', forcePathStyle: true, credentials, maxAttempts });

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'permafrost-s3-'));
  gateway = await startVersitygw({ dataDir, credentials });
  client = clientFor(gateway.url);
}, 300_000);

afterAll(async () => {
  client.destroy();
  await gateway.stop();
  await rm(dataDir, { recursive: true, force: true });
});

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
