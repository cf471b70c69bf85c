import type { aws_iam as iam } from 'aws-cdk-lib';
import type { z } from 'zod';
import { catalogPrefix, drillsPrefix, recordsPrefix } from '../../archive/keys.ts';
import type { environment as listLeases } from '../../functions/expire-restores/list-leases.ts';
import type { environment as measureDrillAge } from '../../functions/expire-restores/measure-drill-age.ts';
import type { environment as notifyExpiring } from '../../functions/expire-restores/notify-expiring.ts';
import type { environment as removeExpired } from '../../functions/expire-restores/remove-expired.ts';
import type { ExpireState } from '../../workflow/expire-contracts.ts';
import type { DrillResources } from './drill-functions.ts';
import type { RestoringVariables } from './restore-variables.ts';
import { cluster, deleteIndices, key, list, objects, readVersions } from './statements.ts';
import type { Variables } from './variables.ts';

interface Environments extends Record<ExpireState, z.ZodObject> {
  ListLeases: typeof listLeases;
  RemoveExpired: typeof removeExpired;
  NotifyExpiring: typeof notifyExpiring;
  MeasureDrillAge: typeof measureDrillAge;
}

export type ExpireVariables = { readonly [Name in ExpireState]: Variables<Environments[Name]> };

/** The variables of each function of expire-restores. */
export const expireVariables = ({
  domain,
  archive,
  restore,
  trust,
  evidence,
  topic,
}: RestoringVariables): ExpireVariables => ({
  ListLeases: restore,
  RemoveExpired: { ...domain, ...restore },
  NotifyExpiring: { ...restore, ...topic },
  MeasureDrillAge: { ...archive, ...restore, ...trust, ...evidence },
});

/** What each function of expire-restores may do. */
export function expireRights({
  archive,
  restore,
  evidenceKey,
  publish,
  domainArn,
}: Omit<DrillResources, 'restoreStateMachineArn'>): Readonly<Record<ExpireState, readonly iam.PolicyStatement[]>> {
  const listRecords = list(restore, [recordsPrefix]);
  const keepRecords = [objects(restore, recordsPrefix, ['s3:GetObject', 's3:PutObject']), listRecords];
  return {
    ListLeases: [objects(restore, recordsPrefix, ['s3:GetObject']), listRecords],
    RemoveExpired: [...keepRecords, cluster(domainArn, ['Get'], ['*']), ...deleteIndices(domainArn)],
    NotifyExpiring: [...keepRecords, ...publish],
    MeasureDrillAge: [
      ...readVersions(archive, catalogPrefix),
      objects(restore, drillsPrefix, ['s3:GetObject']),
      list(restore, [drillsPrefix]),
      key(evidenceKey, 'GetPublicKey'),
    ],
  };
}
