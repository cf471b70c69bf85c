/** The contents of a snapshot, as OpenSearch 1.x to 3.x and Elasticsearch 7.10 tell them. */
import { z } from 'zod';
import { SnapshotMissing } from '../workflow/errors.ts';
import { names, openSearchAsk, type OpenSearchOptions } from './opensearch-client.ts';
import type { SnapshotReader } from './snapshot-contents.ts';

const writtenSchema = z.object({ snapshots: z.array(z.object({ snapshot: z.string(), version: z.string() })) });
const statusSchema = z.object({
  snapshots: z.array(
    z.object({
      indices: z
        .record(
          z.string(),
          z.object({
            shards_stats: z.object({ total: z.int().positive(), failed: z.int() }),
            stats: z.object({ total: z.object({ size_in_bytes: z.int() }) }),
          }),
        )
        // `filter_path` leaves out what would be empty.
        .default({}),
    }),
  ),
});

const metadataTimeoutSeconds = 60;
/** Reads an object of each shard. */
const statusTimeoutSeconds = 240;

/**
 * With the rights that fine-grained access control asks for: `GET /_snapshot/_/_`: cluster:admin/snapshot/get, and its `_status`:
 * cluster:admin/snapshot/status.
 */
export function openSearchSnapshotReader(options: OpenSearchOptions): SnapshotReader {
  const ask = openSearchAsk(options);
  return {
    async contents(repository, snapshot) {
      const path = `/_snapshot/${names([repository])}/${names([snapshot])}`;
      try {
        const { snapshots } = await ask(writtenSchema, { method: 'GET', path, timeoutSeconds: metadataTimeoutSeconds });
        const written = snapshots.find((one) => one.snapshot === snapshot);
        if (!written) return undefined;
        const status = await ask(statusSchema, {
          method: 'GET',
          path: `${path}/_status`,
          query: { filter_path: 'snapshots.snapshot,snapshots.indices.*.shards_stats,snapshots.indices.*.stats.total' },
          timeoutSeconds: statusTimeoutSeconds,
        });
        const indices = Object.entries(status.snapshots[0]?.indices ?? {});
        return {
          version: written.version,
          indices: indices
            .map(([name, { shards_stats: shards, stats }]) => ({
              name,
              shards: { total: shards.total, failed: shards.failed },
              bytes: stats.total.size_in_bytes,
            }))
            .sort((one, other) => (one.name < other.name ? -1 : 1)),
        };
      } catch (error) {
        if (error instanceof SnapshotMissing) return undefined;
        throw error;
      }
    },
  };
}
