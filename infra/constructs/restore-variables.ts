import type { z } from 'zod';
import type { environment as checkReplacement } from '../../functions/restore/check-replacement.ts';
import type { environment as checkRestore } from '../../functions/restore/check-restore.ts';
import type { environment as checkThaw } from '../../functions/restore/check-thaw.ts';
import type { environment as checkUnpacked } from '../../functions/restore/check-unpacked.ts';
import type { environment as locateArchive } from '../../functions/restore/locate-archive.ts';
import type { environment as notifyRestored } from '../../functions/restore/notify-restored.ts';
import type { environment as planRestore } from '../../functions/restore/plan-restore.ts';
import type { environment as prepareIndices } from '../../functions/restore/prepare-indices.ts';
import type { environment as recordRestore } from '../../functions/restore/record-restore.ts';
import type { environment as registerReadonlyRepository } from '../../functions/restore/register-readonly-repository.ts';
import type { environment as releaseRepository } from '../../functions/restore/release-repository.ts';
import type { environment as removeCopies } from '../../functions/restore/remove-copies.ts';
import type { environment as replaceIndices } from '../../functions/restore/replace-indices.ts';
import type { environment as startRestore } from '../../functions/restore/start-restore.ts';
import type { environment as thawVolumes } from '../../functions/restore/thaw-volumes.ts';
import type { environment as undoRestore } from '../../functions/restore/undo-restore.ts';
import type { environment as verifyReplacement } from '../../functions/restore/verify-replacement.ts';
import type { environment as verifyRestore } from '../../functions/restore/verify-restore.ts';
import type { environment as wipeRestored } from '../../functions/restore/wipe-restored.ts';
import type { RestoreState } from '../../workflow/restore-contracts.ts';
import type { Settings } from '../config/schema.ts';
import type { Variables } from './variables.ts';

interface Environments extends Record<RestoreState, z.ZodObject> {
  LocateArchive: typeof locateArchive;
  PlanRestore: typeof planRestore;
  ThawVolumes: typeof thawVolumes;
  CheckThaw: typeof checkThaw;
  CheckUnpacked: typeof checkUnpacked;
  RegisterReadonlyRepository: typeof registerReadonlyRepository;
  PrepareIndices: typeof prepareIndices;
  StartRestore: typeof startRestore;
  CheckRestore: typeof checkRestore;
  VerifyRestore: typeof verifyRestore;
  ReplaceIndices: typeof replaceIndices;
  CheckReplacement: typeof checkReplacement;
  VerifyReplacement: typeof verifyReplacement;
  RemoveCopies: typeof removeCopies;
  RecordRestore: typeof recordRestore;
  UndoRestore: typeof undoRestore;
  ReleaseRepository: typeof releaseRepository;
  WipeRestored: typeof wipeRestored;
  NotifyRestored: typeof notifyRestored;
}

export type RestoreVariables = { readonly [Name in RestoreState]: Variables<Environments[Name]> };

/** Variables that several functions of the restoring side have. */
export interface RestoringVariables {
  readonly domain: { readonly DOMAIN_ENDPOINT: string };
  readonly archive: { readonly ARCHIVE_BUCKET: string };
  readonly restore: { readonly RESTORE_BUCKET: string };
  readonly trust: { readonly TRUSTED_SIGNING_KEYS: string };
  readonly evidence: { readonly EVIDENCE_KEY_ID: string; readonly EVIDENCE_ALGORITHM: 'ECDSA_SHA_256' };
  readonly topic: { readonly TOPIC_ARN: string };
}

/** The variables of each function of the restore workflow, as its own schema asks for them. */
export function restoreVariables(
  { indices, snapshots, restore: settings }: Settings,
  { domain, archive, restore, trust, topic }: RestoringVariables,
  snapshotRoleArn: string,
): RestoreVariables {
  const inCluster = { ...domain, ...restore };
  return {
    LocateArchive: {
      ...inCluster,
      ...archive,
      ...trust,
      INDEX_PATTERNS: indices.patterns.join(','),
      SNAPSHOT_REPOSITORY: snapshots.enabled ? snapshots.repository : '',
      SNAPSHOT_PREFIX: snapshots.namePrefix,
    },
    PlanRestore: {
      ...inCluster,
      ...archive,
      ...trust,
      PRICES: settings.prices ? JSON.stringify(settings.prices) : '',
      REPLICAS: String(settings.replicas),
    },
    ThawVolumes: { ...archive, ...restore },
    CheckThaw: { ...archive, ...restore },
    CheckUnpacked: restore,
    RegisterReadonlyRepository: { ...inCluster, SNAPSHOT_ROLE_ARN: snapshotRoleArn },
    PrepareIndices: inCluster,
    StartRestore: inCluster,
    CheckRestore: inCluster,
    VerifyRestore: inCluster,
    ReplaceIndices: inCluster,
    CheckReplacement: inCluster,
    VerifyReplacement: inCluster,
    RemoveCopies: inCluster,
    RecordRestore: inCluster,
    UndoRestore: inCluster,
    ReleaseRepository: inCluster,
    WipeRestored: restore,
    NotifyRestored: { ...restore, ...topic },
  };
}
