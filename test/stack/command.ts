import { execFile } from 'node:child_process';
import { endpoints, operator } from './stack.ts';

export interface CommandEnded {
  readonly code: number;
  /** Both streams. */
  readonly said: string;
}

/** Runs a command of ingestion as an operator does, `npm run <name>`: a process of its own, against the running stack. */
export async function command(
  name: string,
  options: readonly string[],
  { input = '', variables = {} }: { input?: string; variables?: Record<string, string> } = {},
): Promise<CommandEnded> {
  const { accessKeyId, secretAccessKey } = operator.credentials;
  const env = {
    ...process.env,
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
    AWS_ENDPOINT_URL: endpoints.aws,
    AWS_ENDPOINT_URL_S3: endpoints.s3,
    ...variables,
  };
  return new Promise((resolve) => {
    const args = [`infra/ingest/commands/${name}.ts`, '--region', operator.region, ...options];
    const child = execFile(process.execPath, args, { env }, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : Number(error.code), said: stdout + stderr });
    });
    child.stdin!.end(input);
  });
}
