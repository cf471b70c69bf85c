import { z } from 'zod';
import { resourcePrefix } from '../../config/names.ts';
import { accountId, distinct, keyArn, matching, regionName } from '../../config/places.ts';
import { bucketKind, bucketKinds, type BucketKind } from './kinds.ts';
import { roleArns } from './places.ts';
import { source } from './sources.ts';

/** Settings of the central log buckets. Every default stands here. */

const keyPrefix = z.string().max(512);

const tierClasses = ['STANDARD_IA', 'GLACIER_IR', 'GLACIER', 'DEEP_ARCHIVE'] as const;

const lifecycle = z
  .strictObject({
    tiers: z
      .array(z.strictObject({ class: z.enum(tierClasses), afterDays: z.number().int().min(1).max(3650) }))
      .default([
        { class: 'STANDARD_IA', afterDays: 30 },
        { class: 'GLACIER_IR', afterDays: 90 },
      ]),
    deleteAfterDays: z.number().int().min(1).max(36_500).default(730),
    /** How long a version stays that another was put over. */
    keepOverwrittenDays: z.number().int().min(1).max(3650).default(90),
  })
  .superRefine(({ tiers, deleteAfterDays }, context) => {
    const refuse = (index: number, message: string): void =>
      context.addIssue({ code: 'custom', path: ['tiers', index, 'afterDays'], message });
    tiers.forEach((tier, index) => {
      const before = tiers[index - 1];
      if (tier.class === 'STANDARD_IA' && tier.afterDays < 30) refuse(index, 'must be at least 30 for STANDARD_IA');
      if (before && tierClasses.indexOf(tier.class) <= tierClasses.indexOf(before.class)) {
        refuse(index, `${tier.class} cannot follow ${before.class}: tiers go from warm to cold`);
      }
      if (before && tier.afterDays < before.afterDays + (before.class === 'STANDARD_IA' ? 30 : 1)) {
        refuse(index, `is too soon after ${before.class}`);
      }
      if (tier.afterDays >= deleteAfterDays) refuse(index, 'must be below deleteAfterDays');
    });
  });

const reader = z.strictObject({
  name: matching(/^[a-z][a-z0-9-]{0,30}$/, 'must be 1 to 31 of a-z, 0-9 and "-", beginning with a letter'),
  /** Roles that may read; in whatever account. */
  roles: roleArns.min(1),
  /** Buckets that they may read; all without it. */
  buckets: z.array(bucketKind).min(1).optional(),
  /** For each, one queue that tells of new objects. */
  queues: z.array(z.strictObject({ bucket: bucketKind, prefix: keyPrefix.default('') })).default([]),
  /** At least six times the time limit of the function that reads. */
  visibilityTimeoutSeconds: z.number().int().min(30).max(43_200).default(5400),
});
export type LogReader = z.output<typeof reader>;

const shape = z.strictObject({
  prefix: resourcePrefix.default('permafrost'),
  /** Where the buckets are: an account that holds nothing else. */
  account: accountId,
  region: regionName,
  /** The only ones who may delete. */
  breakGlassRoles: roleArns.min(1),
  /** Who deploys the buckets; default: the role that CloudFormation has from `cdk bootstrap`. */
  deploymentRoles: roleArns.optional(),
  /** Output LogKeyArn of the log account's stack. AWS Config encrypts with it where it is given, else as the bucket says. */
  keyArn: keyArn.optional(),
  readers: z.array(reader).default([]),
  /** Parts of a bucket that have a topic each; default: one topic for the whole bucket. */
  notifications: z.partialRecord(bucketKind, z.array(keyPrefix).min(1)).default({}),
  lifecycle: lifecycle.prefault({}),
  /** A second copy of everything but the server access logs. */
  replication: z.strictObject({ region: regionName }).optional(),
  /** Roles that may put objects into the drop bucket; without any there is none. */
  dropWriters: roleArns.default([]),
  /** Accounts whose load balancers send their access logs; without any there is no bucket for them. */
  loadBalancerAccounts: z.array(accountId).refine(distinct, { error: 'names an account twice' }).default([]),
  emails: z.array(z.email()).default([]),
  sources: z.array(source).min(1),
});
type Shape = z.output<typeof shape>;

