import { aws_iam as iam } from 'aws-cdk-lib';
import type { aws_s3 as s3 } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { allow } from '../../constructs/statements.ts';
import type { LogSettings } from '../config/buckets.ts';
import { underKeysOfS3, type BucketKind } from '../config/kinds.ts';
import { logBucketArn, logKeyAlias, logKeyAliasArn, replicationRoleName } from './names.ts';

/** Buckets that have a copy in the second region: all but that of the server access logs. */
export const replicatedKinds = (kinds: readonly BucketKind[]): BucketKind[] =>
  kinds.filter((kind) => kind !== 'access');

/** The role in which S3 copies. It reads versions here and adds them there; deletions are not copied. */
export function replicationRole(
  scope: Construct,
  settings: LogSettings & { readonly replication: { readonly region: string } },
  kinds: readonly BucketKind[],
): iam.Role {
  const { region } = settings.replication;
  const throughS3 = (at: string): Record<string, Record<string, string>> => ({
    StringEquals: { 'kms:ViaService': `s3.${at}.amazonaws.com` },
    'ForAnyValue:StringEquals': { 'kms:ResourceAliases': logKeyAlias(settings) },
  });
  const keysIn = (at: string): string => `arn:aws:kms:${at}:${settings.account}:key/*`;
  const replicated = replicatedKinds(kinds);
  const here = replicated.map((kind) => logBucketArn(settings, kind));
  const there = replicated.map((kind) => logBucketArn(settings, kind, region));
  const role = new iam.Role(scope, 'ReplicationRole', {
    roleName: replicationRoleName(settings),
    assumedBy: new iam.ServicePrincipal('s3.amazonaws.com', {
      conditions: {
        StringEquals: { 'aws:SourceAccount': settings.account },
        ArnEquals: { 'aws:SourceArn': here },
      },
    }),
  });
  const each = (arns: readonly string[]): string[] => arns.map((arn) => `${arn}/*`);
  for (const statement of [
    allow(['s3:GetReplicationConfiguration', 's3:ListBucket'], here),
    allow(['s3:GetObjectVersionForReplication', 's3:GetObjectVersionAcl', 's3:GetObjectVersionTagging'], each(here)),
    allow(['s3:ReplicateObject', 's3:ReplicateTags'], each(there)),
    // The keys' policies name the account, not the role, hence it needs these rights of its own; they also say for which buckets.
    // The key there is known by its alias only.
    allow(['kms:Decrypt'], [keysIn(settings.region)], throughS3(settings.region)),
    allow(['kms:Encrypt', 'kms:GenerateDataKey'], [keysIn(region)], throughS3(region)),
  ]) {
    role.addToPolicy(statement);
  }
  return role;
}

export function replicate(
  bucket: s3.Bucket,
  kind: BucketKind,
  { settings, region, role }: { readonly settings: LogSettings; readonly region: string; readonly role: iam.IRole },
): void {
  const isEncrypted = !underKeysOfS3.includes(kind);
  (bucket.node.defaultChild as s3.CfnBucket).replicationConfiguration = {
    role: role.roleArn,
    rules: [
      {
        id: 'SecondCopy',
        status: 'Enabled',
        priority: 1,
        filter: { prefix: '' },
        // Whoever gets to delete here has not deleted there.
        deleteMarkerReplication: { status: 'Disabled' },
        ...(isEncrypted && { sourceSelectionCriteria: { sseKmsEncryptedObjects: { status: 'Enabled' } } }),
        destination: {
          bucket: logBucketArn(settings, kind, region),
          ...(isEncrypted && { encryptionConfiguration: { replicaKmsKeyId: logKeyAliasArn(settings, region) } }),
        },
      },
    ],
  };
}
