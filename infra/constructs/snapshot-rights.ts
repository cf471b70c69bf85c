import { ArnFormat, aws_iam as iam, type Stack, type aws_s3 as s3 } from 'aws-cdk-lib';
import type { FailureFunction } from './failure-functions.ts';
import { failureRights } from './failure-functions.ts';
import { allow, cluster, list } from './statements.ts';
import type { SnapshotState } from '../../workflow/snapshot-contracts.ts';

/** A function of the snapshot workflow: one for each state, and those of its failures. */
export type SnapshotFunction = SnapshotState | FailureFunction;

export interface SnapshotResources {
  readonly bucket: s3.IBucket;
  /** Where the repository is in the bucket; empty: at its root. */
  readonly basePath: string;
  readonly repository: string;
  /** Begins the names of the schedule's snapshots. */
  readonly namePrefix: string;
  /** Rights to send a notice. */
  readonly publish: readonly iam.PolicyStatement[];
  readonly domainArn: string;
  readonly roleArn: string;
  readonly stateMachineName: string;
  /** The repository is another deployment's: it is registered, and no more. */
  readonly readonly: boolean;
}

/**
 * What each function may do. In the cluster: only in the one repository, and there only with snapshots of the schedule's name;
 * no function can read a document.
 */
export function snapshotRights(
  stack: Stack,
  resources: SnapshotResources,
): Readonly<Record<SnapshotFunction, readonly iam.PolicyStatement[]>> {
  const { bucket, basePath, domainArn, publish, stateMachineName, readonly } = resources;
  const repository = `_snapshot/${resources.repository}`;
  const ofSchedule = `${repository}/${resources.namePrefix}-*`;
  const all = `${repository}/_all`;
  const get = (...paths: string[]): iam.PolicyStatement => cluster(domainArn, ['Get'], paths);
  const stateMachine = stack.formatArn({
    service: 'states',
    resource: 'stateMachine',
    resourceName: stateMachineName,
    arnFormat: ArnFormat.COLON_RESOURCE_NAME,
  });

  const ofWriter = (...statements: iam.PolicyStatement[]): iam.PolicyStatement[] => (readonly ? [] : statements);

  return {
    PlanSnapshot: [get(itself), allow(['states:ListExecutions'], [stateMachine])],
    RegisterRepository: [
      get(itself),
      cluster(domainArn, ['Get', 'Put'], [repository]),
      allow(['iam:PassRole'], [resources.roleArn]),
    ],
    StartSnapshot: ofWriter(
      get('_snapshot/_status', ...indexFacts),
      cluster(domainArn, ['Get', 'Put', 'Delete'], [ofSchedule]),
      notSeveral(domainArn, repository),
    ),
    CheckSnapshot: ofWriter(get(ofSchedule)),
    ListExpiredSnapshots: ofWriter(get('_snapshot', repository, all, '_snapshot/restore-*')),
    DeleteSnapshot: ofWriter(cluster(domainArn, ['Delete'], [ofSchedule]), notSeveral(domainArn, repository)),
    CheckDeletion: ofWriter(get(ofSchedule)),
    CleanUpRepository: ofWriter(cluster(domainArn, ['Post'], [`${repository}/_cleanup`])),
    MeasureRepository: ofWriter(get(all), list(bucket, [basePath === '' ? '' : `${basePath}/`])),
    NotifySnapshot: publish,
    ...failureRights(stack, { stateMachineNames: [stateMachineName], publish }),
  };
}

/** `GET /`: which distribution and version it is. */
const itself = '';
/** What an index is, and how it is; nothing of what it holds. */
const indexFacts = ['_resolve/index/*', '*/_settings', '*/_stats/*', '_cluster/health/*', '_cold/indices/_search'];

/** A path that begins with a name of the schedule could go on with a comma, and name a snapshot of others. */
const notSeveral = (domainArn: string, repository: string): iam.PolicyStatement =>
  new iam.PolicyStatement({
    effect: iam.Effect.DENY,
    actions: ['es:ESHttpPut', 'es:ESHttpDelete'],
    resources: [`${domainArn}/${repository}/*,*`],
  });
