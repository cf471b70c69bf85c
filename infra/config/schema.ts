import { z } from 'zod';
import { archiveIdPrefix, indexExpression, indexPattern, resourcePrefix } from './names.ts';

const matching = (pattern: RegExp, error: string) => z.string().regex(pattern, { error });
const httpsUrl = z.url({ protocol: /^https$/, error: 'must be an https:// URL' });
const distinct = (items: readonly string[]): boolean => new Set(items).size === items.length;

const domain = z.strictObject({
  endpoint: httpsUrl.refine((url) => URL.canParse(url) && new URL(url).pathname === '/', {
    error: 'must be the endpoint alone, without a path',
  }),
  arn: matching(
    /^arn:aws(-[a-z-]+)?:es:[a-z0-9-]+:\d{12}:domain\/[a-z][a-z0-9-]{2,27}$/,
    'must be the ARN of an OpenSearch domain: arn:aws:es:REGION:ACCOUNT:domain/NAME',
  ),
});

/** Subnets that reach the domain. Without them the functions run outside a VPC, and the domain must have a public endpoint. */
const network = z
  .strictObject({
    vpcId: matching(/^vpc-[0-9a-f]{8,17}$/, 'must be the id of a VPC: vpc-...'),
    subnetIds: z.array(matching(/^subnet-[0-9a-f]{8,17}$/, 'must be the id of a subnet: subnet-...')).min(1),
    /** Of each subnet, in the same order. */
    availabilityZones: z.array(matching(/^[a-z]{2}(-[a-z]+)+-\d[a-z]$/, 'must be the name of a zone: eu-west-1a')),
    /** Of each subnet, in the same order; needed for the gateway endpoint of S3. */
    routeTableIds: z.array(matching(/^rtb-[0-9a-f]{8,17}$/, 'must be the id of a route table: rtb-...')).optional(),
    /** True where the VPC has neither a NAT gateway nor endpoints of its own. */
    createEndpoints: z.boolean().default(false),
  })
  .refine(({ subnetIds }) => distinct(subnetIds), { error: 'names a subnet twice', path: ['subnetIds'] })
  .refine(({ subnetIds, availabilityZones }) => subnetIds.length === availabilityZones.length, {
    error: 'must name the zone of each subnet, in the same order',
    path: ['availabilityZones'],
  })
  .refine(
    ({ createEndpoints, subnetIds, routeTableIds }) => {
      return !createEndpoints || routeTableIds?.length === subnetIds.length;
    },
    {
      error: 'must name the route table of each subnet, in the same order, when createEndpoints is true',
      path: ['routeTableIds'],
    },
  );

/** The settings of one deployment: one JSON file. Every default stands here. */
export const settingsSchema = z
  .strictObject({
    account: matching(/^\d{12}$/, 'must be an AWS account id: 12 digits'),
    region: matching(/^[a-z]{2}(-[a-z]+)+-\d$/, 'must be the name of an AWS region: eu-west-1'),
    prefix: resourcePrefix.default('permafrost'),
    domain,
    network: network.optional(),
    indices: z
      .strictObject({
        patterns: z.array(indexPattern).min(1),
        exclude: z.array(indexExpression).default([]),
        /** A scheduled run takes an index this long after the period that it holds has ended. */
        minimumAgeHours: z.number().int().min(0).max(8760).default(24),
        /** How far back a scheduled run looks. */
        windowDays: z.number().int().min(1).max(3660).default(31),
        /** Whether a run that finds no index is a success. */
        allowEmpty: z.boolean().default(false),
      })
      .refine(({ minimumAgeHours, windowDays }) => minimumAgeHours < windowDays * 24, {
        error: 'must be longer than minimumAgeHours, or no index is ever taken',
        path: ['windowDays'],
      }),
    archivePrefix: archiveIdPrefix.default('logdata'),
    snapshotTimeoutHours: z.number().int().min(1).max(48).default(24),
    /** COMPLIANCE: nobody, not even the account's root, can end the lock before its time. */
    retention: z.strictObject({
      days: z.number().int().min(1).max(36_500),
      mode: z.literal('COMPLIANCE').default('COMPLIANCE'),
    }),
    encryption: z.strictObject({
      profile: z.enum(['gpg', 'rfc9580']).default('gpg'),
      /** Files with public OpenPGP keys, relative to the settings file. */
      recipients: z.array(z.string().min(1)).min(1).refine(distinct, { error: 'names a file twice' }),
    }),
    signing: z
      .strictObject({ algorithm: z.enum(['ECDSA_SHA_256', 'RSASSA_PKCS1_V1_5_SHA_256']).default('ECDSA_SHA_256') })
      .prefault({}),
    schedule: z
      .strictObject({
        cron: matching(/^cron\(\S+( \S+){5}\)$/, 'must be an expression of six fields: cron(0 2 * * ? *)').default(
          'cron(0 2 * * ? *)',
        ),
        timezone: z
          .string()
          .refine(isTimezone, { error: 'must be a time zone of the IANA database: Europe/Dublin' })
          .default('UTC'),
        /** An alarm says when no run has succeeded for so long. CloudWatch looks back seven days at most. */
        alarmAfterHours: z.number().int().min(1).max(168).default(26),
      })
      .prefault({}),
    volumes: z
      .strictObject({
        targetGiB: z.number().min(0.001).max(1024).default(32),
        /** Container tasks at the same time. */
        parallelism: z.number().int().min(1).max(100).default(4),
      })
      .prefault({}),
    lifecycle: z
      .strictObject({
        glacierClass: z.enum(['GLACIER', 'DEEP_ARCHIVE']).default('DEEP_ARCHIVE'),
        transitionAfterDays: z.number().int().min(0).max(30).default(0),
        /** Volumes are removed so many days after their lock has ended. */
        expireDaysAfterLock: z.number().int().min(1).max(3650).default(30),
      })
      .prefault({}),
    notifications: z.strictObject({ emails: z.array(z.email()).default([]) }).prefault({}),
    /** Where docs/runbook.md can be read; an error's name becomes the anchor. */
    runbookUrl: httpsUrl,
  })
  .superRefine(({ region, account, domain: { arn } }, context) => {
    const [, , , domainRegion, domainAccount] = arn.split(':');
    if (domainRegion !== region || domainAccount !== account) {
      context.addIssue({
        code: 'custom',
        path: ['domain', 'arn'],
        message: `must be in account ${account} and region ${region}`,
      });
    }
  });

function isTimezone(name: string): boolean {
  try {
    return Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== '';
  } catch {
    return false;
  }
}

export type Settings = z.output<typeof settingsSchema>;
export type SettingsInput = z.input<typeof settingsSchema>;
