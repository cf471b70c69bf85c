import { SFNClient } from '@aws-sdk/client-sfn';
import { z } from 'zod';
import type { Cluster } from '../../ports/cluster.ts';
import type { Executions } from '../../ports/executions.ts';
import { sfnExecutions } from '../../ports/sfn-executions.ts';
import { InvalidRequest, RepositoryReadonly } from '../../workflow/errors.ts';
import { snapshotContracts, snapshotRequest, type SnapshotRequest } from '../../workflow/snapshot-contracts.ts';
import { clusterVariables, connectCluster } from '../connect.ts';
import { defineStep, lambdaHandler } from '../step.ts';
import { supportedCluster } from '../supported-cluster.ts';
import { namePrefixVariable, snapshotNameOf } from './snapshot-name.ts';

export const environment = z.object({
  ...clusterVariables,
  ...namePrefixVariable,
  REPOSITORY_READONLY: z.enum(['true', 'false']),
});

export interface Ports {
  readonly cluster: Cluster;
  readonly executions: Executions;
  readonly prefix: string;
  readonly readonly: boolean;
}

type Input = z.output<typeof snapshotContracts.PlanSnapshot.input>;
type Output = z.output<typeof snapshotContracts.PlanSnapshot.output>;

/** Reads the request, and says what this execution does: nothing, where the one before it still runs. */
export async function planSnapshot({ request, execution }: Input, ports: Ports): Promise<Output> {
  const asked = parseRequest(request);
  await supportedCluster(ports.cluster);
  const work = workOf(asked, ports);
  const plan = {
    snapshotName: snapshotNameOf(ports.prefix, new Date(execution.startedAt)),
    execution: execution.id,
    retention: work === 'snapshot' && !asked.snapshotOnly,
    dryRun: asked.dryRun,
    scheduled: asked.scheduledTime !== undefined,
  };
  const startedAt = new Date(execution.startedAt);
  const earlier = (await ports.executions.running(execution.stateMachineId)).filter(
    (one) => one.arn !== execution.id && one.startedAt <= startedAt,
  );
  // A dry run changes nothing, and a person may look at any time.
  if (earlier.length > 0 && !asked.dryRun) {
    const arns = earlier.map(({ arn }) => arn).join(', ');
    return { ...plan, work: 'none', retention: false, reason: `Another execution is still running: ${arns}` };
  }
  return { ...plan, work, reason: reasons[work] };
}

const reasons: Readonly<Record<Output['work'], string>> = {
  snapshot: 'A snapshot is taken.',
  retention: 'Expired snapshots are looked for.',
  cleanUp: 'Blobs that no snapshot refers to are removed, and the repository is measured.',
  register: 'The settings say that the repository is read-only here: it is kept registered.',
  none: '',
};

function workOf(asked: SnapshotRequest, { readonly }: Ports): Output['work'] {
  const retention = asked.dryRun || asked.deleteOnly;
  if (readonly) {
    // Schedules ask for what they always ask for; a person who asks for more than a registration is told.
    const byHand = asked.scheduledTime === undefined;
    if (byHand && (retention || asked.snapshotOnly || asked.cleanUp)) {
      throw new RepositoryReadonly(
        'The settings say that the repository is read-only here (snapshots.readonly): ask the deployment that writes it',
      );
    }
    return 'register';
  }
  return asked.cleanUp ? 'cleanUp' : retention ? 'retention' : 'snapshot';
}

const forms =
  'The input must be {} or have some of "dryRun": true (list what is expired, change nothing), "deleteOnly": true, ' +
  '"snapshotOnly": true, "cleanUp": true';

function parseRequest(request: unknown): SnapshotRequest {
  const parsed = snapshotRequest.safeParse(request);
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.map(({ path, message }) => `${path.join('.') || 'input'}: ${message}`);
  throw new InvalidRequest(`${forms}. It is ${JSON.stringify(request)}: ${faults.join('; ')}`);
}

export const step = defineStep('PlanSnapshot', snapshotContracts.PlanSnapshot, {
  environment,
  connect: (variables): Ports => ({
    cluster: connectCluster(variables),
    executions: sfnExecutions(new SFNClient()),
    prefix: variables.SNAPSHOT_PREFIX,
    readonly: variables.REPOSITORY_READONLY === 'true',
  }),
  run: planSnapshot,
});

export const handler = lambdaHandler(step);
