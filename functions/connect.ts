import { KMSClient } from '@aws-sdk/client-kms';
import { S3Client } from '@aws-sdk/client-s3';
import { z } from 'zod';
import type { Cluster } from '../ports/cluster.ts';
import { kmsSigner } from '../ports/kms-signer.ts';
import type { ObjectStore } from '../ports/object-store.ts';
import { openSearchCluster } from '../ports/opensearch-cluster.ts';
import { s3ObjectStore } from '../ports/s3-object-store.ts';
import type { Signer } from '../ports/signer.ts';

/** The variables that lead to the outside world, and the ports made of them. Each function names those that it uses. */

export const region = { AWS_REGION: z.string().min(1) };
export const clusterVariables = { DOMAIN_ENDPOINT: z.url(), ...region };
export const stagingVariables = { STAGING_BUCKET: z.string().min(3) };
export const archiveVariables = { ARCHIVE_BUCKET: z.string().min(3) };
export const restoreVariables = { RESTORE_BUCKET: z.string().min(3) };
export const signerVariables = {
  SIGNING_KEY_ID: z.string().min(1),
  SIGNING_ALGORITHM: z.enum(['ECDSA_SHA_256', 'RSASSA_PKCS1_V1_5_SHA_256']),
};

type Variables<S extends z.ZodRawShape> = z.output<z.ZodObject<S>>;

export const connectCluster = (variables: Variables<typeof clusterVariables>): Cluster =>
  openSearchCluster({ endpoint: variables.DOMAIN_ENDPOINT, region: variables.AWS_REGION });
export const connectStaging = (variables: Variables<typeof stagingVariables>): ObjectStore =>
  s3ObjectStore(new S3Client(), variables.STAGING_BUCKET);
export const connectArchive = (variables: Variables<typeof archiveVariables>): ObjectStore =>
  s3ObjectStore(new S3Client(), variables.ARCHIVE_BUCKET);
export const connectRestore = (variables: Variables<typeof restoreVariables>): ObjectStore =>
  s3ObjectStore(new S3Client(), variables.RESTORE_BUCKET);
export const connectSigner = (variables: Variables<typeof signerVariables>): Signer =>
  kmsSigner({ client: new KMSClient(), key: variables.SIGNING_KEY_ID, algorithm: variables.SIGNING_ALGORITHM });
