import { readFile } from 'node:fs/promises';
import { step as checkDeletion } from '../../functions/archive/check-deletion.ts';
import { step as checkSnapshot } from '../../functions/archive/check-snapshot.ts';
import { step as checkVolumes } from '../../functions/archive/check-volumes.ts';
import { step as deleteSourceIndices } from '../../functions/archive/delete-source-indices.ts';
import { step as deleteSnapshot } from '../../functions/archive/delete-snapshot.ts';
import { step as lockArchive } from '../../functions/archive/lock-archive.ts';
import { step as notifyArchived } from '../../functions/archive/notify-archived.ts';
import { step as planVolumes } from '../../functions/archive/plan-volumes.ts';
import { step as registerRepository } from '../../functions/archive/register-repository.ts';
import { step as releaseRepository } from '../../functions/archive/release-repository.ts';
import { step as sealArchive } from '../../functions/archive/seal-archive.ts';
import { step as selectIndices } from '../../functions/archive/select-indices.ts';
import { step as startSnapshot } from '../../functions/archive/start-snapshot.ts';
import { step as verifyArchive } from '../../functions/archive/verify-archive.ts';
import { step as wipeStaging } from '../../functions/archive/wipe-staging.ts';
import { indexPattern } from '../../functions/index-pattern.ts';
import { step as describeFailure } from '../../functions/failure/describe-failure.ts';
import { step as haltForRedrive } from '../../functions/failure/halt-for-redrive.ts';
import type { Executions } from '../../ports/executions.ts';
import type { Signer } from '../../ports/signer.ts';
import { readRecipients } from '../../tasks/consolidate/recipients.ts';
import { run as consolidate } from '../../tasks/consolidate/run.ts';
import { archiveDefinition, deletingArchiveDefinition } from './definitions.ts';
import { InProcessStates } from './in-process-states.ts';
import { memoryCluster, type MemoryCluster } from './memory-cluster.ts';
import { memoryObjectStore, type MemoryObjectStore } from './memory-object-store.ts';
import { memorySigner } from './memory-signer.ts';

export const goldenKey = (name: string): Promise<string> =>
  readFile(new URL(`../golden/keys/${name}.asc`, import.meta.url), 'utf8');

/** What the workflows work on, in memory. */
export interface World {
  readonly states: InProcessStates;
  readonly cluster: MemoryCluster;
  readonly staging: MemoryObjectStore;
  readonly archive: MemoryObjectStore;
  readonly restore: MemoryObjectStore;
  readonly signer: Signer;
  readonly executions: Executions;
  readonly now: () => Date;
  /** The settings and services that steps of every workflow ask for. */
  readonly shared: ReturnType<typeof sharedPorts>;
  readonly storeOf: (bucket: string) => MemoryObjectStore;
}

const sharedPorts = (states: InProcessStates) => ({
  notifier: { publish: states.publish },
  tasks: { stopped: () => Promise.resolve(undefined) },
  executions: states.executions,
  now: () => new Date(),
  runbookUrl: 'https://example.org/runbook',
  taskLogGroup: '/permafrost/consolidate',
  region: 'us-east-1',
  roleArn: 'arn:aws:iam::000000000000:role/snapshot',
});

/** An empty world, with the archive workflow in it. `close` its states at the end. */
export async function inProcessArchive({
  volumeBytes = 1024 ** 3,
  deletesSources = false,
}: { volumeBytes?: number; deletesSources?: boolean } = {}): Promise<World> {
  const states = new InProcessStates();
  const staging = memoryObjectStore({ bucket: 'staging' });
  const archive = memoryObjectStore({ bucket: 'archive', versioned: true });
  const restore = memoryObjectStore({ bucket: 'restore' });
  const stores = new Map([staging, archive, restore].map((store) => [store.bucket, store]));
  const storeOf = (bucket: string): MemoryObjectStore => stores.get(bucket)!;
  const cluster = memoryCluster({ staging: storeOf });
  const signer = memorySigner({});
  const shared = sharedPorts(states);
  const recipientKeys = await goldenKey('curve25519.pub');
  const { fingerprints } = await readRecipients(recipientKeys, 'gpg', new Date());
  states.add({
    name: 'archive',
    definition: deletesSources ? deletingArchiveDefinition() : archiveDefinition(),
    steps: [
      ...[selectIndices, registerRepository, startSnapshot, checkSnapshot, planVolumes, checkVolumes, verifyArchive],
      ...[lockArchive, sealArchive, deleteSnapshot, checkDeletion, releaseRepository, wipeStaging, notifyArchived],
      ...[deleteSourceIndices, describeFailure, haltForRedrive],
    ],
    ports: {
      ...shared,
      cluster,
      staging,
      archive,
      signer,
      prefix: 'logdata',
      allowEmpty: false,
      settings: { patterns: [indexPattern('logdata-DDMMYYYY')], excluded: [], minimumAgeHours: 24, windowDays: 31 },
      bucket: 'staging',
      timeoutHours: 24,
      encryption: { profile: 'gpg', recipients: [...fingerprints] },
      retentionDays: 365,
      volumeBytes,
      parallelism: 2,
    },
    container: {
      name: 'consolidate',
      mapState: 'ConsolidateAndEncrypt',
      run: (variables, signal) =>
        consolidate({
          variables: {
            STAGING_BUCKET: 'staging',
            ARCHIVE_BUCKET: 'archive',
            RECIPIENT_KEYS: recipientKeys,
            ENCRYPTION_PROFILE: 'gpg',
            ...variables,
          },
          storeOf,
          now: shared.now,
          signal,
          log: () => undefined,
        }),
    },
  });
  await states.open();
  return {
    states,
    cluster,
    staging,
    archive,
    restore,
    signer,
    executions: states.executions,
    now: shared.now,
    shared,
    storeOf,
  };
}
