import { join } from 'node:path';
import type { Credentials } from '../deploy/roles.ts';
import { startMinistack } from '../servers/ministack.ts';
import type { OpenSearchVersion } from '../servers/install/opensearch.ts';
import { startOpenSearch } from '../servers/opensearch.ts';
import type { SecuritySettings } from '../servers/security.ts';
import type { S3Call } from '../servers/s3-proxy/call.ts';
import { toQueuesAndTopics } from '../servers/s3-proxy/notifications/to-queues-and-topics.ts';
import { startS3Proxy } from '../servers/s3-proxy/start.ts';
import { startVersitygw } from '../servers/versitygw.ts';
import { region } from '../template/scope.ts';

/** Servers that are running already, to be used instead of starting ours. */
export interface ExternalServers {
  openSearch?: string | undefined;
  s3?: string | undefined;
  aws?: string | undefined;
}

export interface ServersOptions {
  dataDir: string;
  /** May do everything. */
  operator: Credentials;
  /** Used by the cluster for its snapshots. */
  snapshotUser: Credentials;
  thawSeconds: number;
  openSearch: OpenSearchSettings | false;
  external: ExternalServers;
  onS3Call: (call: S3Call) => void;
  progress: (line: string) => void;
}

export interface OpenSearchSettings {
  version?: OpenSearchVersion;
  settings?: Record<string, string>;
  repoPath?: string;
  /** Fine-grained access control: each function acts with the rights of its own IAM role. Default version then 3.4.0. */
  security?: SecuritySettings;
}

export interface Servers {
  /** The proxy in front of the S3 server. */
  s3: string;
  /** KMS, SNS, SQS, Secrets Manager, SSM. */
  aws: string;
  /** Resolves once the node is up: it is by far the slowest. Null when none is wanted. */
  openSearch: Promise<string | null>;
  createS3User: (user: Credentials) => Promise<void>;
  stop: () => Promise<void>;
}

interface Stoppable {
  stop: () => Promise<void>;
}

/** Starts the servers side by side. When one fails, those that did start are stopped before the failure is thrown. */
export async function startServers(options: ServersOptions): Promise<Servers> {
  const { dataDir, operator, external, progress } = options;
  const started: Stoppable[] = [];
  const keep = <T extends Stoppable>(server: T): T => {
    started.push(server);
    return server;
  };
  const timed = async <T>(name: string, start: () => Promise<T>): Promise<T> => {
    const begin = Date.now();
    const result = await start();
    progress(`${name} is up (${((Date.now() - begin) / 1000).toFixed(1)} s)`);
    return result;
  };
  const aws =
    external.aws === undefined
      ? timed('ministack', async () => keep(await startMinistack({ dataDir: join(dataDir, 'ministack') })).url)
      : Promise.resolve(external.aws);
  const startS3 = async (): Promise<{ url: string; createUser: Servers['createS3User'] }> => {
    const upstream =
      external.s3 === undefined
        ? keep(await startVersitygw({ dataDir: join(dataDir, 's3'), credentials: operator }))
        : undefined;
    // S3 itself is the sender: past the gateway, which records what functions and tasks call.
    const notices = keep(toQueuesAndTopics(aws, operator));
    const proxy = await startS3Proxy({
      upstream: upstream?.url ?? external.s3 ?? '',
      stateFile: join(dataDir, 's3-proxy.json'),
      thawSeconds: options.thawSeconds,
      credentials: operator,
      onCall: options.onS3Call,
      notify: notices.notify,
    });
    return {
      url: keep(proxy).url,
      createUser: async (user) => upstream?.createUser(user.accessKeyId, user.secretAccessKey),
    };
  };
  const startNode = async (endpoint: string): Promise<string | null> => {
    if (external.openSearch !== undefined) return external.openSearch;
    if (options.openSearch === false) return null;
    const { version = options.openSearch.security ? '3.4.0' : '3.8.0', ...settings } = options.openSearch;
    const s3 = { endpoint, region, ...options.snapshotUser };
    return keep(await startOpenSearch({ version, dataDir: join(dataDir, 'opensearch'), s3, ...settings })).url;
  };
  let openSearch: Promise<string | null> = Promise.resolve(null);
  // In the reverse order: the proxy before what is behind it. All are asked, whatever one of them answers.
  const stop = async (): Promise<void> => {
    await openSearch.catch(() => null); // it may still be starting
    const stopped = await Promise.allSettled(started.reverse().map((server) => server.stop()));
    for (const result of stopped) if (result.status === 'rejected') throw result.reason;
  };
  const [awsStarted, s3] = await Promise.allSettled([
    aws,
    timed('S3', startS3).then((server) => {
      const isOurs = external.openSearch === undefined && options.openSearch !== false;
      openSearch = isOurs ? timed('OpenSearch', () => startNode(server.url)) : startNode(server.url);
      openSearch.catch(() => undefined); // whoever awaits it sees the error
      return server;
    }),
  ]);
  if (awsStarted.status === 'rejected' || s3.status === 'rejected') {
    await stop();
    throw awsStarted.status === 'rejected' ? awsStarted.reason : (s3 as PromiseRejectedResult).reason;
  }
  return { s3: s3.value.url, aws: awsStarted.value, openSearch, createS3User: s3.value.createUser, stop };
}
