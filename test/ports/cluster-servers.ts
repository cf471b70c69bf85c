/** The servers that the tests of the OpenSearch adapter talk to: those that the environment names, or their own. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startOpenSearch } from '../../infra/local/servers/opensearch.ts';
import { startVersitygw } from '../../infra/local/servers/versitygw.ts';

export interface ClusterServers {
  readonly openSearchUrl: string;
  readonly s3Url: string;
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
  stop(): Promise<void>;
}

/** `OPENSEARCH_URL` must be a node whose S3 client leads to `S3_ENDPOINT`. */
export async function clusterServers(): Promise<ClusterServers> {
  const { OPENSEARCH_URL, S3_ENDPOINT, AWS_ACCESS_KEY_ID = 'test', AWS_SECRET_ACCESS_KEY = 'testtest' } = process.env;
  const credentials = { accessKeyId: AWS_ACCESS_KEY_ID, secretAccessKey: AWS_SECRET_ACCESS_KEY };
  if (OPENSEARCH_URL !== undefined && S3_ENDPOINT !== undefined)
    return { openSearchUrl: OPENSEARCH_URL, s3Url: S3_ENDPOINT, credentials, stop: () => Promise.resolve() };
  const folder = await mkdtemp(join(tmpdir(), 'permafrost-cluster-'));
  const gateway = await startVersitygw({ dataDir: join(folder, 's3'), credentials });
  const node = await startOpenSearch({
    version: '3.8.0',
    dataDir: join(folder, 'opensearch'),
    s3: { endpoint: gateway.url, region: 'us-east-1', ...credentials },
  });
  return {
    openSearchUrl: node.url,
    s3Url: gateway.url,
    credentials,
    stop: async () => {
      await node.stop();
      await gateway.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
