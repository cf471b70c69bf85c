import { Validations, type aws_iam as iam } from 'aws-cdk-lib';
import { stopNotesPrefix } from '../../../functions/ingest/stop-switch.ts';
import { allow, attachToVpc, cluster } from '../../constructs/statements.ts';
import type { IndexersSettings } from '../config/indexers.ts';
import { indexerName, rejectsBucketName } from './names.ts';
import { rejectsPrefix } from './rejects-bucket.ts';
import type { ResolvedSource, SourceKey } from './sources.ts';

/** The rights of the functions: each as narrow as the service lets it be. ARNs are written out, as is what they hold. */

export interface Right {
  readonly statement: iam.PolicyStatement;
  /** Why resources of it end with a wildcard, where they do. */
  readonly wildcard?: string;
}

/** Where the rights apply. `partition` as in ARNs. */
export interface Home extends IndexersSettings {
  readonly partition: string;
}

const bucketArn = ({ partition }: Pick<Home, 'partition'>, name: string): string => `arn:${partition}:s3:::${name}`;

export function indexerRights(home: Home, indexer: string, source: ResolvedSource, queueArn: string): Right[] {
  const rejects = bucketArn(home, rejectsBucketName(home));
  return [
    ...readSource(home, source),
    {
      statement: allow(
        ['s3:PutObject'],
        [rejectsPrefix, stopNotesPrefix].map((prefix) => `${rejects}/${prefix}${indexer}/*`),
      ),
      wildcard: 'Keys hold times and digests, which are not known before; objects are added, never deleted.',
    },
    {
      statement: allow(
        // SendMessage for the rest of what a run does not finish.
        ['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes', 'sqs:SendMessage'],
        [queueArn],
      ),
    },
    // It has no resource.
    { statement: allow(['lambda:ListEventSourceMappings'], ['*']), wildcard: noResource },
    switchMappings(home, [indexer]),
    ...clusterRights(home, cluster(home.domain.arn, ['Post'], ['_bulk'])),
  ];
}

/** Reads notes of stops and deletes them, starts mappings, asks the cluster how much disk is free. */
export function enablerRights(home: Home): Right[] {
  const rejects = bucketArn(home, rejectsBucketName(home));
  return [
    {
      statement: allow(['s3:GetObject', 's3:DeleteObject'], [`${rejects}/${stopNotesPrefix}*`]),
      wildcard: 'Notes of indexers that stopped themselves; their keys hold times.',
    },
    {
      statement: allow(['s3:ListBucket'], [rejects], { StringLike: { 's3:prefix': [`${stopNotesPrefix}*`] } }),
    },
    switchMappings(
      home,
      home.indexers.map(({ name }) => name),
    ),
    ...clusterRights(home, cluster(home.domain.arn, ['Get'], ['_cluster/settings', '_nodes/data:true/stats/fs'])),
  ];
}

/** A prefix as policies have it: characters with a meaning there, or in the ids of findings, stand for any one. */
const asPattern = (prefix: string): string => prefix.replaceAll(/[*$\s()[\]{}]/g, '?');

/** ListBucket, since whoever may not list is told that an object is forbidden that is only gone. */
function readSource(home: Home, { bucketName, prefix, region, key }: ResolvedSource): Right[] {
  const arn = bucketArn(home, bucketName);
  return [
    {
      statement: allow(['s3:GetObject', 's3:GetObjectVersion'], [`${arn}/${asPattern(prefix)}*`]),
      wildcard: 'The objects to index; they are only read.',
    },
    {
      statement: allow(
        ['s3:ListBucket'],
        [arn],
        prefix === '' ? {} : { StringLikeIfExists: { 's3:prefix': [`${asPattern(prefix)}*`] } },
      ),
    },
    ...(key ? [decrypt(home, key, arn, region)] : []),
  ];
}

function decrypt({ partition }: Home, key: SourceKey, arn: string, region: string): Right {
  const ofBucket = {
    StringEquals: { 'kms:ViaService': `s3.${region}.amazonaws.com` },
    // S3 tells KMS the bucket where it has a key of its own below this one, else the object.
    StringLike: { 'kms:EncryptionContext:aws:s3:arn': [arn, `${arn}/*`] },
  };
  if ('keyArn' in key) return { statement: allow(['kms:Decrypt'], [key.keyArn], ofBucket) };
  return {
    statement: allow(['kms:Decrypt'], [`arn:${partition}:kms:${region}:${key.account}:key/*`], {
      ...ofBucket,
      'ForAnyValue:StringEquals': { 'kms:ResourceAliases': [key.alias] },
    }),
    wildcard: 'Narrowed to one key by its alias, which is all that another stack knows of it, to S3 and to the bucket.',
  };
}

/** A mapping's id is known after the role only, which the mapping needs; hence by the function that it leads to. */
const switchMappings = ({ partition, region, account, prefix }: Home, indexers: readonly string[]): Right => ({
  statement: allow(
    ['lambda:UpdateEventSourceMapping'],
    [`arn:${partition}:lambda:${region}:${account}:event-source-mapping:*`],
    {
      ArnEquals: {
        'lambda:FunctionArn': indexers.map(
          (indexer) => `arn:${partition}:lambda:${region}:${account}:function:${indexerName({ prefix }, indexer)}`,
        ),
      },
    },
  ),
  wildcard: 'Ids of mappings are random; narrowed to those that lead to the indexers.',
});

/** Signed requests by their paths; a password is a right of the cluster's own. */
export function clusterRights(
  { partition, region, account, user }: Pick<Home, 'partition' | 'region' | 'account' | 'user'>,
  signed: iam.PolicyStatement,
): Right[] {
  if (!user) return [{ statement: signed }];
  const parameterArn = `arn:${partition}:ssm:${region}:${account}:parameter/${user.parameterName.replace(/^\//, '')}`;
  return [
    { statement: allow(['ssm:GetParameter'], [parameterArn]) },
    {
      statement: allow(['kms:Decrypt'], [user.keyArn], {
        StringEquals: {
          'kms:ViaService': `ssm.${region}.amazonaws.com`,
          'kms:EncryptionContext:PARAMETER_ARN': parameterArn,
        },
      }),
    },
  ];
}

const noResource = 'Listing mappings and network interfaces (ec2) have no resources to name.';

export const attachingToVpc: Right = { statement: attachToVpc, wildcard: noResource };

/** Gives the rights to the role, and the rules that forbid wildcards their reasons. */
export function give(role: iam.Role, rights: readonly Right[]): void {
  for (const { statement, wildcard } of rights) {
    role.addToPolicy(statement);
    if (wildcard === undefined) continue;
    for (const resource of statement.resources.filter((each) => each.includes('*'))) {
      Validations.of(role).acknowledge({ id: `AwsSolutions-IAM5[Resource::${resource}]`, reason: wildcard });
    }
  }
}
