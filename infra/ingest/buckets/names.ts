import { createHash } from 'node:crypto';
import type { LogSettings } from '../config/buckets.ts';
import type { BucketKind } from '../config/kinds.ts';

/**
 * Names that stacks of different accounts must know of each other, and that policies name before the things exist.
 */

type Place = Pick<LogSettings, 'prefix' | 'account' | 'region'>;

/** @param region of the copy, where there is one in a second region. */
export const logBucketName = ({ prefix, account, ...home }: Place, kind: BucketKind, region = home.region): string =>
  `${prefix}-${kind}-${account}-${region}`;
export const logBucketArn = (settings: Place, kind: BucketKind, region?: string): string =>
  `arn:aws:s3:::${logBucketName(settings, kind, region)}`;

export const logKeyAlias = ({ prefix }: Pick<Place, 'prefix'>): string => `alias/${prefix}-logs`;
/** Services take the ARN of an alias where they want a key. */
export const logKeyAliasArn = (settings: Place, region = settings.region): string =>
  `arn:aws:kms:${region}:${settings.account}:${logKeyAlias(settings)}`;

/** With the region: names of roles are those of the whole account. */
export const deliveryRoleName = ({ prefix }: Pick<Place, 'prefix'>, region: string): string =>
  `${prefix}-log-delivery-${region}`;
export const syslogRoleName = ({ prefix }: Pick<Place, 'prefix'>, region: string): string =>
  `${prefix}-syslog-${region}`;
export const replicationRoleName = ({ prefix, region }: Pick<Place, 'prefix' | 'region'>): string =>
  `${prefix}-log-replication-${region}`;
export const roleArnOf = (account: string, name: string): string => `arn:aws:iam::${account}:role/${name}`;

export const streamName = ({ prefix }: Pick<Place, 'prefix'>): string => `${prefix}-cloudwatch-logs`;
export const trailName = ({ prefix }: Pick<Place, 'prefix'>): string => `${prefix}-trail`;

/**
 * A part of a bucket in names and ids: nothing for the whole bucket. Not by number: what changes its place in the settings keeps
 * its topic and its queue.
 */
export const partName = (keyPrefix: string): string =>
  keyPrefix === '' ? '' : createHash('sha256').update(keyPrefix).digest('hex').slice(0, 8);

/** Of the topic that tells of new objects below a prefix of a bucket. */
export const topicName = ({ prefix }: Pick<Place, 'prefix'>, kind: BucketKind, keyPrefix: string): string =>
  joined(`${prefix}-${kind}-objects`, keyPrefix);
/** Of a reader's queue for a part of a bucket. */
export const queueName = (
  { prefix }: Pick<Place, 'prefix'>,
  reader: string,
  kind: BucketKind,
  keyPrefix: string,
): string => joined(`${prefix}-${reader}-${kind}`, keyPrefix);

const joined = (name: string, keyPrefix: string): string =>
  keyPrefix === '' ? name : `${name}-${partName(keyPrefix)}`;

/** The role that CloudFormation has from `cdk bootstrap`, where nobody gave it another name. */
export const bootstrapRoleArn = (account: string, region: string): string =>
  roleArnOf(account, `cdk-hnb659fds-cfn-exec-role-${account}-${region}`);
