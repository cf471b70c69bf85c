/** What indices there are: one `ClusterIndex` out of four answers of OpenSearch. */
import { z } from 'zod';
import { IndexMissing, InvalidRequest } from '../workflow/errors.ts';
import type { ClusterIndex } from './cluster.ts';
import { type Ask, names } from './opensearch-client.ts';
import { isRouteMissing } from './opensearch-errors.ts';

const resolvedSchema = z.object({
  indices: z.array(z.object({ name: z.string(), attributes: z.array(z.string()), data_stream: z.string().optional() })),
});
const settingsSchema = z.record(
  z.string(),
  z.object({
    settings: z.object({
      index: z.object({
        uuid: z.string(),
        creation_date: z.coerce.number().int(),
        number_of_shards: z.coerce.number().int().positive(),
        version: z.object({ created_string: z.string() }),
        // Writable warm of OpenSearch 3.x.
        warm: z.enum(['true', 'false']).optional(),
        routing: z
          .object({
            allocation: z.object({ require: z.object({ box_type: z.string().optional() }).optional() }).optional(),
          })
          .optional(),
      }),
    }),
  }),
);
const statsSchema = z.object({
  indices: z.record(
    z.string(),
    z.object({
      primaries: z.object({
        docs: z.object({ count: z.number() }).optional(),
        store: z.object({ size_in_bytes: z.number() }).optional(),
      }),
    }),
  ),
});
const healthSchema = z.object({
  indices: z.record(z.string(), z.object({ status: z.enum(['green', 'yellow', 'red']) })),
});
const acknowledgedSchema = z.object({ acknowledged: z.literal(true) });
const coldSchema = z.object({
  pagination_id: z.string().nullish(),
  indices: z.array(
    z.object({ index: z.string(), index_cold_uuid: z.string(), size: z.number(), creation_date: z.coerce.date() }),
  ),
});

/** OpenSearch refuses a request line of more than 4,096 bytes. */
const longestNames = 3000;

const expressionOf = (pattern: string): RegExp =>
  new RegExp(`^${pattern.replaceAll(/[\\^$.|?+()[\]{}]/g, '\\$&').replaceAll('*', '.*')}$`);
/** A wildcard never reaches a system index; a pattern that itself starts with a dot does. */
const fits = (name: string, patterns: readonly string[]): boolean =>
  patterns.some((pattern) => expressionOf(pattern).test(name) && (!name.startsWith('.') || pattern.startsWith('.')));

function* batches(list: readonly string[]): Generator<string[]> {
  let batch: string[] = [];
  let length = 0;
  for (const name of list) {
    const more = encodeURIComponent(name).length + 1;
    if (batch.length > 0 && length + more > longestNames) {
      yield batch;
      [batch, length] = [[], 0];
    }
    batch.push(name);
    length += more;
  }
  if (batch.length > 0) yield batch;
}

/**
 * Open and closed hot and warm indices, then cold ones.
 * The managed service marks an UltraWarm index by the setting `index.routing.allocation.require.box_type: warm`; a cold one is
 * detached from the cluster and known to `_cold/indices/_search` only.
 * A red index has no statistics for its missing shards: its documents and bytes are then too low.
 */
export async function clusterIndices(ask: Ask, patterns: readonly string[]): Promise<ClusterIndex[]> {
  // Such names cannot be; to OpenSearch they would be exclusions, date arithmetic or `_all`.
  const wanted = patterns.filter((pattern) => !/^[-_+<]|^$/.test(pattern));
  const found = new Map<string, ClusterIndex>();
  for (const batch of batches(wanted))
    for (const index of await attached(ask, batch)) if (fits(index.name, wanted)) found.set(index.name, index);
  if (wanted.length > 0)
    for (const index of await cold(ask))
      if (fits(index.name, wanted) && !found.has(index.name)) found.set(index.name, index);
  return [...found.values()].sort((one, other) => (one.name < other.name ? -1 : 1));
}

