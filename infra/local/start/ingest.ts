import { setTimeout as sleep } from 'node:timers/promises';
import { GetQueueAttributesCommand, SQSClient } from '@aws-sdk/client-sqs';
import { dropDay } from '../sample-logs/drop-day.ts';
import type { Stack } from '../stack.ts';
import { ClusterRefused, countDocuments } from './check.ts';
import type { Witness } from './witness.ts';

/** Not every line that was dropped is in the cluster; the message says where to look. */
export class LinesMissing extends Error {
  override readonly name = 'LinesMissing';
}

export interface Day {
  /** `YYYY-MM-DD` */
  readonly date: string;
  readonly index: string;
}

const pollMs = 1000;
/** A message that fails comes again after seconds on the stack's clock. */
const patienceMs = 60_000;

/**
 * Drops sample logs into the log bucket and waits until the indexer has indexed them all.
 * @returns the lines of each day by the index that they must be in
 * @throws LinesMissing when a message is dead, or nothing has come for a minute
 */
export async function ingestLogs(
  stack: Stack,
  { s3, openSearchUrl }: Witness,
  days: readonly Day[],
  linesOfDay: number,
  say: (line: string) => void,
): Promise<Map<string, number>> {
  const expected = new Map<string, number>();
  for (const { date, index } of days) {
    const { lines, objects, bytes } = await dropDay(s3, stack.endpoints.buckets.logs!, {
      date,
      docs: linesOfDay,
      seed: 1,
    });
    expected.set(index, lines);
    say(`Dropped ${lines} lines of ${date} in ${objects} gzip objects (${(bytes / 1024 ** 2).toFixed(1)} MiB)`);
  }
  await follow(stack, openSearchUrl, expected, say);
  return expected;
}

async function follow(
  { endpoints, outputs }: Stack,
  openSearchUrl: string,
  expected: ReadonlyMap<string, number>,
  say: (line: string) => void,
): Promise<void> {
  const { region, credentials, aws: endpoint } = endpoints;
  const sqs = new SQSClient({ region, credentials, endpoint });
  const deadLetters = async (): Promise<number> => {
    const QueueUrl = outputs.get('JsonLinesDeadLetterQueueUrl')!;
    const name = 'ApproximateNumberOfMessages';
    const { Attributes } = await sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: [name] }));
    return Number(Attributes?.[name] ?? 0);
  };
  const indexed = async (): Promise<number | undefined> => {
    const counts = await Promise.all([...expected.keys()].map((index) => countRefreshed(openSearchUrl, index)));
    return counts.reduce((sum, count) => (sum === undefined || count === undefined ? undefined : sum + count), 0);
  };
  const wanted = [...expected.values()].reduce((sum, lines) => sum + lines, 0);
  let [before, changedAt] = [0, Date.now()];
  try {
    for (;;) {
      const now = (await indexed()) ?? before;
      if (now >= wanted) break;
      if (now !== before) [before, changedAt] = [now, Date.now()];
      const dead = await deadLetters();
      const look = 'the log of permafrost-index-json-lines (.local/data/logs) says why';
      if (dead > 0) throw new LinesMissing(`${dead} messages are dead letters; ${look}`);
      if (Date.now() - changedAt > patienceMs)
        throw new LinesMissing(`${now} of ${wanted} lines are indexed, and no more come; ${look}`);
      say(`  ${now} of ${wanted} lines are indexed`);
      await sleep(pollMs);
    }
  } finally {
    sqs.destroy();
  }
  say(`All ${wanted} lines are indexed`);
}

/** A cluster that indexes at full speed may refuse what is asked beside it. */
const busy = [429, 503];

/** 0 while the index is not there; undefined while the cluster is busy. */
async function countRefreshed(openSearchUrl: string, index: string): Promise<number | undefined> {
  const refreshed = await fetch(new URL(`/${index}/_refresh`, openSearchUrl), { method: 'POST' });
  await refreshed.body?.cancel();
  if (refreshed.status === 404) return 0;
  return countDocuments(openSearchUrl, index).catch((error: unknown) => {
    if (error instanceof ClusterRefused && busy.includes(error.status)) return undefined;
    throw error;
  });
}
