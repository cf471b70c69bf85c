import type { z } from 'zod';
import type { environment as checkDeletion } from '../../functions/archive/check-deletion.ts';
import type { environment as checkSnapshot } from '../../functions/archive/check-snapshot.ts';
import type { environment as checkVolumes } from '../../functions/archive/check-volumes.ts';
import type { environment as deleteSourceIndices } from '../../functions/archive/delete-source-indices.ts';
import type { environment as deleteSnapshot } from '../../functions/archive/delete-snapshot.ts';
import type { environment as lockArchive } from '../../functions/archive/lock-archive.ts';
import type { environment as notifyArchived } from '../../functions/archive/notify-archived.ts';
import type { environment as planVolumes } from '../../functions/archive/plan-volumes.ts';
import type { environment as registerRepository } from '../../functions/archive/register-repository.ts';
import type { environment as releaseRepository } from '../../functions/archive/release-repository.ts';
import type { environment as sealArchive } from '../../functions/archive/seal-archive.ts';
import type { environment as selectIndices } from '../../functions/archive/select-indices.ts';
import type { environment as startSnapshot } from '../../functions/archive/start-snapshot.ts';
import type { environment as verifyArchive } from '../../functions/archive/verify-archive.ts';
import type { environment as wipeStaging } from '../../functions/archive/wipe-staging.ts';
import type { ArchiveState, OptionalArchiveState } from '../../workflow/contracts.ts';
import type { Configuration } from '../config/read.ts';
import { type FailureFunction, failureVariables, type FailureVariables } from './failure-functions.ts';
import type { Variables } from './variables.ts';

/** A function of the archive workflow: one for each state, and one for the failures that no state sees. */
export type ArchiveFunction = ArchiveState | FailureFunction;

interface Environments extends Record<ArchiveState | OptionalArchiveState, z.ZodObject> {
  SelectIndices: typeof selectIndices;
  RegisterRepository: typeof registerRepository;
  StartSnapshot: typeof startSnapshot;
  CheckSnapshot: typeof checkSnapshot;
  PlanVolumes: typeof planVolumes;
  CheckVolumes: typeof checkVolumes;
  VerifyArchive: typeof verifyArchive;
  LockArchive: typeof lockArchive;
  SealArchive: typeof sealArchive;
  DeleteSnapshot: typeof deleteSnapshot;
  CheckDeletion: typeof checkDeletion;
  ReleaseRepository: typeof releaseRepository;
  WipeStaging: typeof wipeStaging;
  NotifyArchived: typeof notifyArchived;
  DeleteSourceIndices: typeof deleteSourceIndices;
}

export type ArchiveVariables = {
  readonly [Name in ArchiveState | OptionalArchiveState]: Variables<Environments[Name]>;
} & FailureVariables;

export interface ArchivePlaces {
  readonly stagingBucket: string;
  readonly archiveBucket: string;
  readonly signingKeyId: string;
  readonly snapshotRoleArn: string;
  readonly topicArn: string;
  readonly taskLogGroup: string;
}

/** The variables of each function, as its own schema asks for them: one that is missing or unknown does not compile. */
export function archiveVariables({ settings, recipients }: Configuration, places: ArchivePlaces): ArchiveVariables {
  const domain = { DOMAIN_ENDPOINT: settings.domain.endpoint };
  const staging = { STAGING_BUCKET: places.stagingBucket };
  const archive = { ARCHIVE_BUCKET: places.archiveBucket };
  const signing = { SIGNING_KEY_ID: places.signingKeyId, SIGNING_ALGORITHM: settings.signing.algorithm };
  const runbook = { RUNBOOK_URL: settings.runbookUrl };
  const topic = { TOPIC_ARN: places.topicArn };
  return {
    SelectIndices: {
      ...domain,
      ...staging,
      ...archive,
      ARCHIVE_PREFIX: settings.archivePrefix,
      INDEX_PATTERNS: settings.indices.patterns.join(','),
      EXCLUDED_INDICES: settings.indices.exclude.join(','),
      MINIMUM_AGE_HOURS: String(settings.indices.minimumAgeHours),
      WINDOW_DAYS: String(settings.indices.windowDays),
      ALLOW_EMPTY: settings.indices.allowEmpty ? 'true' : 'false',
    },
    RegisterRepository: { ...domain, ...staging, SNAPSHOT_ROLE_ARN: places.snapshotRoleArn },
    StartSnapshot: { ...domain, ...staging },
    CheckSnapshot: { ...domain, ...staging, SNAPSHOT_TIMEOUT_HOURS: String(settings.snapshotTimeoutHours) },
    PlanVolumes: {
      ...staging,
      RECIPIENT_FINGERPRINTS: recipients.fingerprints.join(','),
      ENCRYPTION_PROFILE: settings.encryption.profile,
      RETENTION_DAYS: String(settings.retention.days),
      VOLUME_BYTES: String(Math.round(settings.volumes.targetGiB * 2 ** 30)),
      PARALLELISM: String(settings.volumes.parallelism),
    },
    CheckVolumes: staging,
    VerifyArchive: { ...staging, ...archive },
    LockArchive: { ...staging, ...archive },
    SealArchive: { ...staging, ...archive, ...signing },
    DeleteSnapshot: { ...domain, ...archive, ...signing },
    CheckDeletion: domain,
    ReleaseRepository: { ...domain, ...archive, ...signing },
    WipeStaging: { ...staging, ...archive, ...signing },
    NotifyArchived: { ...archive, ...topic, ...runbook },
    DeleteSourceIndices: { ...domain, ...archive, ...signing },
    ...failureVariables({
      runbookUrl: settings.runbookUrl,
      topicArn: places.topicArn,
      taskLogGroup: places.taskLogGroup,
    }),
  };
}
