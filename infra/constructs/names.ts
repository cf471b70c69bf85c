import type { Settings } from '../config/schema.ts';

type Place = Pick<Settings, 'prefix' | 'account' | 'region'>;

/**
 * Names that must be known before the resources are: bucket names are told to people and other systems, and a role's rights
 * on the state machine that it is part of would otherwise be a circle of references.
 */
export const bucketName = ({ prefix, account, region }: Place, purpose: 'staging' | 'archive' | 'restore'): string =>
  `${prefix}-${purpose}-${account}-${region}`;
export const stateMachineName = (
  { prefix }: Pick<Place, 'prefix'>,
  workflow: 'archive' | 'restore' | 'drill' | 'expire-restores',
): string => `${prefix}-${workflow}`;
export const clusterName = ({ prefix }: Pick<Place, 'prefix'>): string => prefix;
export const restoreClusterName = ({ prefix }: Pick<Place, 'prefix'>): string => `${prefix}-restore`;
