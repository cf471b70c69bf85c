import { ArnFormat, type Stack, type aws_iam as iam } from 'aws-cdk-lib';
import type { aws_kms as kms, aws_s3 as s3 } from 'aws-cdk-lib';
import { catalogPrefix, repositoriesPrefix, runsPrefix } from '../../archive/keys.ts';
import type { OptionalArchiveState } from '../../workflow/contracts.ts';
import type { ArchiveFunction } from './archive-variables.ts';
import { failureRights } from './failure-functions.ts';
import { volumesPrefix } from './prefixes.ts';
import { allow, cluster, deleteIndices, key, list, objects, readCatalog } from './statements.ts';

export interface ArchiveResources {
  readonly staging: s3.IBucket;
  readonly archive: s3.IBucket;
  readonly signingKey: kms.IKey;
  /** Rights to send a notice. */
  readonly publish: readonly iam.PolicyStatement[];
  readonly domainArn: string;
  readonly snapshotRoleArn: string;
  readonly clusterName: string;
  readonly stateMachineName: string;
}

/** What each function may do. Nothing else is granted to any of them, but to write their own logs. */
export function archiveRights(
  stack: Stack,
  resources: ArchiveResources,
): Readonly<Record<ArchiveFunction | OptionalArchiveState, readonly iam.PolicyStatement[]>> {
  const { staging, archive, domainArn, signingKey, stateMachineName, publish } = resources;
  const readRuns = [objects(staging, runsPrefix, ['s3:GetObject']), list(staging, [runsPrefix])];
  const keepRuns = [objects(staging, runsPrefix, ['s3:GetObject', 's3:PutObject']), list(staging, [runsPrefix])];
  const verifySeal = [...readCatalog(archive), key(signingKey, 'GetPublicKey')];
  const readVolumes = [
    objects(archive, volumesPrefix, ['s3:GetObject', 's3:GetObjectVersion', 's3:GetObjectRetention']),
    list(archive, [volumesPrefix]),
  ];
  const readCluster = [cluster(domainArn, ['Get'], ['*']), cluster(domainArn, ['Post'], searchPaths)];
  const removeSnapshot = [cluster(domainArn, ['Get', 'Delete'], repositoryPaths), ...verifySeal];
  const stateMachine = stack.formatArn({
    service: 'states',
    resource: 'stateMachine',
    resourceName: stateMachineName,
    arnFormat: ArnFormat.COLON_RESOURCE_NAME,
  });

  return {
    SelectIndices: [
      ...readCluster,
      objects(staging, runsPrefix, ['s3:GetObject', 's3:PutObject']),
      list(staging, [runsPrefix, repositoriesPrefix]),
      ...readCatalog(archive),
      allow(['states:ListExecutions'], [stateMachine]),
    ],
    RegisterRepository: [
      cluster(domainArn, ['Get', 'Put'], repositoryPaths),
      allow(['iam:PassRole'], [resources.snapshotRoleArn]),
    ],
    StartSnapshot: [...readCluster, cluster(domainArn, ['Put', 'Delete'], repositoryPaths), ...keepRuns],
    CheckSnapshot: [...readCluster, ...keepRuns],
    PlanVolumes: [
      objects(staging, repositoriesPrefix, ['s3:GetObject']),
      objects(staging, runsPrefix, ['s3:GetObject', 's3:PutObject']),
      list(staging, [runsPrefix, repositoriesPrefix]),
    ],
    CheckVolumes: readRuns,
    VerifyArchive: [...readRuns, ...readVolumes],
    LockArchive: [...readRuns, ...readVolumes, objects(archive, volumesPrefix, ['s3:PutObjectRetention'])],
    SealArchive: [
      ...readRuns,
      ...readCatalog(archive),
      objects(archive, catalogPrefix, ['s3:PutObject', 's3:PutObjectRetention', 's3:GetObjectRetention']),
      key(signingKey, 'Sign', 'GetPublicKey'),
    ],
    DeleteSnapshot: removeSnapshot,
    CheckDeletion: [cluster(domainArn, ['Get'], repositoryPaths)],
    ReleaseRepository: removeSnapshot,
    WipeStaging: [
      objects(staging, repositoriesPrefix, ['s3:DeleteObject']),
      list(staging, [repositoriesPrefix]),
      ...verifySeal,
    ],
    NotifyArchived: [...readCatalog(archive), ...publish],
    DeleteSourceIndices: [
      cluster(domainArn, ['Get'], ['*']),
      cluster(domainArn, ['Put'], ['*/_block/write', '*/_settings']),
      ...deleteIndices(domainArn),
      ...verifySeal,
    ],
    ...failureRights(stack, { clusterName: resources.clusterName, stateMachineNames: [stateMachineName], publish }),
  };
}

/** Where repositories and snapshots are: who may write here cannot touch an index. */
const repositoryPaths = ['_snapshot/*'];
/** What else than reading is asked of an index. `POST *` would be the right to write documents and to delete them by query. */
const searchPaths = ['*/_search', '*/_flush', '*/_refresh'];
