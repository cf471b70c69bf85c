import { z } from 'zod';
import type { Cluster, ClusterIndex } from '../../ports/cluster.ts';
import { NoIndicesSelected, SnapshotInProgress, SnapshotNameTaken } from '../../workflow/errors.ts';
import { listedAtMost, snapshotContracts } from '../../workflow/snapshot-contracts.ts';
import { connectCluster } from '../connect.ts';
import { commaSeparated } from '../comma-separated.ts';
import { namesLike } from '../name-expressions.ts';
import { hoursSince, started, stillGoing } from '../polling.ts';
import { defineStep, lambdaHandler } from '../step.ts';
import { repositoryVariables } from './repository-variables.ts';

export const environment = z.object({
  ...repositoryVariables,
  INDEX_EXPRESSIONS: commaSeparated.pipe(z.array(z.string()).min(1)),
  EXCLUDED_INDICES: commaSeparated,
  SNAPSHOT_TIMEOUT_HOURS: z.coerce.number().positive(),
});

export interface Ports {
  readonly cluster: Cluster;
  readonly repository: string;
  readonly expressions: readonly string[];
  readonly excluded: readonly string[];
  readonly timeoutHours: number;
  readonly now: () => Date;
}

/** The snapshot's note of the execution that took it. */
const madeBy = 'permafrost-execution';

type Input = z.output<typeof snapshotContracts.StartSnapshot.input>;
type Output = z.output<typeof snapshotContracts.StartSnapshot.output>;

/**
 * Starts this execution's snapshot, unless another snapshot runs in the cluster: that one is waited for. Its own that runs or is
 * complete already is kept; its own that ended PARTIAL or FAILED is removed first.
 */
export async function startSnapshot({ snapshotName, execution, snapshot }: Input, ports: Ports): Promise<Output> {
  const { cluster, repository, now } = ports;
  const waited = snapshot?.started === false ? snapshot : {};
  const waiting = {
    ...started(now()),
    ...(waited.startedAt !== undefined && { startedAt: waited.startedAt }),
    ...(waited.waitSeconds !== undefined && { waitSeconds: waited.waitSeconds }),
  };
  const waitFor = (what: string, why: string): Output => {
    if (hoursSince(waiting, now()) >= ports.timeoutHours) {
      throw new SnapshotInProgress(`${snapshotName} has waited for ${ports.timeoutHours} h: ${why}`);
    }
    return { ...stillGoing(waiting), started: false, waitingFor: what };
  };

  const existing = await cluster.snapshot(repository, snapshotName);
  if (existing && existing.metadata[madeBy] !== execution) {
    throw new SnapshotNameTaken(
      `${repository}:${snapshotName} is there already, ${existing.state}, and not of this execution. Nothing of it was touched: start another execution`,
    );
  }
  if (existing?.state === 'IN_PROGRESS' || existing?.state === 'SUCCESS') {
    return { ...started(existing.startedAt), started: true };
  }
  if (existing && !(await cluster.deleteSnapshot(repository, snapshotName))) {
    return waitFor(`${repository}/${snapshotName}`, `the cluster is still removing its ${existing.state} predecessor`);
  }
  const [running] = await cluster.runningSnapshots();
  if (running) return waitFor(`${running.repository}/${running.name}`, 'another snapshot runs');
  const { names, leftOut } = await selected(ports);
  try {
    await cluster.startSnapshot(repository, snapshotName, names, {
      partial: true,
      metadata: { [madeBy]: execution },
    });
  } catch (error) {
    // Between the look and the start another one began, where the cluster allows only one.
    if (error instanceof SnapshotInProgress) return waitFor('unknown', error.message);
    throw error;
  }
  return { ...started(now()), started: true, leftOut: leftOut.slice(0, listedAtMost) };
}

/** The hot indices that the settings name: UltraWarm and cold ones are in S3 already, and cannot share a snapshot with hot ones. */
async function selected({ cluster, expressions, excluded }: Ports): Promise<{ names: string[]; leftOut: string[] }> {
  const isExcluded = namesLike(excluded);
  const found = (await cluster.indices(expressions)).filter(({ name }) => !isExcluded(name));
  const namesOf = (indices: readonly ClusterIndex[]): string[] => indices.map(({ name }) => name);
  const names = namesOf(found.filter(({ tier }) => tier === 'hot'));
  if (names.length === 0) {
    throw new NoIndicesSelected(
      `No hot index fits ${expressions.join(', ')}${excluded.length > 0 ? `, without ${excluded.join(', ')}` : ''}`,
    );
  }
  return { names, leftOut: namesOf(found.filter(({ tier }) => tier !== 'hot')) };
}

export const step = defineStep('StartSnapshot', snapshotContracts.StartSnapshot, {
  environment,
  connect: (variables): Ports => ({
    cluster: connectCluster(variables),
    repository: variables.REPOSITORY,
    expressions: variables.INDEX_EXPRESSIONS,
    excluded: variables.EXCLUDED_INDICES,
    timeoutHours: variables.SNAPSHOT_TIMEOUT_HOURS,
    now: () => new Date(),
  }),
  run: startSnapshot,
});

export const handler = lambdaHandler(step);
