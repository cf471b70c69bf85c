import type { aws_iam as iam, aws_kms as kms, aws_s3 as s3 } from 'aws-cdk-lib';
import type { z } from 'zod';
import { catalogPrefix, drillsPrefix, recordsPrefix } from '../../archive/keys.ts';
import type { environment as checkDrill } from '../../functions/drill/check-drill.ts';
import type { environment as checkDrilled } from '../../functions/drill/check-drilled.ts';
import type { environment as notifyDrilled } from '../../functions/drill/notify-drilled.ts';
import type { environment as pickArchive } from '../../functions/drill/pick-archive.ts';
import type { environment as recordFailedDrill } from '../../functions/drill/record-failed-drill.ts';
import type { environment as removeDrilled } from '../../functions/drill/remove-drilled.ts';
import type { environment as startDrill } from '../../functions/drill/start-drill.ts';
import type { environment as writeEvidence } from '../../functions/drill/write-evidence.ts';
import type { DrillState } from '../../workflow/drill-contracts.ts';
import type { RestoringVariables } from './restore-variables.ts';
import { allow, cluster, deleteIndices, key, list, objects, readVersions } from './statements.ts';
import type { Variables } from './variables.ts';

interface Environments extends Record<DrillState, z.ZodObject> {
  PickArchive: typeof pickArchive;
  StartDrill: typeof startDrill;
  CheckDrill: typeof checkDrill;
  CheckDrilled: typeof checkDrilled;
  RemoveDrilled: typeof removeDrilled;
  WriteEvidence: typeof writeEvidence;
  NotifyDrilled: typeof notifyDrilled;
  RecordFailedDrill: typeof recordFailedDrill;
}

export type DrillVariables = { readonly [Name in DrillState]: Variables<Environments[Name]> };

/** The variables of each function of the drill. */
export const drillVariables = (
  { domain, archive, restore, trust, evidence, topic }: RestoringVariables,
  restoreStateMachineArn: string,
): DrillVariables => ({
  PickArchive: { ...archive, ...restore, ...trust, ...evidence },
  StartDrill: { RESTORE_STATE_MACHINE_ARN: restoreStateMachineArn },
  CheckDrill: {},
  CheckDrilled: { ...domain, ...archive, ...restore, ...trust },
  RemoveDrilled: { ...domain, ...restore },
  WriteEvidence: { ...restore, ...trust, ...evidence },
  NotifyDrilled: { ...restore, ...topic },
  RecordFailedDrill: { ...restore, ...trust, ...evidence },
});

export interface DrillResources {
  readonly archive: s3.IBucket;
  readonly restore: s3.IBucket;
  readonly evidenceKey: kms.IKey;
  /** Rights to send a notice. */
  readonly publish: readonly iam.PolicyStatement[];
  readonly domainArn: string;
  readonly restoreStateMachineArn: string;
}

/** What each function of the drill may do. */
export function drillRights(resources: DrillResources): Readonly<Record<DrillState, readonly iam.PolicyStatement[]>> {
  const { archive, restore, evidenceKey, publish, domainArn, restoreStateMachineArn } = resources;
  const drills = (...actions: string[]): iam.PolicyStatement[] => [
    objects(restore, drillsPrefix, actions),
    list(restore, [drillsPrefix]),
  ];
  const records = (...actions: string[]): iam.PolicyStatement[] => [
    objects(restore, recordsPrefix, actions),
    list(restore, [recordsPrefix]),
  ];
  const executions = `${restoreStateMachineArn.replace(':stateMachine:', ':execution:')}:*`;
  const readCluster = cluster(domainArn, ['Get'], ['*']);
  const writeReport = [...drills('s3:GetObject', 's3:PutObject'), key(evidenceKey, 'Sign', 'GetPublicKey')];
  return {
    PickArchive: [...readVersions(archive, catalogPrefix), ...drills('s3:GetObject'), key(evidenceKey, 'GetPublicKey')],
    StartDrill: [
      allow(['states:StartExecution'], [restoreStateMachineArn]),
      allow(['states:DescribeExecution', 'states:RedriveExecution'], [executions]),
    ],
    CheckDrill: [allow(['states:DescribeExecution'], [executions])],
    CheckDrilled: [
      ...readVersions(archive, catalogPrefix),
      ...records('s3:GetObject'),
      readCluster,
      cluster(domainArn, ['Post'], ['*/_search', '*/_flush', '*/_refresh', '_cluster/allocation/explain']),
    ],
    RemoveDrilled: [...records('s3:GetObject', 's3:PutObject'), readCluster, ...deleteIndices(domainArn)],
    WriteEvidence: writeReport,
    NotifyDrilled: publish,
    RecordFailedDrill: writeReport,
  };
}
