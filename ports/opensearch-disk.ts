/** Disk that is free for new shards, out of two answers of OpenSearch. */
import { z } from 'zod';
import { ClusterAnswerUnknown } from '../workflow/errors.ts';
import type { Ask } from './opensearch-client.ts';

const disk = 'cluster.routing.allocation.disk';
const levelSchema = z.object({
  [`${disk}.threshold_enabled`]: z.string().optional(),
  [`${disk}.watermark.low`]: z.string().optional(),
});
const settingsSchema = z.object({ persistent: levelSchema, transient: levelSchema, defaults: levelSchema });
const statsSchema = z.object({
  nodes: z.record(
    z.string(),
    z.object({
      roles: z.array(z.string()),
      attributes: z.record(z.string(), z.string()).optional(),
      fs: z.object({ total: z.object({ total_in_bytes: z.number(), available_in_bytes: z.number() }) }),
    }),
  ),
});

/** Of byte sizes as OpenSearch writes them. */
const units: Readonly<Record<string, number>> = {
  b: 0,
  k: 1,
  kb: 1,
  m: 2,
  mb: 2,
  g: 3,
  gb: 3,
  t: 4,
  tb: 4,
  p: 5,
  pb: 5,
};

/**
 * Bytes that a node keeps free. The low watermark is the share of the disk that may be in use (`85%`, `0.85`), or the bytes
 * that stay free (`25.0gb`).
 */
function reserve(watermark: string, totalBytes: number): number {
  const [, number = '', unit = ''] = /^(\d+(?:\.\d+)?)\s*([a-z%]*)$/.exec(watermark.trim().toLowerCase()) ?? [];
  if (number !== '' && unit === '%') return totalBytes * (1 - Number(number) / 100);
  if (number !== '' && unit === '') return totalBytes * (1 - Number(number));
  const power = Object.hasOwn(units, unit) ? units[unit] : undefined;
  if (number === '' || power === undefined)
    throw new ClusterAnswerUnknown(`${disk}.watermark.low is ${watermark}: neither a share of the disk nor a size`);
  return Number(number) * 1024 ** power;
}

/**
 * The sum over all hot data nodes of what is available above the low watermark: no shard is allocated to a node below it.
 * UltraWarm nodes hold no restored index. Where the threshold is disabled, all that is available counts.
 */
export async function freeBytes(ask: Ask): Promise<number> {
  const [settings, stats] = await Promise.all([
    ask(settingsSchema, {
      method: 'GET',
      path: '/_cluster/settings',
      query: { include_defaults: true, flat_settings: true },
    }),
    ask(statsSchema, { method: 'GET', path: '/_nodes/data:true/stats/fs' }),
  ]);
  const { defaults, persistent, transient } = settings;
  const inForce = { ...defaults, ...persistent, ...transient };
  const watermark =
    inForce[`${disk}.threshold_enabled`] === 'false' ? '0b' : (inForce[`${disk}.watermark.low`] ?? '85%');
  return Object.values(stats.nodes)
    .filter(({ roles, attributes }) => roles.includes('data') && attributes?.['box_type'] !== 'warm')
    .map(({ fs: { total } }) => Math.max(0, total.available_in_bytes - reserve(watermark, total.total_in_bytes)))
    .reduce((sum, bytes) => sum + Math.floor(bytes), 0);
}