async function attached(ask: Ask, patterns: readonly string[]): Promise<ClusterIndex[]> {
  const path = `/_resolve/index/${names(patterns)}`;
  const resolved = await ask(resolvedSchema, { method: 'GET', path, query: { expand_wildcards: 'open,closed' } });
  const byName = new Map(resolved.indices.map((index) => [index.name, index]));
  const indices: ClusterIndex[] = [];
  for (const batch of batches([...byName.keys()])) {
    const some = names(batch);
    const ignore_unavailable = true;
    const [settings, stats, health] = await Promise.all([
      ask(settingsSchema, { method: 'GET', path: `/${some}/_settings`, query: { human: true, ignore_unavailable } }),
      ask(statsSchema, {
        method: 'GET',
        path: `/${some}/_stats/docs,store`,
        query: { level: 'indices', forbid_closed_indices: false, ignore_unavailable },
      }),
      ask(healthSchema, {
        method: 'GET',
        path: `/_cluster/health/${some}`,
        query: { level: 'indices', timeout: '5s' },
      }),
    ]);
    for (const [
      name,
      {
        settings: { index },
      },
    ] of Object.entries(settings)) {
      const status = health.indices[name]?.status;
      const resolution = byName.get(name);
      // Deleted between two of the answers.
      if (status === undefined || resolution === undefined) continue;
      const primaries = stats.indices[name]?.primaries;
      indices.push({
        name,
        uuid: index.uuid,
        state: resolution.attributes.includes('closed') ? 'close' : 'open',
        health: status,
        tier: index.warm === 'true' || index.routing?.allocation?.require?.box_type === 'warm' ? 'warm' : 'hot',
        ...(resolution.data_stream !== undefined && { dataStream: resolution.data_stream }),
        createdAt: new Date(index.creation_date),
        createdVersion: index.version.created_string,
        shards: index.number_of_shards,
        documents: primaries?.docs?.count ?? 0,
        bytes: primaries?.store?.size_in_bytes ?? 0,
      });
    }
  }
  return indices;
}

/** @throws InvalidRequest for what could mean several indices: wildcards, lists, `_all`, exclusions, date arithmetic */
export function exactName(index: string): string {
  if (/^[-_+<.]*$|^[-_+<]|[*?,\s]/.test(index)) throw new InvalidRequest(`${index} is not the name of one index`);
  return index;
}

/** Whether there is an open index of exactly this name. */
export async function isOpen(ask: Ask, index: string): Promise<boolean> {
  const attributes = await attributesOf(ask, index);
  return attributes !== undefined && !attributes.includes('closed');
}

/** Undefined where there is no index of this name, though there may be an alias. */
async function attributesOf(ask: Ask, index: string): Promise<string[] | undefined> {
  const { indices } = await ask(resolvedSchema, {
    method: 'GET',
    path: `/_resolve/index/${names([exactName(index)])}`,
    query: { expand_wildcards: 'open,closed' },
  });
  return indices.find(({ name }) => name === index)?.attributes;
}

/** Closes this index and no other: an alias of the name closes nothing. */
export async function closeIndex(ask: Ask, index: string): Promise<void> {
  if ((await attributesOf(ask, index)) === undefined) throw new IndexMissing(`there is no index ${index}`);
  const path = `/${names([index])}/_close`;
  await ask(acknowledgedSchema, { method: 'POST', path, query: { wait_for_active_shards: 0 } });
}

const writeBlockSchema = z.record(
  z.string(),
  z.object({ settings: z.object({ index: z.object({ blocks: z.object({ write: z.string() }) }) }).or(z.object({})) }),
);

/** Whether the block is new. Unlike the setting alone, this API waits for writes that are on their way. */
export async function blockWrites(ask: Ask, index: string): Promise<boolean> {
  const path = `/${names([exactName(index)])}`;
  const settings = await ask(writeBlockSchema, { method: 'GET', path: `${path}/_settings/index.blocks.write` });
  const before = settings[index]?.settings;
  if (before && 'index' in before && before.index.blocks.write === 'true') return false;
  await ask(acknowledgedSchema, { method: 'PUT', path: `${path}/_block/write` });
  return true;
}

export async function allowWrites(ask: Ask, index: string): Promise<void> {
  const body = { 'index.blocks.write': null };
  await ask(acknowledgedSchema, { method: 'PUT', path: `/${names([exactName(index)])}/_settings`, body });
}

/** Deletes this index and no other; OpenSearch refuses to delete by an alias. */
export async function deleteIndex(ask: Ask, index: string): Promise<void> {
  try {
    await ask(acknowledgedSchema, { method: 'DELETE', path: `/${names([exactName(index)])}` });
  } catch (error) {
    if (!(error instanceof IndexMissing)) throw error;
  }
}

/** None where the domain has no cold storage. Their version, shards and documents cannot be asked for while they are cold. */
async function cold(ask: Ask): Promise<ClusterIndex[]> {
  const indices: ClusterIndex[] = [];
  let page: string | undefined;
  do {
    try {
      const answer = await ask(coldSchema, {
        method: 'GET',
        path: '/_cold/indices/_search',
        query: { page_size: 1000 },
        ...(page !== undefined && { body: { pagination_id: page } }),
      });
      for (const { index, index_cold_uuid, size, creation_date } of answer.indices)
        indices.push({
          name: index,
          uuid: index_cold_uuid,
          state: 'close',
          health: 'green',
          tier: 'cold',
          createdAt: creation_date,
          createdVersion: '',
          shards: 0,
          documents: 0,
          bytes: size,
        });
      page = answer.indices.length === 0 ? undefined : (answer.pagination_id ?? undefined);
    } catch (error) {
      if (isRouteMissing(error)) return indices;
      throw error;
    }
  } while (page !== undefined);
  return indices;
}
