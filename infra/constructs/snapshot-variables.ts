import type { z } from 'zod';
import type { environment as checkDeletion } from '../../functions/snapshot/check-deletion.ts';
import type { environment as checkSnapshot } from '../../functions/snapshot/check-snapshot.ts';
import type { environment as cleanUpRepository } from '../../functions/snapshot/clean-up-repository.ts';
import type { environment as deleteSnapshot } from '../../functions/snapshot/delete-snapshot.ts';
import type { environment as listExpiredSnapshots } from '../../functions/snapshot/list-expired-snapshots.ts';
import type { environment as measureRepository } from '../../functions/snapshot/measure-repository.ts';
import type { environment as notifySnapshot } from '../../functions/snapshot/notify-snapshot.ts';
import type { environment as planSnapshot } from '../../functions/snapshot/plan-snapshot.ts';
import type { environment as registerRepository } from '../../functions/snapshot/register-repository.ts';
import type { environment as startSnapshot } from '../../functions/snapshot/start-snapshot.ts';
import { repositorySettings } from '../../functions/snapshot/repository-settings.ts';
import type { SnapshotState } from '../../workflow/snapshot-contracts.ts';
import type { Settings } from '../config/schema.ts';
import { failureVariables, type FailureVariables } from './failure-functions.ts';
import type { Variables } from './variables.ts';

interface Environments extends Record<SnapshotState, z.ZodObject> {
  PlanSnapshot: typeof planSnapshot;
  RegisterRepository: typeof registerRepository;
  StartSnapshot: typeof startSnapshot;
  CheckSnapshot: typeof checkSnapshot;
  ListExpiredSnapshots: typeof listExpiredSnapshots;
  DeleteSnapshot: typeof deleteSnapshot;
  CheckDeletion: typeof checkDeletion;
  CleanUpRepository: typeof cleanUpRepository;
  MeasureRepository: typeof measureRepository;
  NotifySnapshot: typeof notifySnapshot;
}

export type SnapshotVariables = { readonly [Name in SnapshotState]: Variables<Environments[Name]> } & FailureVariables;

export interface SnapshotPlaces {
  readonly bucket: string;
  readonly roleArn: string;
  readonly topicArn: string;
}

/** The variables of each function of the snapshot workflow, as its own schema asks for them. */
export function snapshotVariables(
  settings: Settings,
  { bucket, roleArn, topicArn }: SnapshotPlaces,
): SnapshotVariables {
  const { snapshots, runbookUrl } = settings;
  const domain = { DOMAIN_ENDPOINT: settings.domain.endpoint };
  const repository = { ...domain, REPOSITORY: snapshots.repository };
  const prefix = { SNAPSHOT_PREFIX: snapshots.namePrefix };
  const timeout = { SNAPSHOT_TIMEOUT_HOURS: String(snapshots.timeoutHours) };
  const { schedule: _, ...retention } = snapshots.retention;
  return {
    PlanSnapshot: { ...domain, ...prefix, REPOSITORY_READONLY: snapshots.readonly ? 'true' : 'false' },
    RegisterRepository: {
      ...repository,
      REPOSITORY_SETTINGS: JSON.stringify(repositoryOf(settings, { bucket, roleArn })),
    },
    StartSnapshot: {
      ...repository,
      ...timeout,
      INDEX_EXPRESSIONS: snapshots.indices.join(','),
      EXCLUDED_INDICES: snapshots.exclude.join(','),
    },
    CheckSnapshot: { ...repository, ...timeout },
    ListExpiredSnapshots: {
      ...repository,
      ...prefix,
      RETENTION: JSON.stringify(retention),
      WARN_ABOVE: String(snapshots.warnAbove),
    },
    DeleteSnapshot: { ...repository, ...prefix },
    CheckDeletion: repository,
    CleanUpRepository: repository,
    MeasureRepository: { ...repository, SNAPSHOTS_BUCKET: bucket, BASE_PATH: snapshots.settings.basePath },
    NotifySnapshot: { TOPIC_ARN: topicArn, RUNBOOK_URL: runbookUrl, NOTIFY: snapshots.notify },
    ...failureVariables({ runbookUrl, topicArn }),
  };
}

/** The repository's settings by the names that OpenSearch has for them; what the settings leave out is left out. */
const repositoryOf = (
  { region, snapshots: { settings, bucketRegion, readonly } }: Settings,
  { bucket, roleArn }: Pick<SnapshotPlaces, 'bucket' | 'roleArn'>,
): z.input<typeof repositorySettings> => ({
  bucket,
  base_path: settings.basePath,
  region: bucketRegion ?? region,
  role_arn: roleArn,
  client: settings.client,
  compress: settings.compress,
  chunk_size: settings.chunkSize,
  buffer_size: settings.bufferSize,
  canned_acl: settings.cannedAcl,
  storage_class: settings.storageClass,
  server_side_encryption: settings.serverSideEncryption,
  server_side_encryption_type: settings.serverSideEncryptionType,
  max_snapshot_bytes_per_sec: settings.maxSnapshotBytesPerSec,
  max_restore_bytes_per_sec: settings.maxRestoreBytesPerSec,
  readonly,
});
