import { z } from 'zod';
import { domain } from './fine-grained-access.ts';
import { archiveIdPrefix, indexExpression, indexPattern, resourcePrefix } from './names.ts';
import { accountId, cronExpression, distinct, httpsUrl, isIn, network, regionName, timezone } from './places.ts';
import { restore } from './restore.ts';
import { snapshots } from './snapshots.ts';

/** The settings of one deployment: one JSON file. Every default stands here. */
export const settingsSchema = z
  .strictObject({
    account: accountId,
    region: regionName,
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
    /** Whether an index is deleted from the cluster once it is in a sealed archive, unchanged since its snapshot. */
    deleteSourceIndices: z.boolean().default(false),
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
        cron: cronExpression.default('cron(0 2 * * ? *)'),
        timezone: timezone.default('UTC'),
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
    restore: restore.prefault({}),
    snapshots: snapshots.prefault({}),
    /** Where docs/runbook.md can be read; an error's name becomes the anchor. */
    runbookUrl: httpsUrl,
  })
  .superRefine((settings, context) => {
    const refuse = (path: string[], message: string): void => context.addIssue({ code: 'custom', path, message });
    const { account, region } = settings;
    if (!isIn(settings.domain, settings))
      refuse(['domain', 'arn'], `must be in account ${account} and region ${region}`);
    const target = { account: settings.restore.account ?? account, region: settings.restore.region ?? region };
    const { domain: restored } = settings.restore;
    if (restored && !isIn(restored, target)) {
      refuse(['restore', 'domain', 'arn'], `must be in account ${target.account} and region ${target.region}`);
    }
    if (!restored && !isIn(settings.domain, target)) {
      refuse(['restore', 'domain'], `must name a domain in account ${target.account} and region ${target.region}`);
    }
    const { bucket } = settings.snapshots;
    const own = ['staging', 'archive', 'restore'].map((purpose) => `${settings.prefix}-${purpose}-`);
    if (bucket !== undefined && own.some((beginning) => bucket.startsWith(beginning))) {
      refuse(['snapshots', 'bucket'], 'must be another than the buckets for archives: they are emptied, or locked');
    }
  })
  // What the restoring side does not say of itself, is as on the archiving side.
  .transform(({ restore: { account, region, domain, ...restore }, snapshots, ...settings }) => ({
    ...settings,
    snapshots: { ...snapshots, repository: snapshots.repository ?? `${settings.prefix}-snapshots` },
    restore: {
      ...restore,
      account: account ?? settings.account,
      region: region ?? settings.region,
      domain: domain ?? settings.domain,
    },
  }));

export type Settings = z.output<typeof settingsSchema>;
export type SettingsInput = z.input<typeof settingsSchema>;
