import { RemovalPolicy, aws_iam as iam, aws_kms as kms } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { kindsOf, type LogSettings } from '../config/buckets.ts';
import { underKeysOfS3, type BucketKind } from '../config/kinds.ts';
import { keyDenials } from './denials.ts';
import { logBucketArn, logKeyAlias } from './names.ts';
import { readersOf, recorderArns, trailArns } from './permissions.ts';
import { byRole, deployersOf, replicationRoleArn, writersOf } from './principals.ts';

/**
 * The key of the central buckets. Who writes gets a data key, and decryption, which S3 needs to put an upload of several parts
 * together; without s3:GetObject nothing can be read with it.
 */
export function logKey(scope: Construct, settings: LogSettings): kms.Key {
  const key = keyOf(scope, settings, settings.region);
  const kinds = kindsOf(settings).filter((kind) => !underKeysOfS3.includes(kind));
  for (const kind of kinds) {
    const writers = writersOf(settings, kind);
    if (writers.length > 0) {
      key.addToResourcePolicy(
        throughS3(settings, kind, `Writers${kind}`, ['kms:GenerateDataKey', 'kms:Decrypt'], writers),
      );
    }
    const readers = [...new Set(readersOf(settings, kind).flatMap(({ roles }) => roles))];
    if (readers.length > 0) {
      key.addToResourcePolicy(throughS3(settings, kind, `Readers${kind}`, ['kms:Decrypt'], readers));
    }
    if (settings.replication) {
      const replication = [replicationRoleArn(settings)];
      key.addToResourcePolicy(throughS3(settings, kind, `Replication${kind}`, ['kms:Decrypt'], replication));
    }
  }
  if (kinds.includes('cloudtrail')) for (const statement of trails(settings)) key.addToResourcePolicy(statement);
  if (kinds.includes('config')) key.addToResourcePolicy(recorders(settings));
  return key;
}

/** The key of the second copy: S3 encrypts with it what it copies, and readers decrypt. */
export function replicaKey(scope: Construct, settings: LogSettings, region: string): kms.Key {
  const key = keyOf(scope, settings, region);
  for (const kind of kindsOf(settings).filter((each) => !underKeysOfS3.includes(each))) {
    const replication = [replicationRoleArn(settings)];
    const encrypt = ['kms:Encrypt', 'kms:GenerateDataKey'];
    key.addToResourcePolicy(throughS3(settings, kind, `Replication${kind}`, encrypt, replication, region));
    const readers = [...new Set(readersOf(settings, kind).flatMap(({ roles }) => roles))];
    if (readers.length > 0) {
      key.addToResourcePolicy(throughS3(settings, kind, `Readers${kind}`, ['kms:Decrypt'], readers, region));
    }
  }
  return key;
}

function keyOf(scope: Construct, settings: LogSettings, region: string): kms.Key {
  const key = new kms.Key(scope, 'LogKey', {
    alias: logKeyAlias(settings),
    description: 'Encrypts the central log buckets',
    enableKeyRotation: true,
    removalPolicy: RemovalPolicy.RETAIN,
  });
  const exempt = { deployers: deployersOf(settings, region), breakGlass: settings.breakGlassRoles };
  for (const statement of keyDenials(exempt)) key.addToResourcePolicy(statement);
  return key;
}

function throughS3(
  settings: LogSettings,
  kind: BucketKind,
  sid: string,
  actions: readonly string[],
  roles: readonly string[],
  region = settings.region,
): iam.PolicyStatement {
  const { principals, conditions } = byRole(roles);
  return new iam.PolicyStatement({
    ...{ sid, principals, actions: [...actions], resources: ['*'] },
    conditions: {
      ...conditions,
      StringEquals: { 'kms:ViaService': `s3.${region}.amazonaws.com` },
      ...ofBucket(settings, kind, region),
    },
  });
}

/** S3 tells KMS the bucket, or the object where the bucket has no key of its own below this one. */
const ofBucket = (
  settings: LogSettings,
  kind: BucketKind,
  region?: string,
): Record<'StringLike', Record<string, string[]>> => {
  const arn = logBucketArn(settings, kind, region);
  return { StringLike: { 'kms:EncryptionContext:aws:s3:arn': [arn, `${arn}/*`] } };
};

/** CloudTrail calls by itself, with a context of its own (CloudTrail User Guide, "Configure AWS KMS key policies"). */
function trails(settings: LogSettings): iam.PolicyStatement[] {
  const principals = [new iam.ServicePrincipal('cloudtrail.amazonaws.com')];
  const ArnEquals = { 'aws:SourceArn': trailArns(settings) };
  const accounts = settings.sources.filter(({ cloudTrail }) => cloudTrail).map(({ account }) => account);
  return [
    new iam.PolicyStatement({
      ...{ sid: 'TrailsEncrypt', principals, actions: ['kms:GenerateDataKey*', 'kms:Decrypt'], resources: ['*'] },
      conditions: {
        ArnEquals,
        StringLike: {
          'kms:EncryptionContext:aws:cloudtrail:arn': accounts.map(
            (account) => `arn:aws:cloudtrail:*:${account}:trail/*`,
          ),
        },
      },
    }),
    new iam.PolicyStatement({
      ...{ sid: 'TrailsLook', principals, actions: ['kms:DescribeKey'], resources: ['*'] },
      conditions: { ArnEquals },
    }),
  ];
}

const recorders = (settings: LogSettings): iam.PolicyStatement =>
  new iam.PolicyStatement({
    sid: 'RecordersEncrypt',
    principals: [new iam.ServicePrincipal('config.amazonaws.com')],
    actions: ['kms:GenerateDataKey', 'kms:Decrypt'],
    resources: ['*'],
    conditions: { ArnLike: { 'aws:SourceArn': recorderArns(settings) }, ...ofBucket(settings, 'config') },
  });
