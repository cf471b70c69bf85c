import { aws_iam as iam } from 'aws-cdk-lib';
import type { aws_s3 as s3 } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { repositoriesPrefix, restoredPrefix } from '../../archive/keys.ts';
import { list, objects } from './statements.ts';

interface Domain {
  readonly domainArn: string;
  readonly account: string;
}

/** The role with which the cluster itself reads and writes snapshots; only the one domain may take it. */
export const snapshotRole = (
  scope: Construct,
  { staging, ...domain }: Domain & { readonly staging: s3.IBucket },
): iam.Role =>
  roleOfDomain(scope, 'SnapshotRole', domain, 'Snapshots of the OpenSearch domain, in the staging bucket only', [
    objects(staging, repositoriesPrefix, writing),
    list(staging, [repositoriesPrefix]),
  ]);

/** The role with which the cluster reads what was unpacked; it can write nothing. */
export const unpackedSnapshotRole = (
  scope: Construct,
  { restore, ...domain }: Domain & { readonly restore: s3.IBucket },
): iam.Role =>
  roleOfDomain(
    scope,
    'UnpackedSnapshotRole',
    domain,
    'Unpacked snapshots for the OpenSearch domain, for reading only',
    [objects(restore, restoredPrefix, ['s3:GetObject']), list(restore, [restoredPrefix])],
  );

/**
 * The role with which the cluster works in the repository of the schedule, below its base path; `readonly`: reads it. Under a
 * name of its own, by which the restoring side passes it.
 */
export function scheduleRole(
  scope: Construct,
  {
    bucket,
    basePath,
    readonly,
    roleName,
    ...domain
  }: Domain & {
    readonly bucket: s3.IBucket;
    readonly basePath: string;
    readonly readonly: boolean;
    readonly roleName: string;
  },
): iam.Role {
  const prefix = basePath === '' ? '' : `${basePath}/`;
  const description = `Frequent snapshots of the OpenSearch domain${readonly ? ', for reading only' : ''}`;
  return roleOfDomain(
    scope,
    'SnapshotsRole',
    domain,
    description,
    [objects(bucket, prefix, readonly ? ['s3:GetObject'] : writing), list(bucket, [prefix])],
    roleName,
  );
}

const writing = [
  's3:GetObject',
  's3:PutObject',
  's3:DeleteObject',
  's3:AbortMultipartUpload',
  's3:ListMultipartUploadParts',
];

function roleOfDomain(
  scope: Construct,
  id: string,
  { domainArn, account }: Domain,
  description: string,
  rights: readonly iam.PolicyStatement[],
  roleName?: string,
): iam.Role {
  const role = new iam.Role(scope, id, {
    description,
    ...(roleName !== undefined && { roleName }),
    assumedBy: new iam.ServicePrincipal('es.amazonaws.com', {
      conditions: { StringEquals: { 'aws:SourceAccount': account }, ArnEquals: { 'aws:SourceArn': domainArn } },
    }),
  });
  for (const statement of rights) role.addToPolicy(statement);
  return role;
}
