import { z } from 'zod';
import type { RepositorySettings } from '../../ports/cluster.ts';

/** Bytes with a unit, as OpenSearch writes them: `512b`, `64mb`, `1gb`. */
const size = z.string().regex(/^[1-9]\d*(b|kb|mb|gb|tb|pb)$/, {
  error: 'must be a whole number with a unit: b, kb, mb, gb, tb or pb, such as "1gb"',
});

/** Bytes per second; `0b` lifts the limit. */
const rate = z.string().regex(/^(0|[1-9]\d*)(b|kb|mb|gb)$/, {
  error: 'must be a whole number with a unit: b, kb, mb or gb, such as "40mb"; "0b" means no limit',
});

const cannedAcls = [
  'private',
  'public-read',
  'public-read-write',
  'authenticated-read',
  'log-delivery-write',
  'bucket-owner-read',
  'bucket-owner-full-control',
] as const;

/**
 * Storage classes that OpenSearch can work in. It reads what it wrote before at any time: a Glacier class would make the
 * repository unreadable (and the plugin refuses them).
 */
const storageClasses = ['standard', 'reduced_redundancy', 'standard_ia', 'onezone_ia', 'intelligent_tiering'] as const;

/**
 * Settings of the schedule's S3 repository, by the names that OpenSearch has for them. What is absent is as the cluster has it by
 * default. (Source: https://docs.opensearch.org/latest/api-reference/snapshots/create-repository/)
 */
export const repositorySettings = z.strictObject({
  bucket: z.string().min(3),
  /** Where in the bucket, without a slash at either end; empty: at its root. */
  base_path: z.string().regex(/^$|^[^/].*[^/]$|^[^/]$/, 'must not begin or end with "/"'),
  region: z.string().min(1),
  /** Of a managed domain: the role that it takes for the bucket. */
  role_arn: z.string().min(1),
  /** Of a self-managed cluster: the client of its keystore. */
  client: z.string().min(1).optional(),
  /** Metadata only; the data is compressed already. */
  compress: z.boolean().optional(),
  /** Larger files are stored in several objects. */
  chunk_size: size.optional(),
  /** Larger objects are stored in parts of this size: 5mb to 5gb. */
  buffer_size: size
    .refine((text) => bytesOf(text) >= 5 * 2 ** 20 && bytesOf(text) <= 5 * 2 ** 30, 'must be 5mb to 5gb')
    .optional(),
  canned_acl: z.enum(cannedAcls).optional(),
  storage_class: z
    .enum(storageClasses, {
      error: ({ input }) =>
        /glacier|archive/i.test(String(input))
          ? 'must not be a Glacier class: the cluster reads its repository at any time'
          : `must be one of ${storageClasses.join(', ')}`,
    })
    .optional(),
  /** Before version 3.1; later versions accept and ignore it. */
  server_side_encryption: z.boolean().optional(),
  /** From version 3.1; earlier versions accept and ignore it. */
  server_side_encryption_type: z.enum(['AES256', 'bucket_default']).optional(),
  max_snapshot_bytes_per_sec: rate.optional(),
  max_restore_bytes_per_sec: rate.optional(),
  readonly: z.boolean().default(false),
  /** Some versions otherwise put shard data below a hashed prefix outside the base path. */
  shard_path_type: z.literal('FIXED').default('FIXED'),
  /** Or leave it in the remote store. */
  remote_store_index_shallow_copy: z.literal(false).default(false),
});
export type SnapshotRepositorySettings = z.output<typeof repositorySettings>;

const units: Readonly<Record<string, number>> = { b: 0, kb: 10, mb: 20, gb: 30, tb: 40, pb: 50 };

function bytesOf(text: string): number {
  const [, number = '', unit = ''] = /^(\d+)([a-z]+)$/.exec(text) ?? [];
  return Number(number) * 2 ** (units[unit] ?? 0);
}

/** As OpenSearch returns them: text, and what is absent left out. */
export const asOpenSearchHasThem = (settings: SnapshotRepositorySettings): RepositorySettings =>
  Object.fromEntries(Object.entries(settings).map(([name, value]) => [name, String(value)]));

/**
 * The settings that this version of OpenSearch would accept without a word and ignore.
 * @param version of the cluster, `3.8.0`
 */
export function ignoredSettings(settings: SnapshotRepositorySettings, version: string): string[] {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const ignored = major > 3 || (major === 3 && minor >= 1) ? 'server_side_encryption' : 'server_side_encryption_type';
  return settings[ignored] === undefined ? [] : [ignored];
}
