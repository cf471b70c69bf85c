import { fileURLToPath } from 'node:url';
import { S3Client } from '@aws-sdk/client-s3';
import { SFNClient, StartExecutionCommand } from '@aws-sdk/client-sfn';
import { s3ObjectStore } from '../../ports/s3-object-store.ts';
import { loadDay } from './sample-logs/load-day.ts';
import { startStack, type Stack } from './stack.ts';
import { projectStack, UsageError } from './stack/command.ts';
import { readStartArguments, usage, type StartArguments } from './start/arguments.ts';
import { followExecution } from './start/follow.ts';
import { leaveLastRun } from './start/last-run.ts';
import { checkPromises } from './start/promises.ts';
import { summary } from './start/summary.ts';

const days = ['2026-01-01', '2026-01-02', '2026-01-03'];
const archivedDay = days[0]!;
const lastRun = fileURLToPath(new URL('../../.local/last-run', import.meta.url));
const say = (line: string): void => console.log(`${new Date().toISOString().slice(11, 19)}  ${line}`);

/** `logdata-DDMMYYYY` */
const indexOf = (date: string): string => `logdata-${date.split('-').reverse().join('')}`;

/** Sets up the stack, loads logs, archives a day, and checks what was promised. True when all of it held. */
async function demonstrate(stack: Stack, { documents }: StartArguments): Promise<boolean> {
  const { endpoints } = stack;
  const loaded = new Map<string, number>();
  for (const date of days) {
    const index = indexOf(date);
    const day = await loadDay(endpoints.opensearch!, { date, docs: documents, seed: 1, index });
    loaded.set(index, day.documents);
    say(`Loaded ${day.documents} documents into ${index}`);
  }
  const client = { region: endpoints.region, credentials: endpoints.credentials };
  const sfn = new SFNClient({ ...client, endpoint: endpoints.states });
  const s3 = new S3Client({ ...client, endpoint: endpoints.s3 });
  const { executionArn } = await sfn.send(
    new StartExecutionCommand({
      stateMachineArn: endpoints.stateMachines.archive!,
      input: JSON.stringify({ date: archivedDay }),
    }),
  );
  say(`Started ${executionArn!}`);
  const run = await followExecution(sfn, executionArn!, (state, seconds) =>
    say(`  ${state} (${seconds.toFixed(2)} s)`),
  );
  if (run.status !== 'SUCCEEDED') {
    say(`The execution ended ${run.status}: ${run.error ?? ''}: ${run.cause ?? ''}`);
    return false;
  }
  const archiveId = String(run.output.archiveId);
  const archive = s3ObjectStore(s3, endpoints.buckets.archive!);
  const copied = await leaveLastRun(lastRun, archive, archiveId, endpoints.keys);
  const { manifest, checks } = await checkPromises(archiveId, copied, {
    archive,
    staging: s3ObjectStore(s3, endpoints.buckets.staging!),
    openSearchUrl: endpoints.opensearch!,
    s3,
    loaded,
    notices: (await stack.notifications.all()).map(({ subject }) => subject ?? ''),
  });
  console.log(`\n${summary(run, manifest, checks, lastRun)}\n`);
  return checks.every(({ held }) => held);
}

async function main(args: string[]): Promise<number> {
  let stack: Stack | undefined;
  try {
    const read = readStartArguments(args);
    if (read.help) {
      console.log(usage);
      return 0;
    }
    const options = await projectStack({ ...read, fresh: true, timeScale: 0.01, thawSeconds: 3 }, say);
    stack = await startStack(options);
    return (await demonstrate(stack, read)) ? 0 : 1;
  } catch (error) {
    console.error(error instanceof UsageError ? `${error.message}\n\n${usage}` : error);
    return error instanceof UsageError ? 2 : 1;
  } finally {
    await stack?.stop();
  }
}

process.exit(await main(process.argv.slice(2)));