/** The kinds of buckets that these settings ask for. */
export function kindsOf(settings: Pick<Shape, 'sources' | 'dropWriters' | 'loadBalancerAccounts'>): BucketKind[] {
  const { sources, dropWriters, loadBalancerAccounts } = settings;
  const asked: Readonly<Record<BucketKind, boolean>> = {
    cloudwatch: sources.some((each) => each.cloudWatchLogs !== undefined),
    cloudtrail: sources.some((each) => each.cloudTrail !== undefined),
    config: sources.some((each) => each.config !== undefined),
    syslog: sources.some((each) => each.syslog !== undefined),
    drop: dropWriters.length > 0,
    loadbalancers: loadBalancerAccounts.length > 0,
    access: true,
  };
  return bucketKinds.filter((kind) => asked[kind]);
}

/** The prefixes of a bucket that have a topic each. */
export const notifiedPrefixes = (settings: Pick<Shape, 'notifications'>, kind: BucketKind): readonly string[] =>
  settings.notifications[kind] ?? [''];

const overlap = (a: string, b: string): boolean => a.startsWith(b) || b.startsWith(a);

/** The first two that overlap, as words for a message. */
function overlapping(prefixes: readonly string[]): string | undefined {
  for (const [index, one] of prefixes.entries()) {
    const other = prefixes.slice(index + 1).find((each) => overlap(one, each));
    if (other !== undefined) return `"${one}" and "${other}" overlap`;
  }
  return undefined;
}

export const logs = shape.superRefine((settings, context) => {
  const refuse = (path: (string | number)[], message: string): void =>
    context.addIssue({ code: 'custom', path, message });
  const kinds = kindsOf(settings);

  for (const [kind, prefixes] of Object.entries(settings.notifications)) {
    const found = overlapping(prefixes);
    if (found !== undefined) refuse(['notifications', kind], `${found}: S3 refuses such notifications`);
    if (!kinds.includes(kind as BucketKind))
      refuse(['notifications', kind], 'there is no such bucket by these settings');
  }
  settings.readers.forEach(({ queues, buckets = [], name }, index) => {
    const at = ['readers', index];
    for (const kind of [...buckets, ...queues.map(({ bucket }) => bucket)]) {
      if (!kinds.includes(kind)) refuse(at, `reads the bucket ${kind}, which there is not by these settings`);
    }
    for (const kind of new Set(queues.map(({ bucket }) => bucket))) {
      const prefixes = queues.filter(({ bucket }) => bucket === kind).map(({ prefix }) => prefix);
      const found = overlapping(prefixes);
      if (found !== undefined) refuse([...at, 'queues'], `${found}: ${name} would read objects of ${kind} twice`);
      for (const prefix of prefixes) {
        if (notifiedPrefixes(settings, kind).some((notified) => prefix.startsWith(notified))) continue;
        refuse([...at, 'queues'], `no notification of ${kind} covers "${prefix}"`);
      }
    }
  });
  const unique = (path: string[], names: readonly string[], what: string): void => {
    const twice = names.find((name, index) => names.indexOf(name) !== index);
    if (twice !== undefined) refuse(path, `${what} ${twice} twice`);
  };
  const { sources, readers, replication, region } = settings;
  unique(
    ['readers'],
    readers.map(({ name }) => name),
    'names the reader',
  );
  unique(
    ['sources'],
    sources.map((each) => `${each.account} in ${each.region}`),
    'names',
  );
  const accountsWith = (has: (each: (typeof sources)[number]) => boolean | undefined): string[] =>
    sources.filter((each) => has(each)).map(({ account }) => account);
  // A trail covers all regions: a second one would cost, and deliver everything once more.
  unique(
    ['sources'],
    accountsWith((each) => each.cloudTrail !== undefined),
    'has a trail of account',
  );
  unique(
    ['sources'],
    accountsWith((each) => each.config?.globalResources),
    'records global resources of account',
  );
  unique(
    ['sources'],
    accountsWith((each) => each.config?.createServiceLinkedRole),
    'creates the service-linked role of account',
  );
  if (replication?.region === region) refuse(['replication', 'region'], 'must be another region');
});
export type LogSettings = z.output<typeof logs>;
