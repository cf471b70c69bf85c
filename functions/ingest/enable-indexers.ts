import { LambdaClient } from '@aws-sdk/client-lambda';
import { S3Client } from '@aws-sdk/client-s3';
import { z } from 'zod';
import type { EventSourceMappings } from '../../ports/event-source-mappings.ts';
import { lambdaEventSourceMappings } from '../../ports/lambda-event-source-mappings.ts';
import type { ObjectStore } from '../../ports/object-store.ts';
import { openSearchAsk } from '../../ports/opensearch-client.ts';
import { freeBytes } from '../../ports/opensearch-disk.ts';
import { s3ObjectStore } from '../../ports/s3-object-store.ts';
import { PermafrostError } from '../../workflow/errors.ts';
import type { Telemetry } from '../telemetry.ts';
import { accessVariables, connectUser } from './cluster-access.ts';
import { ingestHandler } from './ingest-handler.ts';
import { indexerOf, parseStopNote, stopNotesPrefix } from './stop-switch.ts';

export const environment = z.object({
  ...accessVariables,
  REJECTS_BUCKET: z.string().min(3),
  /** Bytes that must be free above the low watermark, over all hot nodes, before anything is started again. */
  MINIMUM_FREE_BYTES: z.coerce
    .number()
    .int()
    .positive()
    .default(1024 ** 3),
});

export interface Ports {
  /** Free bytes of the cluster above its low watermark. */
  readonly freeBytes: () => Promise<number>;
  readonly notes: ObjectStore;
  readonly mappings: EventSourceMappings;
  readonly minimumFreeBytes: number;
  readonly now: () => Date;
}

export interface Enabled {
  /** Names of the indexers that were started. */
  readonly enabled: string[];
  /** Names of those that stay stopped. */
  readonly stopped: string[];
}

/** An indexer writes its note and then stops: a note that is younger may be of one that is still about to. */
const restMs = 120_000;

/**
 * Starts the indexers again that stopped themselves, once the cluster has disk. What an operator stopped has no note, and stays. A
 * note that cannot be acted upon holds up no other: its indexer counts as stopped, and the next run tries again.
 */
export async function enableIndexers(
  _event: unknown,
  _context: unknown,
  ports: Ports,
  telemetry: Telemetry,
): Promise<Enabled> {
  const keys = (await Array.fromAsync(ports.notes.list(stopNotesPrefix))).map(({ key }) => key);
  const enabled = new Set<string>();
  const stopped = new Set<string>();
  const free = keys.length === 0 ? 0 : await ports.freeBytes();
  const hasDisk = free >= ports.minimumFreeBytes;
  for (const key of keys) {
    const indexer = indexerOf(key);
    try {
      if (await actOn(key, hasDisk, ports)) enabled.add(indexer);
      else stopped.add(indexer);
    } catch (error) {
      if (!(error instanceof PermafrostError)) throw error;
      stopped.add(indexer);
      telemetry.warn('An indexer could not be started', { key, error: error.name, reason: error.message });
    }
  }
  telemetry.measure('IndexersStopped', stopped.size, 'Count');
  if (keys.length > 0)
    telemetry.info('Indexers that had stopped', { free, enabled: [...enabled], stopped: [...stopped] });
  return { enabled: [...enabled], stopped: [...stopped] };
}

/** @returns whether the indexer was started */
async function actOn(key: string, hasDisk: boolean, { notes, mappings, now }: Ports): Promise<boolean> {
  const note = parseStopNote(await notes.read(key), key);
  const isYoung = now().getTime() - Date.parse(note.at) < restMs;
  if (isYoung || !hasDisk) return false;
  for (const id of note.mappings) await mappings.setEnabled(id, true);
  // Only now: were it deleted before and the rest failed, the indexer would stay stopped for ever.
  await notes.delete([key]);
  return true;
}

export function connect(variables: z.output<typeof environment>): Ports {
  const user = connectUser(variables.CLUSTER_USER_PARAMETER);
  const { DOMAIN_ENDPOINT: endpoint, AWS_REGION: region } = variables;
  return {
    // Read anew each time: it runs seldom, and a changed password would otherwise keep the indexers stopped.
    freeBytes: async () =>
      freeBytes(openSearchAsk({ endpoint, region, ...(user && { user: await user.refreshed() }) })),
    notes: s3ObjectStore(new S3Client(), variables.REJECTS_BUCKET),
    mappings: lambdaEventSourceMappings(new LambdaClient()),
    minimumFreeBytes: variables.MINIMUM_FREE_BYTES,
    now: () => new Date(),
  };
}

export const handler = ingestHandler({ name: 'enable-indexers', environment, connect, run: enableIndexers });
