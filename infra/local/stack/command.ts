import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import type { EncryptionProfile } from '../../../archive/plan.ts';
import { InstallFailed, ServerStartFailed } from '../servers/errors.ts';
import { ensureRecipientKeys } from '../keys.ts';
import { SettingsInvalid } from '../../config/errors.ts';
import type { SettingsInput } from '../../config/schema.ts';
import type { Stack, StackOptions } from '../stack.ts';
import { DataInUse, lockData } from './data-lock.ts';
import { putIndexTemplates, TemplateRefused } from './index-templates.ts';
import { TemplateError } from '../template/errors.ts';

const local = (path: string): string => fileURLToPath(new URL(`../../../.local/${path}`, import.meta.url));

export const usage = `npm run stack -- [options]: keeps the local stack up until Ctrl-C

  --fresh              empty its data first
  --time-scale N       what waits and retry intervals are multiplied by (default 0.01)
  --thaw-seconds N     from RestoreObject to the restored copy (default 3)
  --profile NAME       encryption profile, gpg or rfc9580 (default gpg)
  --recipients N       number of recipients' keys (default 1)
  --help

.local/endpoints.json says where everything is; it is there while the stack is up.
Servers that run already are used instead of our own: OPENSEARCH_URL, S3_ENDPOINT, AWS_ENDPOINT_URL.
`;

/** The command line is wrong; the message says how. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

export interface StackArguments {
  fresh: boolean;
  timeScale: number;
  thawSeconds: number;
  profile: EncryptionProfile;
  recipients: number;
  help: boolean;
}

/** @throws UsageError for an unknown option or a value that is not what it must be. */
export function readArguments(args: string[]): StackArguments {
  const options = {
    fresh: { type: 'boolean', default: false },
    'time-scale': { type: 'string', default: '0.01' },
    'thaw-seconds': { type: 'string', default: '3' },
    profile: { type: 'string', default: 'gpg' },
    recipients: { type: 'string', default: '1' },
    help: { type: 'boolean', default: false },
  } as const;
  const number = (name: string, text: string, minimum: number): number => {
    const value = Number(text);
    if (text.trim() !== '' && Number.isFinite(value) && value >= minimum) return value;
    throw new UsageError(`--${name} takes a number of at least ${minimum}, not "${text}"`);
  };
  let values;
  try {
    ({ values } = parseArgs({ args, options }));
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
  const { profile } = values;
  if (profile !== 'gpg' && profile !== 'rfc9580') throw new UsageError(`--profile is gpg or rfc9580, not "${profile}"`);
  return {
    fresh: values.fresh,
    timeScale: number('time-scale', values['time-scale'], 0),
    thawSeconds: number('thaw-seconds', values['thaw-seconds'], 0),
    profile,
    recipients: Math.trunc(number('recipients', values.recipients, 1)),
    help: values.help,
  };
}

/**
 * Makes the test keys, synthesizes the project's own stacks for this machine, and says what startStack needs to run them.
 * Assembly and data lie in `directory`: stacks that run at the same time need one each. `overrides` are settings of the deployment.
 */
export async function projectStack(
  args: Omit<StackArguments, 'help'> & {
    /** Whether logs are brought in, too. Default: with the stack's own S3 server, as no other notifies its queues. */
    ingest?: boolean;
  },
  progress: (line: string) => void,
  directory = local('.'),
  overrides: Partial<SettingsInput> = {},
): Promise<StackOptions> {
  const { OPENSEARCH_URL: openSearch, S3_ENDPOINT: s3, AWS_ENDPOINT_URL: aws } = process.env;
  const dataDir = join(directory, 'data');
  lockData(dataDir)(); // a running stack still loads functions from the assembly that is about to be replaced
  const keys = await ensureRecipientKeys({ count: args.recipients, profile: args.profile });
  progress('Synthesizing the stacks');
  const { localDomain, signingKeyPlaceholder, synthesizeLocal } = await import('../synth.ts'); // here, since the CDK takes a second to load
  const { workflows, ingest } = await synthesizeLocal({
    outDir: join(directory, 'synth'),
    profile: args.profile,
    recipients: keys,
    retentionDays: 1, // a lock of the local S3 server cannot be undone either
    ingest: args.ingest ?? s3 === undefined,
    overrides,
  });
  return {
    assemblies: [workflows, ...(ingest === undefined ? [] : [ingest])],
    domain: localDomain,
    signingKeyPlaceholder,
    dataDir,
    endpointsFile: join(directory, 'endpoints.json'),
    fresh: args.fresh,
    timeScale: args.timeScale,
    thawSeconds: args.thawSeconds,
    external: { openSearch, s3, aws },
    keys: { recipientPrivate: keys[0]?.privatePath ?? null, passphrase: keys[0]?.passphrasePath ?? null },
    progress,
  };
}

const EXPLAINED = [DataInUse, InstallFailed, ServerStartFailed, SettingsInvalid, TemplateError, TemplateRefused];

/** What stopped a start, for whoever started it: the message where it says all, else the error as it is. */
export const explained = (error: unknown): unknown =>
  EXPLAINED.some((known) => error instanceof known) ? (error as Error).message : error;

/** Runs the stack until SIGINT or SIGTERM; returns the exit code. */
export async function runStackCommand(
  args: string[],
  start: (options: StackOptions) => Promise<Stack>,
): Promise<number> {
  const progress = (line: string): void => console.log(`${new Date().toISOString().slice(11, 19)}  ${line}`);
  const stopAsked = new Promise<string>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => resolve(signal));
  });
  try {
    const read = readArguments(args);
    if (read.help) {
      console.log(usage);
      return 0;
    }
    const starting = projectStack(read, progress).then((options) =>
      start({ ...options, prepareCluster: putIndexTemplates }),
    );
    // A signal during the start waits for it: everything that was started is then known, and stopped.
    const first = await Promise.race([starting, stopAsked]);
    if (typeof first === 'string') progress('Stopping as soon as the start is through');
    const stack = await starting;
    if (typeof first !== 'string') progress(`Ready: ${JSON.stringify(stack.endpoints, null, 2)}`);
    await stopAsked;
    progress('Stopping');
    await stack.stop();
    return 0;
  } catch (error) {
    if (error instanceof UsageError) console.error(`${error.message}\n\n${usage}`);
    else console.error(explained(error));
    return error instanceof UsageError ? 2 : 1;
  }
}
