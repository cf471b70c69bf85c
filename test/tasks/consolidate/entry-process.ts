import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { startVersitygw } from '../../../infra/local/servers/versitygw.ts';
import { s3ObjectStore } from '../../../ports/s3-object-store.ts';
import type { ObjectStore } from '../../../ports/object-store.ts';
import { type FaultProxy, startFaultProxy } from '../../support/fault-proxy.ts';
import { archiveId, publicKey, stageInto, type Contents } from './staged.ts';

const credentials = { accessKeyId: 'test', secretAccessKey: 'testtest' };
const recipientKeys = publicKey('curve25519');

export interface Bench {
  readonly proxy: FaultProxy;
  /** New buckets with a staged volume in them. */
  stageVolume(contents: Contents): Promise<StagedVolume>;
  stop(): Promise<void>;
}

export interface StagedVolume {
  readonly staging: ObjectStore;
  readonly archive: ObjectStore;
  readonly contents: ReadonlyMap<string, Uint8Array>;
  /** Starts the bundled entry point as a process that speaks to S3 through the fault proxy. */
  start(variables?: Readonly<Record<string, string>>): EntryProcess;
}

export interface EntryProcess {
  readonly child: ChildProcess;
  readonly ended: Promise<{ code: number | null; signal: NodeJS.Signals | null; output: string }>;
}

/** A real S3 server, the fault proxy before it, and the task's entry point bundled as it is for its container. */
export async function startBench(): Promise<Bench> {
  const directory = await mkdtemp(join(tmpdir(), 'permafrost-consolidate-'));
  const entry = join(directory, 'index.mjs');
  await build({
    entryPoints: [fileURLToPath(new URL('../../../tasks/consolidate/main.ts', import.meta.url))],
    outfile: entry,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node24',
    banner: { js: "import{createRequire as requireOf}from'node:module';const require=requireOf(import.meta.url);" },
    logLevel: 'error',
  });
  const gateway = await startVersitygw({ dataDir: join(directory, 's3'), credentials });
  const proxy = await startFaultProxy(gateway.url);
  const client = new S3Client({ endpoint: gateway.url, region: 'us-east-1', forcePathStyle: true, credentials });
  const children: ChildProcess[] = [];
  let volumes = 0;

  return {
    proxy,
    async stageVolume(contents) {
      volumes += 1;
      const [stagingBucket, archiveBucket] = [`staging-${volumes}`, `archive-${volumes}`];
      await client.send(new CreateBucketCommand({ Bucket: stagingBucket }));
      await client.send(new CreateBucketCommand({ Bucket: archiveBucket, ObjectLockEnabledForBucket: true }));
      const staging = s3ObjectStore(client, stagingBucket);
      const retainUntil = new Date(Date.now() + 2 * 24 * 3600 * 1000);
      const staged = await stageInto(staging, { contents, recipientKeys, profile: 'gpg', retainUntil });
      return {
        staging,
        archive: s3ObjectStore(client, archiveBucket),
        contents: staged,
        start(variables = {}) {
          const child = spawn(process.execPath, [entry], {
            cwd: directory,
            stdio: ['ignore', 'pipe', 'pipe'],
            env: {
              AWS_ENDPOINT_URL: proxy.url,
              AWS_REGION: 'us-east-1',
              AWS_ACCESS_KEY_ID: credentials.accessKeyId,
              AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
              STAGING_BUCKET: stagingBucket,
              ARCHIVE_BUCKET: archiveBucket,
              RECIPIENT_KEYS: recipientKeys,
              ENCRYPTION_PROFILE: 'gpg',
              ARCHIVE_ID: archiveId,
              VOLUME: '1',
              ...variables,
            },
          });
          children.push(child);
          let output = '';
          child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
          child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
          const ended = new Promise<{ code: number | null; signal: NodeJS.Signals | null; output: string }>(
            (resolve) => {
              child.on('close', (code, signal) => resolve({ code, signal, output }));
            },
          );
          return { child, ended };
        },
      };
    },
    async stop() {
      for (const child of children) if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
      await proxy.close();
      client.destroy();
      await gateway.stop();
      await rm(directory, { recursive: true, force: true });
    },
  };
}
