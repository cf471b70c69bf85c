import { once } from 'node:events';
import { createServer } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { SFNClient } from '@aws-sdk/client-sfn';
import { step as checkDeletion } from '../../functions/archive/check-deletion.ts';
import { step as checkSnapshot } from '../../functions/archive/check-snapshot.ts';
import { step as checkVolumes } from '../../functions/archive/check-volumes.ts';
import { step as deleteSnapshot } from '../../functions/archive/delete-snapshot.ts';
import { step as lockArchive } from '../../functions/archive/lock-archive.ts';
import { step as notifyArchived } from '../../functions/archive/notify-archived.ts';
import { step as planVolumes } from '../../functions/archive/plan-volumes.ts';
import { step as registerRepository } from '../../functions/archive/register-repository.ts';
import { step as releaseRepository } from '../../functions/archive/release-repository.ts';
import { step as sealArchive } from '../../functions/archive/seal-archive.ts';
import { step as selectIndices } from '../../functions/archive/select-indices.ts';
import { indexPattern } from '../../functions/archive/selection/index-pattern.ts';
import { step as startSnapshot } from '../../functions/archive/start-snapshot.ts';
import { step as verifyArchive } from '../../functions/archive/verify-archive.ts';
import { step as wipeStaging } from '../../functions/archive/wipe-staging.ts';
import { step as describeFailure } from '../../functions/failure/describe-failure.ts';
import { step as haltForRedrive } from '../../functions/failure/halt-for-redrive.ts';
import { runStep, type Step } from '../../functions/step.ts';
import type { Telemetry } from '../../functions/telemetry.ts';
import { StatesService } from '../../infra/local/states/service.ts';
import { serveStates } from '../../infra/local/states/wire.ts';
import type { Executions } from '../../ports/executions.ts';
import { run as consolidate } from '../../tasks/consolidate/run.ts';
import { archiveDefinition } from './archive-definition.ts';
import { memoryCluster, type MemoryCluster } from './memory-cluster.ts';
import { memoryObjectStore, type MemoryObjectStore } from './memory-object-store.ts';
import { memorySigner } from './memory-signer.ts';

export const stateMachineArn = 'arn:aws:states:us-east-1:000000000000:stateMachine:archive';

export interface Notice {
  readonly subject: string;
  readonly message: string;
}

/** A fault at a state: the call never gets there, or its work is done and its answer lost. */
export interface Fault {
  readonly state: string;
  readonly when: 'before' | 'after';
}

export interface InProcessArchive {
  readonly cluster: MemoryCluster;
  readonly staging: MemoryObjectStore;
  readonly archive: MemoryObjectStore;
  readonly notices: readonly Notice[];
  /** How often each state's function (or task) was called. */
  readonly calls: ReadonlyMap<string, number>;
  readonly states: StatesService;
  /** A real client, over the wire. */
  readonly sfn: SFNClient;
  /** Every call of the state fails from now on, with an error that nothing retries, until `repair`. */
  break(fault: Fault): void;
  repair(): void;
  close(): Promise<void>;
}

export interface Recipient {
  readonly armored: string;
  readonly fingerprint: string;
}

export class InjectedFault extends Error {
  override readonly name = 'InjectedFault';
}

const silent: Telemetry = { info: () => undefined, warn: () => undefined, measure: () => undefined };

/**
 * The archive workflow in one process and no time: the real definition on the local engine, the real functions and the real
 * task on ports in memory, and the SFN protocol over HTTP for a real client.
 */
