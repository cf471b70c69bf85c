/** Repositories and snapshots of an OpenSearch cluster. */
import { z } from 'zod';
import {
  ClusterAnswerUnknown,
  NoIndicesSelected,
  RepositoryMissing,
  SnapshotInProgress,
  SnapshotMissing,
} from '../workflow/errors.ts';
import type { Cluster, SnapshotFacts } from './cluster.ts';
import { type Ask, names } from './opensearch-client.ts';
import { isTimeout } from './opensearch-errors.ts';

const shardsSchema = z.object({ total: z.number(), successful: z.number(), failed: z.number() });
const repositoriesSchema = z.record(
  z.string(),
  z.object({ type: z.string(), settings: z.record(z.string(), z.coerce.string()) }),
);
const acknowledgedSchema = z.object({ acknowledged: z.literal(true) });
const acceptedSchema = z.object({ accepted: z.literal(true) });
const state = z.enum(['IN_PROGRESS', 'SUCCESS', 'PARTIAL', 'FAILED']);
const listedSchema = z.object({
  snapshots: z
    .array(z.object({ snapshot: z.string(), uuid: z.string(), state, start_time_in_millis: z.number() }))
    // `filter_path` leaves out what would be empty.
    .default([]),
});
const snapshotsSchema = z.object({
  snapshots: z.array(
    z.object({
      snapshot: z.string(),
      uuid: z.string(),
      state,
      start_time_in_millis: z.number(),
      end_time_in_millis: z.number().optional(),
      indices: z.array(z.string()),
      shards: shardsSchema,
      failures: z.array(z.object({ index: z.string(), shard_id: z.number().optional(), reason: z.string().nullish() })),
      metadata: z.record(z.string(), z.coerce.string()).nullish(),
    }),
  ),
});
const sizeSchema = z.object({ file_count: z.number(), size_in_bytes: z.number() });
const statusSchema = z.object({
  snapshots: z.array(
    z.object({
      snapshot: z.string(),
      repository: z.string(),
      stats: z.object({ incremental: sizeSchema, total: sizeSchema }).optional(),
    }),
  ),
});
const cleanupSchema = z.object({ results: z.object({ deleted_bytes: z.number(), deleted_blobs: z.number() }) });

const mostFailures = 20;
/** Reading and writing a repository's root takes its time on a domain with many snapshots. */
const repositoryTimeoutSeconds = 60;
/** A list of hundreds of snapshots reads an object of each. */
const listTimeoutSeconds = 240;
/** A removal takes 15-30 s on a real domain; asking again joins the one that runs. */
const deletionTimeoutSeconds = 20;
/** Lists the whole repository. */
const cleanupTimeoutSeconds = 600;

type Snapshots = Pick<
  Cluster,
  | 'registerRepository'
  | 'repository'
  | 'repositories'
  | 'removeRepository'
  | 'startSnapshot'
  | 'snapshot'
  | 'deleteSnapshot'
  | 'snapshots'
  | 'runningSnapshots'
  | 'snapshotSize'
  | 'cleanUpRepository'
>;

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

const repositoryPath = (repository: string): string => `/_snapshot/${names([repository])}`;
const snapshotPath = (repository: string, name: string): string => `${repositoryPath(repository)}/${names([name])}`;

/** The part of the cluster's port that is about repositories and snapshots. */
export const openSearchSnapshots = (ask: Ask): Snapshots => ({
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

  async startSnapshot(repository, name, indices, { partial = false, metadata } = {}) {
    // To OpenSearch an empty list means every index.
    if (indices.length === 0) throw new NoIndicesSelected('a snapshot of no indices was asked for');
    await ask(acceptedSchema, {
      method: 'PUT',
      path: snapshotPath(repository, name),
      query: { wait_for_completion: false },
      body: {
        indices: [...indices],
        include_global_state: false,
        partial,
        ignore_unavailable: partial,
        ...(metadata && { metadata }),
      },
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
  async snapshots(repository) {
    const { snapshots } = await ask(listedSchema, {
      method: 'GET',
      path: snapshotPath(repository, '_all'),
      query: {
        filter_path: ['snapshot', 'uuid', 'state', 'start_time_in_millis']
          .map((field) => `snapshots.${field}`)
          .join(','),
      },
      timeoutSeconds: listTimeoutSeconds,
    });
    return snapshots
      .map(({ snapshot, uuid, state, start_time_in_millis: millis }) => ({
        name: snapshot,
        uuid,
        state,
        startedAt: new Date(millis),
      }))
      .sort((one, other) => one.startedAt.getTime() - other.startedAt.getTime());
  },
  async runningSnapshots() {
    const { snapshots } = await ask(statusSchema, { method: 'GET', path: '/_snapshot/_status' });
    return snapshots.map(({ repository, snapshot }) => ({ repository, name: snapshot }));
  },
  async snapshotSize(repository, name) {
    const { snapshots } = await ask(statusSchema, {
      method: 'GET',
      path: `${snapshotPath(repository, name)}/_status`,
      timeoutSeconds: repositoryTimeoutSeconds,
    });
    const stats = snapshots[0]?.stats;
    if (!stats) throw new ClusterAnswerUnknown(`the status of snapshot ${name} says nothing of its size`);
    return {
      bytes: stats.total.size_in_bytes,
      addedBytes: stats.incremental.size_in_bytes,
      addedFiles: stats.incremental.file_count,
    };
  },
  async cleanUpRepository(repository) {
    const question = {
      method: 'POST',
      path: `${repositoryPath(repository)}/_cleanup`,
      timeoutSeconds: cleanupTimeoutSeconds,
    } as const;
    try {
      const { results } = await ask(cleanupSchema, question);
      return { deletedBytes: results.deleted_bytes, deletedBlobs: results.deleted_blobs };
    } catch (error) {
      if (!isTimeout(error)) throw error;
      throw new SnapshotInProgress(`The cluster has been cleaning up ${repository} for ${cleanupTimeoutSeconds} s`, {
        cause: error,
      });
    }
  },
});

function snapshotFacts(snapshot: z.infer<typeof snapshotsSchema>['snapshots'][number]): SnapshotFacts {
  return {
    name: snapshot.snapshot,
    uuid: snapshot.uuid,
    state: snapshot.state,
    startedAt: new Date(snapshot.start_time_in_millis),
    // Zero while it runs.
    ...(snapshot.end_time_in_millis && { endedAt: new Date(snapshot.end_time_in_millis) }),
    indices: snapshot.indices,
    shards: snapshot.shards,
    failures: snapshot.failures
      .slice(0, mostFailures)
      .map(({ index, shard_id, reason }) => `${index}/${shard_id ?? '?'}: ${reason ?? 'no reason given'}`),
    metadata: snapshot.metadata ?? {},
  };
}
