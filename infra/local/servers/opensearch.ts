import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { copyFile, mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { ServerCommandFailed, ServerStartFailed } from './errors.ts';
import type { OpenSearchVersion } from './install/opensearch.ts';
import { installOpenSearch, jdkFor } from './install/opensearch.ts';
import { answers, freePort, startServer } from './process.ts';
import {
  type AdminUser,
  type SecuritySettings,
  securityEnvironment,
  securityLines,
  writeSecurity,
} from './security.ts';

export interface S3Client {
  endpoint: string;
  accessKeyId: string;
  secretAccessKey: string;
  region: string;
}

export interface OpenSearchOptions {
  version: OpenSearchVersion;
  /** Holds conf, data, logs and tmp; indices survive a restart over the same folder. */
  dataDir: string;
  /** The default client of the repository-s3 plugin. */
  s3?: S3Client;
  /** Further lines of opensearch.yml. */
  settings?: Record<string, string>;
  /** Folder in which `fs` repositories may lie; default `<dataDir>/repositories`. */
  repoPath?: string;
  /** Java heap; default 512 MB. */
  heapMegabytes?: number;
  /** With a version that has the security plugin, and only then. */
  security?: SecuritySettings;
}

export interface OpenSearch {
  url: string;
  stop: () => Promise<void>;
}

/** Starts a single-node cluster on free ports of 127.0.0.1; it is installed first where it is not. */
export async function startOpenSearch(options: OpenSearchOptions): Promise<OpenSearch> {
  const archive = await classArchive(options.version);
  return await startNode(options, existsSync(archive) ? [`-XX:SharedArchiveFile=${archive}`] : []);
}

/**
 * Makes the archive of loaded classes with which later starts take half the time, once for each JDK. It is written by a
 * node that is started and stopped for this.
 */
export async function makeClassArchive(version: OpenSearchVersion): Promise<void> {
  const archive = await classArchive(version);
  if (existsSync(archive)) return;
  const dataDir = await mkdtemp(join(tmpdir(), 'opensearch-classes-'));
  const written = join(dataDir, 'classes.jsa');
  try {
    const s3 = { endpoint: 'http://127.0.0.1:9', accessKeyId: 'none', secretAccessKey: 'none', region: 'us-east-1' };
    const node = await startNode({ version, dataDir, s3 }, [`-XX:ArchiveClassesAtExit=${written}`]);
    await node.stop();
    // Without it starts are slower, no more. Copied beside its final name first: /tmp may be another file system.
    if (existsSync(written)) {
      await copyFile(written, `${archive}.new`);
      await rename(`${archive}.new`, archive);
    }
  } finally {
    await rm(dataDir, { recursive: true, force: true });
  }
}

/** An archive fits one JDK and one set of jars only. */
async function classArchive(version: OpenSearchVersion): Promise<string> {
  const jdk = requireJdk(version);
  const release = await readFile(join(jdk, 'release'));
  const hash = createHash('sha256').update(jdk).update(release).digest('hex').slice(0, 8);
  return join(await installOpenSearch(version), `classes-${hash}.jsa`);
}

function requireJdk(version: OpenSearchVersion): string {
  const { home, wanted } = jdkFor(version);
  if (!home) throw new ServerStartFailed(`OpenSearch ${version} needs ${wanted}; none was found`);
  return home;
}

async function startNode(options: OpenSearchOptions, furtherJavaOptions: readonly string[]): Promise<OpenSearch> {
  const home = await installOpenSearch(options.version);
  const jdk = requireJdk(options.version);
  const dataDir = resolve(options.dataDir);
  const conf = join(dataDir, 'conf');
  const repoPath = resolve(options.repoPath ?? join(dataDir, 'repositories'));
  for (const folder of [conf, join(dataDir, 'data'), join(dataDir, 'tmp'), repoPath]) {
    await mkdir(folder, { recursive: true });
  }
  const [httpPort, transportPort] = await Promise.all([freePort(), freePort()]);
  const settings = {
    ...nodeSettings(dataDir, repoPath, httpPort, transportPort),
    ...s3Settings(options.s3),
    ...(options.security && securityLines()),
    ...options.settings,
  };
  const lines = Object.entries(settings).map(([key, value]) => `${key}: ${JSON.stringify(value)}\n`);
  await writeFile(join(conf, 'opensearch.yml'), lines.join(''));
  await writeFile(join(conf, 'log4j2.properties'), LOGGING);
  if (options.s3) await makeKeystore(jdk, home, conf, options.s3);
  if (options.security) await writeSecurity(conf, options.security, { home, jdk });
  const url = `http://127.0.0.1:${httpPort}`;
  const headers = options.security && { authorization: basicAuthorization(options.security.admin) };
  const running = await startServer({
    name: `OpenSearch ${options.version}`,
    command: join(jdk, 'bin/java'),
    args: [
      ...furtherJavaOptions,
      ...javaOptions(home, dataDir, options.heapMegabytes ?? 512),
      ...versionOptions(options.version),
      'org.opensearch.bootstrap.OpenSearch',
    ],
    cwd: dataDir,
    // Without credentials of its own the plugin would ask the address of the EC2 metadata service.
    env: {
      ...process.env,
      AWS_EC2_METADATA_DISABLED: 'true',
      ...(options.security && securityEnvironment(options.security)),
    },
    logFile: join(dataDir, 'opensearch.log'),
    ready: () => answers(`${url}/_cluster/health?wait_for_status=yellow&timeout=1s`, undefined, headers),
    startTimeoutMs: 120_000,
    stopGraceMs: 60_000, // it flushes its indices
  });
  return { url, stop: running.stop };
}

export const basicAuthorization = ({ username, password }: AdminUser): string =>
  `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;

const LOGGING = `status = error
appender.console.type = Console
appender.console.name = console
appender.console.layout.type = PatternLayout
appender.console.layout.pattern = [%d{ISO8601}][%-5p][%c{1.}] %m%n
rootLogger.level = info
rootLogger.appenderRef.console.ref = console
`;

function nodeSettings(dataDir: string, repoPath: string, http: number, transport: number): Record<string, string> {
  return {
    'cluster.name': 'permafrost',
    'node.name': 'permafrost-0',
    'discovery.type': 'single-node',
    'network.host': '127.0.0.1',
    'http.port': String(http),
    'transport.port': String(transport),
    'path.data': join(dataDir, 'data'),
    'path.logs': join(dataDir, 'logs'),
    'path.repo': repoPath,
    'cluster.routing.allocation.disk.threshold_enabled': 'false',
    // The serial collector lets garbage lie until memory is short: counted as used, it trips the breaker of a healthy node.
    'indices.breaker.total.use_real_memory': 'false',
    'node.store.allow_mmap': 'false', // else the kernel's vm.max_map_count must be raised
  };
}

function s3Settings(s3: S3Client | undefined): Record<string, string> {
  if (!s3) return {};
  const { protocol, host } = new URL(s3.endpoint);
  return {
    's3.client.default.endpoint': host,
    's3.client.default.protocol': protocol.replace(':', ''),
    's3.client.default.path_style_access': 'true',
    's3.client.default.region': s3.region,
  };
}

/** The plugin reads credentials from the node's keystore only. */
async function makeKeystore(jdk: string, home: string, conf: string, s3: S3Client): Promise<void> {
  const classPath = `${home}/keystore-maker:${home}/lib/*`;
  const args = ['-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC', '-cp', classPath, 'MakeKeystore', conf];
  const child = spawn(join(jdk, 'bin/java'), args, { stdio: ['pipe', 'ignore', 'pipe'] });
  let errors = '';
  child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()));
  child.stdin.end(
    `s3.client.default.access_key=${s3.accessKeyId}\ns3.client.default.secret_key=${s3.secretAccessKey}\n`,
  );
  const [code] = (await once(child, 'close')) as [number | null];
  if (code !== 0) throw new ServerCommandFailed(`The OpenSearch keystore could not be made: ${errors}`);
}

/** 2.x confines its plugins by the security manager; 3.x maps native memory. */
const versionOptions = (version: OpenSearchVersion): string[] =>
  version.startsWith('2.')
    ? ['-Djava.security.manager=allow', '-Djava.locale.providers=SPI,COMPAT']
    : ['--enable-native-access=ALL-UNNAMED'];

function javaOptions(home: string, dataDir: string, heapMegabytes: number): string[] {
  return [
    `-Xms${heapMegabytes}m`,
    `-Xmx${heapMegabytes}m`,
    '-XX:+UseSerialGC',
    '-XX:-UsePerfData',
    '-Xshare:auto',
    `-Djava.io.tmpdir=${join(dataDir, 'tmp')}`,
    '-Djava.awt.headless=true',
    '-Dfile.encoding=UTF-8',
    '-Dio.netty.noUnsafe=true',
    '-Dio.netty.noKeySetOptimization=true',
    '-Dio.netty.recycler.maxCapacityPerThread=0',
    '-Dio.netty.allocator.numDirectArenas=0',
    // Without its native library the node cannot tell that it runs as root, which it refuses.
    '-Djna.nosys=true',
    '-Djna.noclasspath=true',
    '-Dlog4j.shutdownHookEnabled=false',
    '-Dlog4j2.disable.jmx=true',
    '-Dopensearch.distribution.type=tar',
    '-Dopensearch.bundled_jdk=false',
    `-Dopensearch.path.home=${home}`,
    `-Dopensearch.path.conf=${join(dataDir, 'conf')}`,
    '-cp',
    `${home}/lib/*`,
  ];
}
