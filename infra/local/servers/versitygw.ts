import { execFile } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { ServerCommandFailed } from './errors.ts';
import { installVersitygw } from './install/versitygw.ts';
import { answers, freePort, startServer } from './process.ts';

export interface Credentials {
  accessKeyId: string;
  secretAccessKey: string;
}

export interface VersitygwOptions {
  /** Buckets are folders of `<dataDir>/s3`; versions, users and the log lie beside it. */
  dataDir: string;
  /** The root user: policies do not apply to it. */
  credentials: Credentials;
}

export interface Versitygw {
  url: string;
  /** Adds an access key that may do everything in every bucket (role admin). An existing one with this secret is kept. */
  createUser: (accessKeyId: string, secretAccessKey: string) => Promise<void>;
  stop: () => Promise<void>;
}

/** Starts the S3 server (versitygw on the local file system) on a free port of 127.0.0.1. */
export async function startVersitygw(options: VersitygwOptions): Promise<Versitygw> {
  const binary = await installVersitygw();
  const dataDir = resolve(options.dataDir); // versitygw takes absolute paths only
  const folders = { root: join(dataDir, 's3'), versions: join(dataDir, 'versions'), iam: join(dataDir, 'iam') };
  for (const folder of Object.values(folders)) await mkdir(folder, { recursive: true });
  const address = `127.0.0.1:${await freePort()}`;
  const url = `http://${address}`;
  const gateway = ['-p', address, '--quiet', '--keep-alive', '--iam-dir', folders.iam];
  const running = await startServer({
    name: 'versitygw',
    command: binary,
    args: [...gateway, 'posix', '--versioning-dir', folders.versions, folders.root],
    env: {
      ...process.env,
      ROOT_ACCESS_KEY: options.credentials.accessKeyId,
      ROOT_SECRET_KEY: options.credentials.secretAccessKey,
    },
    logFile: join(dataDir, 'versitygw.log'),
    ready: () => answers(url, (status) => status === 403), // it wants a signature: it is up
    startTimeoutMs: 20_000,
  });
  const admin = async (...args: string[]): Promise<void> => {
    const env = {
      ...process.env,
      ADMIN_ENDPOINT_URL: url,
      ADMIN_ACCESS_KEY_ID: options.credentials.accessKeyId,
      ADMIN_SECRET_ACCESS_KEY: options.credentials.secretAccessKey,
    };
    await promisify(execFile)(binary, ['admin', ...args], { env });
  };
  return {
    url,
    stop: running.stop,
    createUser: async (accessKeyId, secretAccessKey) => {
      try {
        await admin('create-user', '--access', accessKeyId, '--secret', secretAccessKey, '--role', 'admin');
      } catch (created) {
        // It may be there from an earlier start over the same data: give it this secret.
        await admin('update-user', '--access', accessKeyId, '--secret', secretAccessKey, '--role', 'admin').catch(
          () => {
            const { stderr } = created as { stderr?: string };
            throw new ServerCommandFailed(
              `versitygw could not create the user ${accessKeyId}: ${stderr ?? String(created)}`,
            );
          },
        );
      }
    },
  };
}
