import { SSMClient } from '@aws-sdk/client-ssm';
import { z } from 'zod';
import type { ClusterUser } from '../../ports/cluster-user.ts';
import { ssmClusterUser } from '../../ports/ssm-cluster-user.ts';
import { clusterVariables } from '../connect.ts';

/** How the functions of ingestion come to the cluster: signed with their role, or as the user of a parameter where one is named. */
export const accessVariables = { ...clusterVariables, CLUSTER_USER_PARAMETER: z.string().min(1).optional() };

export const connectUser = (parameter: string | undefined): ClusterUser | undefined =>
  parameter === undefined ? undefined : ssmClusterUser(new SSMClient(), parameter);
