import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { restorePlanKey } from '../../../archive/keys.ts';
import { restorePlanBytes } from '../../../archive/restore-records.ts';
import { startVersitygw } from '../../../infra/local/servers/versitygw.ts';
import type { ObjectStore } from '../../../ports/object-store.ts';
import { s3ObjectStore } from '../../../ports/s3-object-store.ts';
import { startFaultProxy, type FaultProxy } from '../../support/fault-proxy.ts';
import { type Archived, archiveId, planOf, restoreId } from './archived.ts';

const credentials = { accessKeyId: 'test', secretAccessKey: 'testtest' };

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly output: string;
}

export interface Bench {
  readonly proxy: FaultProxy;
  /** New buckets with the volume of an archive in them, and a restore's plan. */
  place(archived: Archived): Promise<Placed>;
  stop(): Promise<void>;
}

export interface Placed {
  readonly restore: ObjectStore;
  readonly restoreBucket: string;
  /** Starts the bundled entry point as a process that speaks to S3 through the fault proxy. */
  start(variables?: Readonly<Record<string, string>>): { readonly child: ChildProcess; readonly ended: Promise<Ended> };
}

/** A real S3 server, the fault proxy before it, and the task's entry point bundled as it is for its container. */
export async function startBench(): Promise<Bench> {
  const directory = await mkdtemp(join(tmpdir(), 'permafrost-unpack-'));
  const entry = join(directory, 'index.mjs');
  await build({
    entryPoints: [fileURLToPath(new URL('../../../tasks/unpack/main.ts', import.meta.url))],
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
  let places = 0;

  return {
    proxy,
    async place({ archive, plan, task }) {
      places += 1;
      const [archiveBucket, restoreBucket] = [`archive-${places}`, `restore-${places}`];
      await client.send(new CreateBucketCommand({ Bucket: archiveBucket, ObjectLockEnabledForBucket: true }));
      await client.send(new CreateBucketCommand({ Bucket: restoreBucket }));
      const { number: _, ...volume } = plan.archives[0]!.volumes[0]!;
      const { versionId } = await s3ObjectStore(client, archiveBucket).put(volume.key, await archive.read(volume.key));
      const restore = s3ObjectStore(client, restoreBucket);
      const placed = planOf({ ...volume, versionId: versionId! });
      await restore.put(restorePlanKey(restoreId), restorePlanBytes(placed));
      return {
        restore,
        restoreBucket,
        start(variables = {}) {
          const child = spawn(process.execPath, [entry], {
            cwd: directory,
            stdio: ['ignore', 'pipe', 'pipe'],
            env: {
              AWS_ENDPOINT_URL: proxy.url,
              AWS_REGION: 'us-east-1',
              AWS_ACCESS_KEY_ID: credentials.accessKeyId,
              AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
              ARCHIVE_BUCKET: archiveBucket,
              RESTORE_BUCKET: restoreBucket,
              RESTORE_ID: restoreId,
              ARCHIVE_ID: archiveId,
              VOLUME: '1',
              PRIVATE_KEY: task.privateKey,
              ...variables,
            },
          });
          children.push(child);
          let output = '';
          child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
          child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
          const ended = new Promise<Ended>((resolve) => {
            child.on('close', (code, signal) => resolve({ code, signal, output }));
          });
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
