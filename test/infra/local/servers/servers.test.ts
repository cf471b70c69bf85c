import { CreateKeyCommand, GetPublicKeyCommand, KMSClient } from '@aws-sdk/client-kms';
import { CreateBucketCommand, ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3';
import { Client } from '@opensearch-project/opensearch';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startMinistack } from '../../../../infra/local/servers/ministack.ts';
import { startOpenSearch } from '../../../../infra/local/servers/opensearch.ts';
import { startS3Proxy } from '../../../../infra/local/servers/s3-proxy/start.ts';
import { startVersitygw } from '../../../../infra/local/servers/versitygw.ts';

const region = 'us-east-1';
const credentials = { accessKeyId: 'root', secretAccessKey: 'root-secret' };
const running: { stop: () => Promise<void> }[] = [];
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'servers-test-'));
});
afterAll(async () => {
  for (const server of running.reverse()) await server.stop();
  await rm(folder, { recursive: true, force: true });
});

function keep<T extends { stop: () => Promise<void> }>(server: T): T {
  running.push(server);
  return server;
}

it('OpenSearch takes snapshots through the proxy into the S3 server, and keeps its indices over a restart', async () => {
  const upstream = keep(await startVersitygw({ dataDir: join(folder, 's3'), credentials })).url;
  const actions = new Set<string>();
  const stateFile = join(folder, 's3/proxy.json');
  const proxy = keep(
    await startS3Proxy({ upstream, stateFile, credentials, onCall: (call) => actions.add(call.action) }),
  );
  const s3 = new S3Client({ endpoint: proxy.url, region, credentials });
  await s3.send(new CreateBucketCommand({ Bucket: 'staging' }));

  const options = {
    version: '3.8.0',
    dataDir: join(folder, 'opensearch'),
    s3: { endpoint: proxy.url, region, ...credentials },
    settings: { 'action.auto_create_index': 'false' },
  } as const;
  const first = await startOpenSearch(options);
  let client = new Client({ node: first.url });
  await client.indices.create({ index: 'logs' });
  await client.index({ index: 'logs', body: { message: 'hello' }, refresh: true });
  await first.stop();
  const second = keep(await startOpenSearch(options));
  client = new Client({ node: second.url });
  await expect(client.index({ index: 'other', body: {} })).rejects.toThrow(/no such index \[other\]/);

  const settings = { bucket: 'staging', base_path: 'repositories/a', region };
  const body = { type: 's3', settings };
  await client.transport.request({ method: 'PUT', path: '/_snapshot/a', body });
  const taken = await client.snapshot.create({ repository: 'a', snapshot: 's', wait_for_completion: true });
  expect(taken.body.snapshot).toMatchObject({ state: 'SUCCESS', indices: ['logs'] });
  const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket: 'staging' }));
  expect(Contents.map(({ Key }) => Key)).toContain('repositories/a/index-0');
  expect(actions).toContain('s3:PutObject');
  expect([...actions].filter((action) => action.startsWith('unknown:'))).toEqual([]);
}, 240_000);

it('ministack keeps keys over a restart', async () => {
  const dataDir = join(folder, 'ministack');
  const kms = (endpoint: string): KMSClient => new KMSClient({ endpoint, region, credentials });
  const first = await startMinistack({ dataDir });
  const spec = { KeyUsage: 'SIGN_VERIFY', KeySpec: 'ECC_NIST_P256' } as const;
  const { KeyMetadata } = await kms(first.url).send(new CreateKeyCommand(spec));
  const read = new GetPublicKeyCommand({ KeyId: KeyMetadata?.KeyId });
  const { PublicKey } = await kms(first.url).send(read);
  await first.stop();
  const second = keep(await startMinistack({ dataDir }));
  expect((await kms(second.url).send(read)).PublicKey).toEqual(PublicKey);
}, 120_000);
