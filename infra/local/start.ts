import { fileURLToPath } from 'node:url';
import { StartExecutionCommand } from '@aws-sdk/client-sfn';
import { startStack, type Stack } from './stack.ts';
import { explained, projectStack, UsageError } from './stack/command.ts';
import { putIndexTemplates } from './stack/index-templates.ts';
import { readStartArguments, usage, type StartArguments } from './start/arguments.ts';
import { type Check, ClusterRefused } from './start/check.ts';
import { followExecution, type FollowedExecution } from './start/follow.ts';
import { ingestLogs, LinesMissing } from './start/ingest.ts';
import { leaveLastRun } from './start/last-run.ts';
import { checkPromises } from './start/promises.ts';
import { checkRestorePromises, freeze } from './start/restore-promises.ts';
import { summary } from './start/summary.ts';
import { witnessOf, type Witness } from './start/witness.ts';

const days = ['2026-01-01', '2026-01-02', '2026-01-03'];
const archivedDay = days[0]!;
const lastRun = fileURLToPath(new URL('../../.local/last-run', import.meta.url));
const say = (line: string): void => console.log(`${new Date().toISOString().slice(11, 19)}  ${line}`);

/** `logdata-DDMMYYYY` */
const indexOf = (date: string): string => `logdata-${date.split('-').reverse().join('')}`;

/** The execution ended otherwise than well; the message has its error and cause. */
class ExecutionFailed extends Error {
  override readonly name = 'ExecutionFailed';
}

async function execute({ sfn }: Witness, stateMachineArn: string, input: object): Promise<FollowedExecution> {
  const { executionArn } = await sfn.send(new StartExecutionCommand({ stateMachineArn, input: JSON.stringify(input) }));
  say(`Started ${executionArn!} with ${JSON.stringify(input)}`);
  const run = await followExecution(sfn, executionArn!, (state, seconds) =>
    say(`  ${state} (${seconds.toFixed(2)} s)`),
  );
  if (run.status === 'SUCCEEDED') return run;
  throw new ExecutionFailed(`The execution ended ${run.status}: ${run.error ?? ''}: ${run.cause ?? ''}`);
}

/** Ingests logs, archives a day, freezes the archive, restores the day, and checks what was promised. True when all of it held. */
async function demonstrate(stack: Stack, { documents }: StartArguments): Promise<boolean> {
  const { endpoints } = stack;
  const witness = await witnessOf(stack);
  const dated = days.map((date) => ({ date, index: indexOf(date) }));
  const loaded = await ingestLogs(stack, witness, dated, documents, say);

  const archived = await execute(witness, endpoints.stateMachines.archive!, { date: archivedDay });
  const archiveId = String(archived.output.archiveId);
  const copied = await leaveLastRun(lastRun, witness.archive, archiveId, endpoints.keys);
  const { manifest, checks } = await checkPromises(archiveId, copied, {
    ...witness,
    loaded,
    notices: witness.notices(),
  });

  say(`Froze ${await freeze(endpoints.s3)} objects of the archive`);
  const restored = await execute(witness, endpoints.stateMachines.restore!, { archiveId, conflict: 'rename' });
  const restoreId = String(restored.output.restoreId);
  const all: Check[] = [...checks, ...(await checkRestorePromises(restoreId, manifest, loaded, witness))];

  console.log(`\n${summary({ archived, restored, manifest, checks: all, directory: lastRun })}\n`);
  return all.every(({ held }) => held);
}

/** What a run ends with; the message says it all. */
const TOLD = [ExecutionFailed, LinesMissing, ClusterRefused];

async function main(args: string[]): Promise<number> {
  let stack: Stack | undefined;
  try {
    const read = readStartArguments(args);
    if (read.help) {
      console.log(usage);
      return 0;
    }
    if (process.env.S3_ENDPOINT !== undefined)
      throw new UsageError(
        'S3_ENDPOINT is set: logs come in only by the S3 server of the stack itself, which tells of new objects',
      );
    const options = await projectStack({ ...read, fresh: true, timeScale: 0.01, thawSeconds: 3 }, say);
    stack = await startStack({ ...options, prepareCluster: putIndexTemplates });
    return (await demonstrate(stack, read)) ? 0 : 1;
  } catch (error) {
    if (error instanceof UsageError) console.error(`${error.message}\n\n${usage}`);
    else console.error(TOLD.some((known) => error instanceof known) ? (error as Error).message : explained(error));
    return error instanceof UsageError ? 2 : 1;
  } finally {
    await stack?.stop();
  }
}

process.exit(await main(process.argv.slice(2)));
