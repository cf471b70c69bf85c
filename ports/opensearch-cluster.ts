/** The cluster that answers with OpenSearch 2.x and 3.x, self-managed or the Amazon service. */
import { z } from 'zod';
import {
  ClusterAnswerUnknown,
  IndexUnhealthy,
  NoIndicesSelected,
  RepositoryMissing,
  SnapshotMissing,
} from '../workflow/errors.ts';
import type { Cluster, SnapshotFacts } from './cluster.ts';
import { type Ask, names, openSearchAsk, type OpenSearchOptions } from './opensearch-client.ts';
import { documentsById, sampleDocuments } from './opensearch-documents.ts';
import { freeBytes } from './opensearch-disk.ts';
import { isTimeout } from './opensearch-errors.ts';
import { closeIndex, clusterIndices, deleteIndex } from './opensearch-indices.ts';
import { restoredFrom, restoreProgress, startRestore } from './opensearch-restore.ts';

export type { OpenSearchOptions } from './opensearch-client.ts';

const factsSchema = z.object({
  cluster_name: z.string(),
  cluster_uuid: z.string(),
  version: z.object({ number: z.string() }),
});
const shardsSchema = z.object({ total: z.number(), successful: z.number(), failed: z.number() });
const broadcastSchema = z.object({ _shards: shardsSchema });
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
const repositoriesSchema = z.record(
  z.string(),
  z.object({ type: z.string(), settings: z.record(z.string(), z.coerce.string()) }),
);
const acknowledgedSchema = z.object({ acknowledged: z.literal(true) });
const acceptedSchema = z.object({ accepted: z.literal(true) });
const snapshotsSchema = z.object({
  snapshots: z.array(
    z.object({
      snapshot: z.string(),
      uuid: z.string(),
      state: z.enum(['IN_PROGRESS', 'SUCCESS', 'PARTIAL', 'FAILED']),
      start_time_in_millis: z.number(),
      indices: z.array(z.string()),
      shards: shardsSchema,
      failures: z.array(z.object({ index: z.string(), shard_id: z.number().optional(), reason: z.string().nullish() })),
    }),
  ),
});

const mostFailures = 20;
/** Reading and writing a repository's root takes its time on a domain with many snapshots. */
const repositoryTimeoutSeconds = 60;
/** A removal takes 15-30 s on a real domain; asking again joins the one that runs. */
const deletionTimeoutSeconds = 20;

/** Undefined instead of this error. */
async function orUndefined<Answer>(
  absent: typeof RepositoryMissing | typeof SnapshotMissing,
  answer: Promise<Answer>,
): Promise<Answer | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof absent) return undefined;
    throw error;
  }
}

/**
 * Signs with SigV4 (a node without security ignores the signature). What it calls, with the rights that fine-grained access
 * control asks for each:
 * - `GET /`: cluster:monitor/main
 * - `GET /_resolve/index`, `/_settings`, `/_stats`, `/_mapping`: indices:admin/resolve/index, indices:monitor/settings/get,
 *   indices:monitor/stats, indices:admin/mappings/get
 * - `GET /_cluster/health`: cluster:monitor/health
 * - `GET /_cold/indices/_search`: cluster:admin/cold/*, only where the domain has cold storage
 * - `POST /_flush`, `/_refresh`: indices:admin/flush, indices:admin/refresh
 * - `GET /_count`, `POST /_search`: indices:data/read/search
 * - `/_snapshot`: cluster:admin/repository/{get,put,delete}, cluster:admin/snapshot/{create,get,delete}
 *
 * and for restores:
 * - `GET /_cluster/settings`, `GET /_cluster/state/routing_table`: cluster:monitor/state
 * - `GET /_nodes/stats/fs`: cluster:monitor/nodes/stats
 * - `POST /_snapshot/_/_/_restore`: cluster:admin/snapshot/restore, and on the restored name indices:admin/create and
 *   indices:data/write/index
 * - `POST /_cluster/allocation/explain`: cluster:monitor/allocation/explain
 * - `GET /_recovery`: indices:monitor/recovery
 * - `POST /_close`, `DELETE /<index>`: indices:admin/close, indices:admin/delete
 */
