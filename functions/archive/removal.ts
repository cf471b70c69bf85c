import { z } from 'zod';
import type { Cluster } from '../../ports/cluster.ts';
import type { ObjectStore } from '../../ports/object-store.ts';
import type { Signer } from '../../ports/signer.ts';
import {
  archiveVariables,
  clusterVariables,
  connectArchive,
  connectCluster,
  connectSigner,
  signerVariables,
} from '../connect.ts';

/** What the functions need that remove something from the cluster, once its archive is sealed (require-sealed.ts). */
export const environment = z.object({ ...clusterVariables, ...archiveVariables, ...signerVariables });

export interface Ports {
  readonly cluster: Cluster;
  readonly archive: ObjectStore;
  readonly signer: Signer;
}

export const connect = (variables: z.output<typeof environment>): Ports => ({
  cluster: connectCluster(variables),
  archive: connectArchive(variables),
  signer: connectSigner(variables),
});
