import type { Stack, aws_iam as iam, aws_kms as kms, aws_s3 as s3 } from 'aws-cdk-lib';
import { drillStates } from '../../workflow/drill.ts';
import type { DrillState } from '../../workflow/drill-contracts.ts';
import { expireStates } from '../../workflow/expire-restores.ts';
import type { ExpireState } from '../../workflow/expire-contracts.ts';
import { restoreStates } from '../../workflow/restore.ts';
import type { RestoreState } from '../../workflow/restore-contracts.ts';
import type { Settings } from '../config/schema.ts';
import { drillRights, drillVariables } from './drill-functions.ts';
import { expireRights, expireVariables } from './expire-functions.ts';
import { failureRights, failureSources, failureVariables, type FailureFunction } from './failure-functions.ts';
import { restoreClusterName, stateMachineName } from './names.ts';
import type { Network } from './network.ts';
import { restoreRights } from './restore-rights.ts';
import { restoreVariables, type RestoringVariables } from './restore-variables.ts';
import { evidenceAlgorithm } from './signing-key.ts';
import type { WorkflowFunction } from './workflow-function.ts';
import { sourcesOf, workflowFunctions } from './workflow-functions.ts';

export type RestoringFunction = RestoreState | DrillState | ExpireState | FailureFunction;

export interface RestoringFunctionsProps {
  readonly settings: Settings;
  readonly network: Network;
  readonly archive: s3.IBucket;
  readonly restore: s3.IBucket;
  readonly evidenceKey: kms.IKey;
  readonly topicArn: string;
  /** Rights to send a notice. */
  readonly publish: readonly iam.PolicyStatement[];
  readonly snapshotRoleArn: string;
  readonly restoreStateMachineArn: string;
  readonly taskLogGroup: string;
}

/** Of all functions of the restoring side, in logs and metrics. */
export const restoringService = ({ prefix }: Pick<Settings, 'prefix'>): string => `${prefix}-restore`;

/** The functions of the restoring side: those of the restore, of the drill, of expire-restores, and of their failures. */
export function restoringFunctions(
  stack: Stack,
  props: RestoringFunctionsProps,
): Readonly<Record<RestoringFunction, WorkflowFunction>> {
  const { settings, topicArn } = props;
  const own = settings.restore;
  const shared: RestoringVariables = {
    domain: { DOMAIN_ENDPOINT: own.domain.endpoint },
    archive: { ARCHIVE_BUCKET: props.archive.bucketName },
    restore: { RESTORE_BUCKET: props.restore.bucketName },
    trust: { TRUSTED_SIGNING_KEYS: own.trustedSigningKeys.join(',') },
    evidence: { EVIDENCE_KEY_ID: props.evidenceKey.keyId, EVIDENCE_ALGORITHM: evidenceAlgorithm },
    topic: { TOPIC_ARN: topicArn },
  };
  const resources = { ...props, domainArn: own.domain.arn };
  return workflowFunctions<RestoringFunction>(stack, {
    sources: {
      ...sourcesOf('functions/restore', restoreStates),
      ...sourcesOf('functions/drill', drillStates),
      ...sourcesOf('functions/expire-restores', expireStates),
      ...failureSources,
    },
    // Some have the names of functions of the archiving side.
    namePrefix: `${settings.prefix}-restore-`,
    idPrefix: 'Restore',
    serviceName: restoringService(settings),
    network: props.network,
    variables: {
      ...restoreVariables(settings, shared, props.snapshotRoleArn),
      ...drillVariables(shared, props.restoreStateMachineArn),
      ...expireVariables(shared),
      ...failureVariables({ runbookUrl: settings.runbookUrl, topicArn, taskLogGroup: props.taskLogGroup }),
    },
    rights: {
      ...restoreRights(resources),
      ...drillRights(resources),
      ...expireRights(resources),
      ...failureRights(stack, {
        clusterName: restoreClusterName(settings),
        stateMachineNames: (['restore', 'drill', 'expire-restores'] as const).map((workflow) =>
          stateMachineName(settings, workflow),
        ),
        publish: props.publish,
      }),
    },
  });
}
