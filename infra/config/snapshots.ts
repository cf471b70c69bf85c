import { z } from 'zod';
import { repositorySettings } from '../../functions/snapshot/repository-settings.ts';
import { retentionSettings } from '../../functions/snapshot/retention/settings.ts';
import { archiveIdPrefix, indexExpression, repositoryName } from './names.ts';
import { bucketName, cronExpression, distinct, rateOrCron, regionName, timezone } from './places.ts';

/** Frequent snapshots with a short retention: the first line of defence, of which archives are the second. */

const kept = retentionSettings.shape;

/** Which snapshots of the schedule are kept. */
const retention = z
  .strictObject({
    /**
     * Three days reach from Monday morning back to Friday evening; at one every 30 minutes, those are fewer snapshots than make a
     * repository slow.
     */
    unit: kept.unit.default('days'),
    count: kept.count.default(3),
    minimumCount: kept.minimumCount.default(48),
    maximumCount: kept.maximumCount,
    incomplete: kept.incomplete.default({ unit: 'days', count: 3 }),
    /** With it, expired snapshots are deleted then only, and the frequent executions delete none. */
    schedule: z.strictObject({ cron: cronExpression, timezone: timezone.default('UTC') }).optional(),
  })
  .superRefine(({ schedule: _, ...settings }, context) => {
    const { error } = retentionSettings.safeParse(settings);
    for (const { path, message } of error?.issues ?? []) context.addIssue({ code: 'custom', path, message });
  });

const { shape } = repositorySettings;

/** What the cluster is told of the repository; what is absent is as the cluster has it by default. */
const settings = z.strictObject({
  /** Where in the bucket; empty: at its root. */
  basePath: shape.base_path.default('snapshots'),
  client: shape.client,
  compress: shape.compress,
  chunkSize: shape.chunk_size,
  bufferSize: shape.buffer_size,
  cannedAcl: shape.canned_acl,
  storageClass: shape.storage_class,
  serverSideEncryption: shape.server_side_encryption,
  serverSideEncryptionType: shape.server_side_encryption_type,
  maxSnapshotBytesPerSec: shape.max_snapshot_bytes_per_sec,
  maxRestoreBytesPerSec: shape.max_restore_bytes_per_sec,
});

export const snapshots = z
  .strictObject({
    /** False: no stack is made for them. */
    enabled: z.boolean().default(true),
    /** Default: `<prefix>-snapshots`. */
    repository: repositoryName.optional(),
    /** Begins the names of the schedule's snapshots; those of other names are never deleted. */
    namePrefix: archiveIdPrefix
      .default('snapshot')
      .refine((prefix) => !prefix.startsWith('cs-automated'), { error: 'must not be that of the managed service' }),
    indices: z.array(indexExpression).min(1).refine(distinct, { error: 'names an expression twice' }).default(['*']),
    exclude: z.array(indexExpression).default([]),
    /** A bucket that is there, whose policy admits the role. Default: the stack makes one. */
    bucket: bucketName.optional(),
    /** Of `bucket`, where it is in another region. */
    bucketRegion: regionName.optional(),
    /**
     * True on the domain of a second deployment that reads the repository of a first (same `bucket` and `basePath`): it keeps the
     * repository registered for restores, and never writes.
     */
    readonly: z.boolean().default(false),
    schedule: z
      .strictObject({
        expression: rateOrCron.default('rate(30 minutes)'),
        /** Of a cron expression. */
        timezone: timezone.default('UTC'),
      })
      .prefault({}),
    timeoutHours: z.number().int().min(1).max(48).default(6),
    /** An alarm says when no execution has succeeded for so long. CloudWatch looks back seven days at most. */
    alarmAfterHours: z.number().int().min(1).max(168).default(2),
    retention: retention.prefault({}),
    /** When blobs that no snapshot refers to are removed, and the repository is measured. */
    cleanUp: z
      .strictObject({ cron: cronExpression.default('cron(15 3 ? * SUN *)'), timezone: timezone.default('UTC') })
      .prefault({}),
    /** A warning and an alarm say when the repository holds more snapshots. */
    warnAbove: z.number().int().min(1).max(10_000).default(200),
    /** `warnings`: a scheduled execution tells only what a person should look at. One that was started by hand always tells. */
    notify: z.enum(['always', 'warnings']).default('warnings'),
    settings: settings.prefault({}),
  })
  .refine(({ readonly, bucket }) => !readonly || bucket !== undefined, {
    error: 'must name the bucket that another deployment writes to, where readonly is true',
    path: ['bucket'],
  })
  .refine(({ bucket, bucketRegion }) => bucket !== undefined || bucketRegion === undefined, {
    error: 'is that of an existing bucket, which must be named',
    path: ['bucketRegion'],
  })
  .refine(({ schedule, alarmAfterHours }) => (everyHours(schedule.expression) ?? 0) < alarmAfterHours, {
    error: 'must be longer than the time between two executions of the schedule',
    path: ['alarmAfterHours'],
  })
  .refine(({ readonly, retention: own, warnAbove, schedule }) => readonly || mostKept(own, schedule) <= warnAbove, {
    error: 'is less than the number of snapshots that the schedule makes within the retention',
    path: ['warnAbove'],
  });

const hoursOf: Readonly<Record<string, number>> = {
  second: 1 / 3600,
  minute: 1 / 60,
  hour: 1,
  day: 24,
  week: 168,
  month: 24 * 31,
  year: 24 * 366,
};

/** Hours between two executions, where the expression is a rate. */
function everyHours(expression: string): number | undefined {
  const [, count, unit] = /^rate\((\d+) ([a-z]+?)s?\)$/.exec(expression) ?? [];
  return unit === undefined ? undefined : Number(count) * (hoursOf[unit] ?? 0);
}

/** How many snapshots there will be, as far as the settings say. */
function mostKept(
  { unit, count, minimumCount, maximumCount = Infinity, schedule }: z.output<typeof retention>,
  { expression }: { readonly expression: string },
): number {
  const every = everyHours(expression);
  // What expires within a day is deleted at its end only, where retention has a schedule of its own.
  const hours = count * (hoursOf[unit.slice(0, -1)] ?? 0) + (schedule ? 24 : 0);
  const byAge = every === undefined ? 0 : Math.ceil(hours / every);
  return Math.min(Math.max(byAge, minimumCount), maximumCount);
}
