/** What the servers keep when they are started again over the same data. They are this file's own: the shared ones stay up. */
import { CreateKeyCommand, GetPublicKeyCommand, KMSClient } from '@aws-sdk/client-kms';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startMinistack } from '../../infra/local/servers/ministack.ts';
import { startOpenSearch } from '../../infra/local/servers/opensearch.ts';
import { ask, operator } from './stack.ts';

let folder: string;
const running: { stop: () => Promise<void> }[] = [];
function keep<T extends { stop: () => Promise<void> }>(server: T): T {
  running.push(server);
  return server;
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'restarts-'));
});
afterAll(async () => {
  for (const server of running.reverse()) await server.stop();
  await rm(folder, { recursive: true, force: true });
});

test('OpenSearch keeps its indices, and takes further settings', async () => {
  const settings = { 'action.auto_create_index': 'false' };
  const options = { version: '3.8.0', dataDir: join(folder, 'opensearch'), settings } as const;
  const first = await startOpenSearch(options);
  await ask('PUT', '/logs', { settings: { number_of_replicas: 0 } }, first.url);
  await ask('POST', '/logs/_doc?refresh=true', { message: 'hello' }, first.url);
  await first.stop();
  const second = keep(await startOpenSearch(options));
  expect(await ask('GET', '/logs/_count', undefined, second.url)).toMatchObject({ count: 1 });
  await expect(ask('POST', '/other/_doc', {}, second.url)).rejects.toThrow(/no such index \[other\]/);
});

test('ministack keeps its keys', async () => {
  const dataDir = join(folder, 'ministack');
  const kms = (endpoint: string): KMSClient => new KMSClient({ ...operator, endpoint });
  const first = await startMinistack({ dataDir });
  const spec = { KeyUsage: 'SIGN_VERIFY', KeySpec: 'ECC_NIST_P256' } as const;
  const { KeyMetadata } = await kms(first.url).send(new CreateKeyCommand(spec));
  const read = new GetPublicKeyCommand({ KeyId: KeyMetadata?.KeyId });
  const { PublicKey } = await kms(first.url).send(read);
  await first.stop();
  const second = keep(await startMinistack({ dataDir }));
  expect((await kms(second.url).send(read)).PublicKey).toEqual(PublicKey);
});
