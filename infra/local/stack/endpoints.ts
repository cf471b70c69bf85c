import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Outputs } from '../deploy/deploy.ts';
import type { Credentials } from '../deploy/roles.ts';

/** What `.local/endpoints.json` holds: all that a standard client needs to drive the stack. */
export interface Endpoints {
  opensearch: string | null;
  s3: string;
  aws: string;
  states: string;
  ecs: string;
  region: string;
  buckets: {
    staging: string | null;
    archive: string | null;
    restore: string | null;
    snapshots: string | null;
    /** What is dropped below `<format>/` is indexed. */
    logs: string | null;
  };
  stateMachines: {
    archive: string | null;
    restore: string | null;
    drill: string | null;
    expireRestores: string | null;
    snapshot: string | null;
  };
  topics: { notifications: string | null; restoreNotifications: string | null; snapshotNotifications: string | null };
  /** ARNs of the secrets with the private key that the restore uses, and its passphrase. */
  secrets: { privateKey: string | null; passphrase: string | null };
  credentials: Credentials;
  keys: { recipientPrivate: string | null; passphrase: string | null };
}

/** Physical names by the stacks' outputs of these names. */
export function resourcesOf(outputs: Outputs): Pick<Endpoints, 'buckets' | 'stateMachines' | 'topics' | 'secrets'> {
  const output = (name: string): string | null => outputs.get(name) ?? null;
  return {
    buckets: {
      staging: output('StagingBucket'),
      archive: output('ArchiveBucket'),
      restore: output('RestoreBucket'),
      snapshots: output('SnapshotsBucket'),
      logs: output('LogBucket1Name'),
    },
    stateMachines: {
      archive: output('ArchiveStateMachine'),
      restore: output('RestoreStateMachine'),
      drill: output('DrillStateMachine'),
      expireRestores: output('ExpireRestoresStateMachine'),
      snapshot: output('SnapshotStateMachine'),
    },
    topics: {
      notifications: output('NotificationsTopic'),
      restoreNotifications: output('RestoreNotificationsTopic'),
      snapshotNotifications: output('SnapshotNotificationsTopic'),
    },
    secrets: { privateKey: output('PrivateKeySecretArn'), passphrase: output('PassphraseSecretArn') },
  };
}

/** Appears whole or not at all: its presence says that everything is ready. */
export function writeEndpoints(file: string, endpoints: Endpoints): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(`${file}.new`, `${JSON.stringify(endpoints, null, 2)}\n`, { mode: 0o600 });
  renameSync(`${file}.new`, file);
}

export function removeEndpoints(file: string): void {
  rmSync(file, { force: true });
}
