import type { aws_iam as iam, aws_s3 as s3 } from 'aws-cdk-lib';
import { catalogPrefix, recordsPrefix, restoredPrefix, runsPrefix } from '../../archive/keys.ts';
import type { RestoreState } from '../../workflow/restore-contracts.ts';
import { volumesPrefix } from './prefixes.ts';
import { allow, cluster, deleteIndices, list, objects, readVersions } from './statements.ts';

export interface RestoreResources {
  readonly archive: s3.IBucket;
  readonly restore: s3.IBucket;
  /** Rights to send a notice. */
  readonly publish: readonly iam.PolicyStatement[];
  readonly domainArn: string;
  readonly snapshotRoleArn: string;
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
    LocateArchive: [...keepRuns, ...readVersions(archive, catalogPrefix)],
    PlanRestore: [...keepRuns, ...readVersions(archive, catalogPrefix), ...headVolumes, readCluster],
    ThawVolumes: thaw,
    CheckThaw: thaw,
    CheckUnpacked: [objects(restore, runsPrefix, ['s3:GetObject']), list(restore, [runsPrefix, restoredPrefix])],
    RegisterReadonlyRepository: [
      ...readRuns,
      cluster(domainArn, ['Get', 'Put'], ['_snapshot/*']),
      allow(['iam:PassRole'], [snapshotRoleArn]),
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
      objects(restore, recordsPrefix, ['s3:GetObject', 's3:PutObject']),
      list(restore, [recordsPrefix]),
    ],
    UndoRestore: [...look, ...deleteIndices(domainArn, { repositories: true })],
    ReleaseRepository: [...readRuns, cluster(domainArn, ['Delete'], ['_snapshot/*'])],
    WipeRestored: [objects(restore, restoredPrefix, ['s3:DeleteObject']), list(restore, [restoredPrefix])],
    NotifyRestored: [objects(restore, recordsPrefix, ['s3:GetObject']), list(restore, [recordsPrefix]), ...publish],
  };
}