export function openSearchCluster(options: OpenSearchOptions): Cluster {
  const ask = openSearchAsk(options);
  const at = (index: string, api: string): string => `/${names([index])}/${api}`;
  const repositoryPath = (repository: string): string => `/_snapshot/${names([repository])}`;
  const snapshotPath = (repository: string, name: string): string => `${repositoryPath(repository)}/${names([name])}`;
  const maxSeqNos = (index: string): Promise<number[]> => primaries(ask, index);
  const broadcast = async (index: string, api: string): Promise<void> => {
    const { _shards } = await ask(broadcastSchema, { method: 'POST', path: at(index, api) });
    // A missing primary is not counted as failed; the answer then comes after a minute, with fewer successes.
    if (_shards.failed > 0 || _shards.successful === 0)
      throw new IndexUnhealthy(`${api} of ${index} reached ${_shards.successful} of ${_shards.total} shards`);
  };

  return {
    async facts() {
      const { cluster_uuid, cluster_name, version } = await ask(factsSchema, { method: 'GET', path: '/' });
      return { uuid: cluster_uuid, name: cluster_name, version: version.number };
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

    async registerRepository(name, settings) {
      await ask(acknowledgedSchema, {
        method: 'PUT',
        path: repositoryPath(name),
        body: { type: 's3', settings },
        timeoutSeconds: repositoryTimeoutSeconds,
      });
    },
    async repository(name) {
      const answer = ask(repositoriesSchema, { method: 'GET', path: repositoryPath(name) });
      return (await orUndefined(RepositoryMissing, answer))?.[name]?.settings;
    },
    async repositories() {
      return Object.keys(await ask(repositoriesSchema, { method: 'GET', path: '/_snapshot' })).sort();
    },
    async removeRepository(name) {
      await orUndefined(RepositoryMissing, ask(acknowledgedSchema, { method: 'DELETE', path: repositoryPath(name) }));
    },

    async startSnapshot(repository, name, indices) {
      // To OpenSearch an empty list means every index.
      if (indices.length === 0) throw new NoIndicesSelected('a snapshot of no indices was asked for');
      await ask(acceptedSchema, {
        method: 'PUT',
        path: snapshotPath(repository, name),
        query: { wait_for_completion: false },
        body: { indices: [...indices], include_global_state: false, partial: false, ignore_unavailable: false },
        timeoutSeconds: repositoryTimeoutSeconds,
      });
    },
    async snapshot(repository, name) {
      const question = {
        method: 'GET',
        path: snapshotPath(repository, name),
        timeoutSeconds: repositoryTimeoutSeconds,
      } as const;
      const answer = await orUndefined(SnapshotMissing, ask(snapshotsSchema, question));
      const found = answer?.snapshots.find((snapshot) => snapshot.snapshot === name);
      return found && snapshotFacts(found);
    },
    async deleteSnapshot(repository, name) {
      const question = {
        method: 'DELETE',
        path: snapshotPath(repository, name),
        timeoutSeconds: deletionTimeoutSeconds,
      } as const;
      try {
        await orUndefined(SnapshotMissing, ask(acknowledgedSchema, question));
        return true;
      } catch (error) {
        if (isTimeout(error)) return false;
        throw error;
      }
    },

    freeBytes: () => freeBytes(ask),
    startRestore: (repository, snapshot, index) => startRestore(ask, repository, snapshot, index),
    restoreProgress: (index) => restoreProgress(ask, index),
    restoredFrom: (index) => restoredFrom(ask, index),
    closeIndex: (index) => closeIndex(ask, index),
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

function snapshotFacts(snapshot: z.infer<typeof snapshotsSchema>['snapshots'][number]): SnapshotFacts {
  return {
    name: snapshot.snapshot,
    uuid: snapshot.uuid,
    state: snapshot.state,
    startedAt: new Date(snapshot.start_time_in_millis),
    indices: snapshot.indices,
    shards: snapshot.shards,
    failures: snapshot.failures
      .slice(0, mostFailures)
      .map(({ index, shard_id, reason }) => `${index}/${shard_id ?? '?'}: ${reason ?? 'no reason given'}`),
  };
}