export async function inProcessArchive(recipient: Recipient): Promise<InProcessArchive> {
  const staging = memoryObjectStore({ bucket: 'staging' });
  const archive = memoryObjectStore({ bucket: 'archive', versioned: true });
  const cluster = memoryCluster({ staging: () => staging });
  const signer = memorySigner({});
  const notices: Notice[] = [];
  const calls = new Map<string, number>();
  let fault: Fault | undefined;

  const executions: Executions = {
    running: () =>
      Promise.resolve(
        states
          .listExecutions({ stateMachineArn, statusFilter: 'RUNNING' })
          .executions.map(({ executionArn, startDate }) => ({ arn: executionArn, startedAt: new Date(startDate) })),
      ),
    redriveCount: (arn) => Promise.resolve(states.describeExecution(arn).redriveCount),
    events: () => {
      throw new Error('not used by the workflow itself');
    },
  };
  const publish = (subject: string, message: string): Promise<void> => {
    notices.push({ subject, message });
    return Promise.resolve();
  };
  const now = (): Date => new Date();
  const ports = {
    cluster,
    staging,
    archive,
    signer,
    executions,
    now,
    notifier: { publish },
    tasks: { stopped: () => Promise.resolve(undefined) },
    runbookUrl: 'https://example.org/runbook',
    consolidateLogGroup: '/permafrost/consolidate',
    prefix: 'logdata',
    allowEmpty: false,
    settings: { patterns: [indexPattern('logdata-DDMMYYYY')], excluded: [], minimumAgeHours: 24, windowDays: 31 },
    bucket: 'staging',
    region: 'us-east-1',
    roleArn: 'arn:aws:iam::000000000000:role/snapshot',
    timeoutHours: 24,
    encryption: { profile: 'gpg' as const, recipients: [recipient.fingerprint] },
    retentionDays: 365,
    volumeBytes: 1024 ** 3,
    parallelism: 2,
  };
  const steps = new Map(
    [
      ...[selectIndices, registerRepository, startSnapshot, checkSnapshot, planVolumes, checkVolumes, verifyArchive],
      ...[lockArchive, sealArchive, deleteSnapshot, checkDeletion, releaseRepository, wipeStaging, notifyArchived],
      ...[describeFailure, haltForRedrive],
    ].map((step) => [step.state, step as unknown as Step<never, never, never, typeof ports>]),
  );

  /** Calls the work of a state, unless the fault is there. */
  const atState = async <T>(state: string, work: () => Promise<T>): Promise<T> => {
    calls.set(state, (calls.get(state) ?? 0) + 1);
    if (fault?.state === state && fault.when === 'before') throw new InjectedFault(`before ${state}`);
    const answer = await work();
    if (fault?.state === state) throw new InjectedFault(`after ${state}`);
    return answer;
  };

  const states = new StatesService({
    timeScale: 0,
    bindings: {
      invokeLambda: (arn, payload) => {
        const name = arn.split(':')[6]!;
        return atState(name, () => runStep(steps.get(name)!, payload, ports, silent));
      },
      runTask: async ({ overrides, cluster: clusterArn }, { signal }) => {
        const environment = overrides?.containerOverrides?.[0]?.environment ?? [];
        const exitCode = await atState('ConsolidateAndEncrypt', () =>
          consolidate({
            variables: {
              STAGING_BUCKET: 'staging',
              ARCHIVE_BUCKET: 'archive',
              RECIPIENT_KEYS: recipient.armored,
              ENCRYPTION_PROFILE: 'gpg',
              ...Object.fromEntries(environment.map(({ name, value }) => [name!, value])),
            },
            storeOf: (bucket) => (bucket === 'staging' ? staging : archive),
            now,
            signal,
            log: () => undefined,
          }),
        ).catch(() => 137);
        return { taskArn: `${clusterArn ?? ''}/task`, containers: [{ name: 'consolidate', exitCode }] };
      },
      callAwsService: async (service, action, parameters) => {
        if (`${service}:${action}` !== 'sns:publish') throw new Error(`Nothing here answers ${service}:${action}`);
        await atState('NotifyFailure', () => publish(parameters.Subject as string, parameters.Message as string));
        return { MessageId: String(notices.length) };
      },
    },
  });
  states.createStateMachine({
    name: 'archive',
    arn: stateMachineArn,
    definition: archiveDefinition(),
    roleArn: 'arn:aws:iam::000000000000:role/archive',
  });

  const answer = serveStates(states);
  const server = createServer((request, response) => {
    void buffer(request).then((body) => answer(request, response, body));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = address !== null && typeof address === 'object' ? address.port : 0;
  const sfn = new SFNClient({
    endpoint: `http://127.0.0.1:${port}`,
    region: 'us-east-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  });

  return {
    cluster,
    staging,
    archive,
    notices,
    calls,
    states,
    sfn,
    break: (broken) => {
      fault = broken;
    },
    repair: () => {
      fault = undefined;
    },
    close: async () => {
      sfn.destroy();
      await states.close();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
