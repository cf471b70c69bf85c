import { aws_iam as iam } from 'aws-cdk-lib';
import type { aws_kms as kms, aws_s3 as s3 } from 'aws-cdk-lib';
import { catalogPrefix } from '../../archive/keys.ts';

/**
 * The statements that roles are made of. Written by hand: CDK's grants are wider than they look (`grantPut` also grants legal
 * holds, on every key).
 */

export const allow = (
  actions: readonly string[],
  resources: readonly string[],
  conditions: Record<string, Record<string, string | readonly string[]>> = {},
): iam.PolicyStatement => new iam.PolicyStatement({ actions: [...actions], resources: [...resources], conditions });

/** Actions on the objects below a prefix. */
export const objects = (bucket: s3.IBucket, prefix: string, actions: readonly string[]): iam.PolicyStatement =>
  allow(actions, [bucket.arnForObjects(`${prefix}*`)]);

/**
 * Lists the keys below prefixes. Whoever may not list gets 403 instead of 404 for an object that is not there. Such a request
 * has no `s3:prefix`, hence IfExists: without it a missing object would look like a missing right.
 */
export const list = (
  bucket: s3.IBucket,
  prefixes: readonly string[],
  actions: readonly string[] = ['s3:ListBucket'],
): iam.PolicyStatement =>
  allow(actions, [bucket.bucketArn], {
    StringLikeIfExists: { 's3:prefix': prefixes.map((prefix) => `${prefix}*`) },
  });

/** Reads the catalogue of an archive bucket, in every version: of each file the oldest counts. */
export const readCatalog = (archive: s3.IBucket): iam.PolicyStatement[] => [
  objects(archive, catalogPrefix, ['s3:GetObject', 's3:GetObjectVersion']),
  list(archive, [catalogPrefix], ['s3:ListBucket', 's3:ListBucketVersions']),
];

/**
 * Reads what is below a prefix of an archive bucket, version by version: whoever restores never reads what somebody may have
 * put over a sealed object.
 */
export const readVersions = (
  archive: s3.IBucket,
  prefix: string,
  more: readonly string[] = [],
): iam.PolicyStatement[] => [
  objects(archive, prefix, ['s3:GetObjectVersion', ...more]),
  list(archive, [prefix], ['s3:ListBucket', 's3:ListBucketVersions']),
];

/** Calls of the cluster: HTTP methods on paths, `*` for anything in between. */
export const cluster = (
  domainArn: string,
  methods: readonly HttpMethod[],
  paths: readonly string[],
): iam.PolicyStatement =>
  allow(
    methods.map((method) => `es:ESHttp${method}`),
    paths.map((path) => `${domainArn}/${path}`),
  );

/** APIs at the root of the cluster, but for repositories and snapshots. */
const otherApis = ['_a*', '_c*', '_d*', '_i*', '_o*', '_p*', '_r*', '_sc*', '_se*', '_t*', '_u*'];

/**
 * Deletes indices. A path cannot say "the name of an index", hence the denials: no API of the cluster or of an index, no system
 * index, no list of names. With `repositories`, those too.
 */
export const deleteIndices = (
  domainArn: string,
  { repositories = false }: { readonly repositories?: boolean } = {},
): iam.PolicyStatement[] => [
  cluster(domainArn, ['Delete'], ['*']),
  new iam.PolicyStatement({
    effect: iam.Effect.DENY,
    actions: ['es:ESHttpDelete'],
    resources: [...(repositories ? otherApis : ['_*']), '*/_*', '.*', '*,*'].map((path) => `${domainArn}/${path}`),
  }),
];

type HttpMethod = 'Get' | 'Put' | 'Post' | 'Patch' | 'Delete' | 'Head';

export const key = (signingKey: kms.IKey, ...operations: readonly ('Sign' | 'GetPublicKey')[]): iam.PolicyStatement =>
  allow(
    operations.map((operation) => `kms:${operation}`),
    [signingKey.keyArn],
  );

/** Lambda's own work with network interfaces; EC2 has no narrower resources for it. */
export const attachToVpc = allow(
  [
    'ec2:CreateNetworkInterface',
    'ec2:DescribeNetworkInterfaces',
    'ec2:DescribeSubnets',
    'ec2:DeleteNetworkInterface',
    'ec2:AssignPrivateIpAddresses',
    'ec2:UnassignPrivateIpAddresses',
  ],
  ['*'],
);
