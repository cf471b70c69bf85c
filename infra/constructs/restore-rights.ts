import { Aws, type aws_iam as iam, type aws_s3 as s3 } from 'aws-cdk-lib';
import { catalogPrefix, recordsPrefix, restoredPrefix, runsPrefix } from '../../archive/keys.ts';
import type { RestoreState } from '../../workflow/restore-contracts.ts';
import type { Settings } from '../config/schema.ts';
import { snapshotsRoleName } from './names.ts';
import { volumesPrefix } from './prefixes.ts';
import { allow, cluster, deleteIndices, list, objects, readVersions } from './statements.ts';

export interface RestoreResources {
  readonly archive: s3.IBucket;
  readonly restore: s3.IBucket;
  /** Rights to send a notice. */
  readonly publish: readonly iam.PolicyStatement[];
  readonly domainArn: string;
  readonly snapshotRoleArn: string;
  readonly settings: Pick<Settings, 'prefix' | 'account' | 'region' | 'snapshots' | 'restore'>;
}

/**
 * What each function of the restore workflow may do. Of the archive bucket: to read, and to ask for a thaw; never to write, and
 * never to use the key that signs archives.
 */
export function restoreRights({
  archive,
  restore,
  publish,
  domainArn,
  snapshotRoleArn,
  settings,
}: RestoreResources): Readonly<Record<RestoreState, readonly iam.PolicyStatement[]>> {
  const readRuns = [objects(restore, runsPrefix, ['s3:GetObject']), list(restore, [runsPrefix])];
  const keepRuns = [objects(restore, runsPrefix, ['s3:GetObject', 's3:PutObject']), list(restore, [runsPrefix])];
  const headVolumes = readVersions(archive, volumesPrefix, ['s3:GetObjectRetention']);
  const thaw = [
    ...headVolumes,
    objects(archive, volumesPrefix, ['s3:RestoreObject']),
    // What does not fit its receipts has lapsed: both go, and the volume is unpacked anew.
    objects(restore, runsPrefix, ['s3:GetObject', 's3:DeleteObject']),
    objects(restore, restoredPrefix, ['s3:DeleteObject']),
    list(restore, [runsPrefix, restoredPrefix]),
  ];
  const readCluster = cluster(domainArn, ['Get'], ['*']);
  const startRestore = cluster(domainArn, ['Post'], ['_snapshot/*/_restore']);
  const explain = cluster(domainArn, ['Post'], ['_cluster/allocation/explain']);
  const look = [...readRuns, readCluster, explain];
  const verify = [...look, cluster(domainArn, ['Post'], ['*/_search', '*/_flush', '*/_refresh'])];

  return {
    LocateArchive: [...keepRuns, ...readVersions(archive, catalogPrefix), cluster(domainArn, ['Get'], ['_snapshot/*'])],
    PlanRestore: [...keepRuns, ...readVersions(archive, catalogPrefix), ...headVolumes, readCluster],
    ThawVolumes: thaw,
    CheckThaw: thaw,
    CheckUnpacked: [objects(restore, runsPrefix, ['s3:GetObject']), list(restore, [runsPrefix, restoredPrefix])],
    RegisterReadonlyRepository: [
      ...readRuns,
      cluster(domainArn, ['Get'], ['_snapshot/*']),
      cluster(domainArn, ['Put'], [ownRepositories]),
      allow(['iam:PassRole'], [snapshotRoleArn, ...snapshotsRoleArns(settings)]),
    ],
    PrepareIndices: [...look, ...deleteIndices(domainArn)],
    StartRestore: [...look, startRestore],
    CheckRestore: look,
    VerifyRestore: verify,
    ReplaceIndices: [...verify, startRestore, cluster(domainArn, ['Post'], ['*/_close']), ...deleteIndices(domainArn)],
    CheckReplacement: look,
    VerifyReplacement: verify,
    RemoveCopies: [...look, ...deleteIndices(domainArn)],
    RecordRestore: [
      ...look,
      // What a snapshot held is counted.
      cluster(domainArn, ['Post'], ['*/_refresh']),
      objects(restore, recordsPrefix, ['s3:GetObject', 's3:PutObject']),
      list(restore, [recordsPrefix]),
    ],
    UndoRestore: [...look, ...deleteIndices(domainArn, { repositories: true })],
    ReleaseRepository: [...readRuns, cluster(domainArn, ['Delete'], [ownRepositories])],
    WipeRestored: [objects(restore, restoredPrefix, ['s3:DeleteObject']), list(restore, [restoredPrefix])],
    NotifyRestored: [objects(restore, recordsPrefix, ['s3:GetObject']), list(restore, [recordsPrefix]), ...publish],
  };
}

/** Restores register repositories under their own ids; those of others, above all the snapshot schedule's, they only read. */
const ownRepositories = '_snapshot/restore-*';

/**
 * The role of the snapshot repository, which a restore from it registers once more: its name is known before the role is. Of
 * another account, or without the schedule, there is none to pass.
 */
const snapshotsRoleArns = ({ restore, snapshots, ...place }: RestoreResources['settings']): string[] =>
  snapshots.enabled && restore.account === place.account
    ? [`arn:${Aws.PARTITION}:iam::${place.account}:role/${snapshotsRoleName(place)}`]
    : [];
