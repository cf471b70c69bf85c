import type { IndexersSettings } from '../config/indexers.ts';

/** How a function of ingestion comes to the cluster: signed with its role, or as a user. */
export const clusterVariables = ({
  domain,
  user,
}: Pick<IndexersSettings, 'domain' | 'user'>): {
  readonly DOMAIN_ENDPOINT: string;
  readonly CLUSTER_USER_PARAMETER?: string;
} => ({
  DOMAIN_ENDPOINT: domain.endpoint,
  ...(user && { CLUSTER_USER_PARAMETER: user.parameterName }),
});
