import type { InternalUser } from './opensearch-client.ts';

/** Where the password of an internal user of the cluster comes from. Failures: `ClusterUserUnusable`, `NotAllowed`. */
export interface ClusterUser {
  /** What is known, read where it is not, or has not been for minutes. */
  current(): Promise<InternalUser>;
  /** Read anew: the cluster has refused what `current` gave. */
  refreshed(): Promise<InternalUser>;
}
