/** The cluster that answers with OpenSearch 2.x and 3.x, self-managed or the Amazon service. */
import { z } from 'zod';
import { ClusterAnswerUnknown, IndexUnhealthy } from '../workflow/errors.ts';
import type { Cluster } from './cluster.ts';
import { type Ask, names, openSearchAsk, type OpenSearchOptions } from './opensearch-client.ts';
import { documentsById, sampleDocuments } from './opensearch-documents.ts';
import { freeBytes } from './opensearch-disk.ts';
import { refusedOnShards, shardFailuresSchema } from './opensearch-errors.ts';
import { allowWrites, blockWrites, closeIndex, clusterIndices, deleteIndex } from './opensearch-indices.ts';
import { restoredFrom, restoreProgress, startRestore } from './opensearch-restore.ts';
import { openSearchSnapshots } from './opensearch-snapshots.ts';

export type { OpenSearchOptions } from './opensearch-client.ts';

const factsSchema = z.object({
  cluster_name: z.string(),
  cluster_uuid: z.string(),
  version: z.object({ number: z.string(), distribution: z.string().optional() }),
});
const shardsSchema = z.object({ total: z.number(), successful: z.number(), failed: z.number() });
const broadcastSchema = z.object({ _shards: shardsSchema.extend({ failures: shardFailuresSchema }) });
const countSchema = broadcastSchema.extend({ count: z.number().int() });
const shardStatsSchema = z.object({
  indices: z.record(
    z.string(),
    z.object({
      shards: z.record(
        z.string(),
        z.array(
          z.object({
            routing: z.object({ primary: z.boolean() }),
            seq_no: z.object({ max_seq_no: z.number().int().min(-1) }),
          }),
        ),
      ),
    }),
  ),
});
const shardCountSchema = z.record(
  z.string(),
  z.object({ settings: z.object({ index: z.object({ number_of_shards: z.coerce.number().int().positive() }) }) }),
);
const mappingSchema = z.record(z.string(), z.object({ mappings: z.unknown() }));
/**
 * Signs with SigV4 (a node without security ignores the signature). Which permission of fine-grained access control each of its calls
 * needs, was recorded on the security plugin: docs/rights.md. Flush, refresh and close are followed by actions on shards, with
 * names of their own (`indices:admin/flush[s]`); a restore also needs indices:admin/create and indices:data/write/index on the
 * restored name. `GET /_cold/indices/_search` is the managed service's: cluster:admin/cold/indices/search.
 */
export function openSearchCluster(options: OpenSearchOptions): Cluster {
  const ask = openSearchAsk(options);
  const at = (index: string, api: string): string => `/${names([index])}/${api}`;
  const maxSeqNos = (index: string): Promise<number[]> => primaries(ask, index);
  const broadcast = async (index: string, api: string): Promise<void> => {
    const path = at(index, api);
    const { _shards } = await ask(broadcastSchema, { method: 'POST', path });
    const refused = refusedOnShards(`POST ${path}`, _shards.failures);
    if (refused) throw refused;
    // A missing primary is not counted as failed; the answer then comes after a minute, with fewer successes.
    if (_shards.failed > 0 || _shards.successful === 0)
      throw new IndexUnhealthy(`${api} of ${index} reached ${_shards.successful} of ${_shards.total} shards`);
  };

  return {
    async facts() {
      const { cluster_uuid, cluster_name, version } = await ask(factsSchema, { method: 'GET', path: '/' });
      return { uuid: cluster_uuid, name: cluster_name, version: version.number, distribution: version.distribution };
    },
    indices: (patterns) => clusterIndices(ask, patterns),
    async count(index) {
      await broadcast(index, '_refresh');
      const { count, _shards } = await ask(countSchema, { method: 'GET', path: at(index, '_count') });
      if (_shards.failed > 0 || _shards.successful < _shards.total)
        throw new IndexUnhealthy(`only ${_shards.successful} of ${_shards.total} shards of ${index} could be counted`);
      return count;
    },
    maxSeqNos,
    async mapping(index) {
      const answer = await ask(mappingSchema, { method: 'GET', path: at(index, '_mapping') });
      return only(answer, index).mappings;
    },
    async refresh(index) {
      await broadcast(index, '_flush');
      await broadcast(index, '_refresh');
    },
    async sample(index, size, seed) {
      await broadcast(index, '_refresh');
      return sampleDocuments(ask, index, { size, seed, maxSeqNos: await maxSeqNos(index) });
    },
    documents: (index, ids) => documentsById(ask, index, ids),

    ...openSearchSnapshots(ask),

    freeBytes: () => freeBytes(ask),
    startRestore: (repository, snapshot, index) => startRestore(ask, repository, snapshot, index),
    restoreProgress: (index) => restoreProgress(ask, index),
    restoredFrom: (index) => restoredFrom(ask, index),
    closeIndex: (index) => closeIndex(ask, index),
    blockWrites: (index) => blockWrites(ask, index),
    allowWrites: (index) => allowWrites(ask, index),
    deleteIndex: (index) => deleteIndex(ask, index),
  };
}

function only<Value>(answer: Readonly<Record<string, Value>>, index: string): Value {
  const [entry, ...others] = Object.values(answer);
  if (entry === undefined || others.length > 0)
    throw new ClusterAnswerUnknown(`${index} is not the name of one index: ${Object.keys(answer).join(', ')}`);
  return entry;
}

async function primaries(ask: Ask, index: string): Promise<number[]> {
  const path = `/${names([index])}`;
  const settings = await ask(shardCountSchema, { method: 'GET', path: `${path}/_settings/index.number_of_shards` });
  const shards = only(settings, index).settings.index.number_of_shards;
  const stats = await ask(shardStatsSchema, { method: 'GET', path: `${path}/_stats/docs`, query: { level: 'shards' } });
  const copies = Object.values(stats.indices)[0]?.shards ?? {};
  return Array.from({ length: shards }, (_, number) => {
    const primary = copies[String(number)]?.find((copy) => copy.routing.primary);
    if (primary === undefined) throw new IndexUnhealthy(`shard ${number} of ${index} has no primary`);
    return primary.seq_no.max_seq_no;
  });
}
