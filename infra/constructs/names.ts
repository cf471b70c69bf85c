import type { Settings } from '../config/schema.ts';

type Place = Pick<Settings, 'prefix' | 'account' | 'region'>;

/**
 * Names that must be known before the resources are: bucket names are told to people and other systems, and a role's rights
 * on the state machine that it is part of would otherwise be a circle of references.
 */
export const bucketName = (
  { prefix, account, region }: Place,
  purpose: 'staging' | 'archive' | 'restore' | 'snapshots',
): string => `${prefix}-${purpose}-${account}-${region}`;
export const stateMachineName = (
  { prefix }: Pick<Place, 'prefix'>,
  workflow: 'archive' | 'restore' | 'drill' | 'expire-restores' | 'snapshot',
): string => `${prefix}-${workflow}`;
export const clusterName = ({ prefix }: Pick<Place, 'prefix'>): string => prefix;
export const restoreClusterName = ({ prefix }: Pick<Place, 'prefix'>): string => `${prefix}-restore`;

/** Of the schedule's snapshots: one that is there already, or the one that the stack makes. */
export const snapshotsBucketName = (settings: Pick<Settings, 'prefix' | 'account' | 'region' | 'snapshots'>): string =>
  settings.snapshots.bucket ?? bucketName(settings, 'snapshots');
/** With the region: names of roles are those of the whole account. */
export const snapshotsRoleName = ({ prefix, region }: Pick<Place, 'prefix' | 'region'>): string =>
  `${prefix}-snapshots-${region}`;
