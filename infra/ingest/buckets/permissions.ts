import { aws_iam as iam } from 'aws-cdk-lib';
import type { LogReader, LogSettings } from '../config/buckets.ts';
import type { BucketKind } from '../config/kinds.ts';
import { logBucketArn, trailName } from './names.ts';
import { byRole, writersOf } from './principals.ts';

/** What the policy of a bucket allows: to its writers, and to readers. */

const onBucket = ['s3:GetBucketLocation', 's3:ListBucket', 's3:ListBucketMultipartUploads'];
const onObjects = ['s3:AbortMultipartUpload', 's3:PutObject'];

/** Everyone who may write to the bucket, by kind. None may delete. */
export function writing(settings: LogSettings, kind: BucketKind): iam.PolicyStatement[] {
  const arn = logBucketArn(settings, kind);
  switch (kind) {
    case 'cloudwatch':
    case 'syslog':
    case 'drop': {
      const writers = writersOf(settings, kind);
      return [
        new iam.PolicyStatement({ sid: 'AllowWriters', ...byRole(writers), actions: onBucket, resources: [arn] }),
        new iam.PolicyStatement({
          sid: 'AllowWrites',
          ...byRole(writers),
          actions: onObjects,
          resources: [`${arn}/*`],
        }),
      ];
    }
    case 'cloudtrail':
      return byService('cloudtrail.amazonaws.com', arn, {
        look: ['s3:GetBucketAcl'],
        below: settings.sources.flatMap(({ account, cloudTrail }) =>
          cloudTrail ? [account, ...(cloudTrail.organizationId === undefined ? [] : [cloudTrail.organizationId])] : [],
        ),
        conditions: { ArnEquals: { 'aws:SourceArn': trailArns(settings) } },
      });
    case 'config':
      return byService('config.amazonaws.com', arn, {
        look: ['s3:GetBucketAcl', 's3:ListBucket'],
        below: settings.sources.flatMap(({ account, config }) => (config ? [account] : [])),
        conditions: { ArnLike: { 'aws:SourceArn': recorderArns(settings) } },
      });
    case 'loadbalancers':
      return loadBalancers(settings, arn);
    case 'access':
      return [
        new iam.PolicyStatement({
          sid: 'AllowServerAccessLogs',
          principals: [new iam.ServicePrincipal('logging.s3.amazonaws.com')],
          actions: ['s3:PutObject'],
          resources: [`${arn}/*`],
          conditions: {
            StringEquals: { 'aws:SourceAccount': settings.account },
            ArnLike: { 'aws:SourceArn': `arn:aws:s3:::${settings.prefix}-*-${settings.account}-${settings.region}` },
          },
        }),
      ];
  }
}

/** The trails that may write. A source has one, in its own region. */
export const trailArns = (settings: LogSettings): string[] =>
  settings.sources
    .filter(({ cloudTrail }) => cloudTrail)
    .map(({ account, region }) => `arn:aws:cloudtrail:${region}:${account}:trail/${trailName(settings)}`);

/** AWS Config names no channel: the source is the account and region. */
export const recorderArns = (settings: LogSettings): string[] =>
  settings.sources.filter(({ config }) => config).map(({ account, region }) => `arn:aws:config:${region}:${account}:*`);

function byService(
  service: string,
  bucketArn: string,
  {
    look,
    below,
    conditions,
  }: {
    readonly look: readonly string[];
    readonly below: readonly string[];
    readonly conditions: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>;
  },
): iam.PolicyStatement[] {
  const principals = [new iam.ServicePrincipal(service)];
  return [
    new iam.PolicyStatement({
      ...{ sid: 'AllowServiceToLook', principals, conditions },
      actions: [...look],
      resources: [bucketArn],
    }),
    new iam.PolicyStatement({
      ...{ sid: 'AllowServiceToWrite', principals },
      actions: ['s3:PutObject'],
      resources: [...new Set(below)].map((name) => `${bucketArn}/AWSLogs/${name}/*`),
      conditions: { ...conditions, StringEquals: { 's3:x-amz-acl': 'bucket-owner-full-control' } },
    }),
  ];
}

function loadBalancers(
  { loadBalancerAccounts: accounts, region }: LogSettings,
  bucketArn: string,
): iam.PolicyStatement[] {
  const delivery = [new iam.ServicePrincipal('delivery.logs.amazonaws.com')];
  const sourcesOfDelivery = {
    StringEquals: { 'aws:SourceAccount': accounts },
    ArnLike: { 'aws:SourceArn': accounts.map((account) => `arn:aws:logs:${region}:${account}:*`) },
  };
  const below = accounts.map((account) => `${bucketArn}/*AWSLogs/${account}/*`);
  return [
    // Without a condition, as documented: whether this service sends a source is not, and a load balancer is refused where it does
    // not. The key says for which account it writes.
    new iam.PolicyStatement({
      sid: 'AllowApplicationLoadBalancers',
      principals: [new iam.ServicePrincipal('logdelivery.elasticloadbalancing.amazonaws.com')],
      actions: ['s3:PutObject'],
      resources: below,
    }),
    new iam.PolicyStatement({
      sid: 'AllowNetworkLoadBalancersToLook',
      principals: delivery,
      actions: ['s3:GetBucketAcl'],
      resources: [bucketArn],
      conditions: sourcesOfDelivery,
    }),
    new iam.PolicyStatement({
      sid: 'AllowNetworkLoadBalancers',
      principals: delivery,
      actions: ['s3:PutObject'],
      resources: below,
      conditions: {
        ...sourcesOfDelivery,
        StringEquals: { ...sourcesOfDelivery.StringEquals, 's3:x-amz-acl': 'bucket-owner-full-control' },
      },
    }),
  ];
}

export const readersOf = ({ readers }: Pick<LogSettings, 'readers'>, kind: BucketKind): LogReader[] =>
  readers.filter(({ buckets }) => buckets === undefined || buckets.includes(kind));

/** Readers look and read, in every version; nothing else. */
export function reading(settings: LogSettings, kind: BucketKind): iam.PolicyStatement[] {
  const arn = logBucketArn(settings, kind);
  const roles = [...new Set(readersOf(settings, kind).flatMap((reader) => reader.roles))];
  if (roles.length === 0) return [];
  return [
    new iam.PolicyStatement({
      sid: 'AllowReadersToList',
      ...byRole(roles),
      actions: ['s3:GetBucketLocation', 's3:ListBucket', 's3:ListBucketVersions'],
      resources: [arn],
    }),
    new iam.PolicyStatement({
      sid: 'AllowReaders',
      ...byRole(roles),
      actions: ['s3:GetObject', 's3:GetObjectVersion'],
      resources: [`${arn}/*`],
    }),
  ];
}
