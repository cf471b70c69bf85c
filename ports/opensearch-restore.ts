/** Restoring one index of a snapshot, and what its shards say about it. */
import { z } from 'zod';
import { ClusterAnswerUnknown, IndexExists, IndexMissing } from '../workflow/errors.ts';
import type { RestoreProgress } from './cluster.ts';
import { type Ask, names } from './opensearch-client.ts';
import { isOfType } from './opensearch-errors.ts';
import { exactName, isOpen } from './opensearch-indices.ts';

const acceptedSchema = z.object({ accepted: z.literal(true) });
const uuidSchema = z.record(z.string(), z.object({ settings: z.object({ index: z.object({ uuid: z.string() }) }) }));
const healthSchema = z.object({
  indices: z.record(
    z.string(),
    z.object({
      status: z.enum(['green', 'yellow', 'red']),
      number_of_shards: z.number().int(),
      shards: z.record(z.string(), z.object({ primary_active: z.boolean(), initializing_shards: z.number().int() })),
    }),
  ),
});
const explanationSchema = z.object({
  current_state: z.string(),
  can_allocate: z.string().optional(),
  unassigned_info: z.object({ details: z.string().optional() }).optional(),
  node_allocation_decisions: z
    .array(
      z.object({
        deciders: z.array(z.object({ decider: z.string(), decision: z.string(), explanation: z.string() })).optional(),
      }),
    )
    .optional(),
});
type Explanation = z.infer<typeof explanationSchema>;
const routingSchema = z.object({
  routing_table: z.object({
    indices: z.record(
      z.string(),
      z.object({
        shards: z.record(
          z.string(),
          z.array(
            z.object({
              recovery_source: z.object({ type: z.string(), repository: z.string().optional() }).optional(),
            }),
          ),
        ),
      }),
    ),
  }),
});
const recoverySchema = z.record(
  z.string(),
  z.object({
    shards: z.array(z.object({ type: z.string(), source: z.object({ repository: z.string().optional() }) })),
  }),
);

const mostFailures = 20;
const longestFailure = 700;
/** The repository's root, the snapshot's and the index's metadata are read before the answer. */
const startTimeoutSeconds = 60;

/**
 * Of the original's settings these must not come back: its policies would roll over, shrink or delete the restored index; its
 * allocation filters name nodes of another time; its blocks would forbid its removal.
 */
const ignoredSettings = [
  'index.plugins.index_state_management.*',
  'index.opendistro.index_state_management.*',
  'index.routing.allocation.*',
  'index.blocks.*',
];

/** A Java regular expression that fits this name alone, and a replacement that is taken as it is. */
const patternOf = (name: string): string => `^${name.replaceAll(/[\\^$.|?*+()[\]{}]/g, '\\$&')}$`;
const replacementOf = (name: string): string => name.replaceAll(/[\\$]/g, '\\$&');

/** @throws IndexExists where an open index, or an alias, has the name */
export async function startRestore(
  ask: Ask,
  repository: string,
  snapshot: string,
  { from, to, replicas }: { readonly from: string; readonly to: string; readonly replicas: number },
): Promise<void> {
  const target = exactName(to);
  try {
    await ask(acceptedSchema, {
      method: 'POST',
      path: `/_snapshot/${names([repository])}/${names([snapshot])}/_restore`,
      query: { wait_for_completion: false },
      body: {
        indices: [exactName(from)],
        ignore_unavailable: false,
        include_global_state: false,
        include_aliases: false,
        partial: false,
        storage_type: 'local',
        rename_pattern: patternOf(from),
        rename_replacement: replacementOf(target),
        index_settings: { 'index.number_of_replicas': replicas, 'index.auto_expand_replicas': 'false' },
        ignore_index_settings: ignoredSettings,
      },
      timeoutSeconds: startTimeoutSeconds,
    });
  } catch (error) {
    // One type for many refusals: whether it is the open index, the index itself tells.
    const unexplained = error instanceof ClusterAnswerUnknown && isOfType(error, 'snapshot_restore_exception');
    if (unexplained && (await isOpen(ask, target)))
      throw new IndexExists(`an open index has the name ${target}: ${error.message}`, { cause: error });
    throw error;
  }
}

/** Done are primary shards that started; a shard that is still tried again is neither done nor failed. */
export async function restoreProgress(ask: Ask, index: string): Promise<RestoreProgress | undefined> {
  const name = exactName(index);
  const uuid = await uuidOf(ask, name);
  if (uuid === undefined) return undefined;
  const { indices } = await ask(healthSchema, {
    method: 'GET',
    path: `/_cluster/health/${names([name])}`,
    query: { level: 'shards', timeout: '5s' },
  });
  const health = indices[name];
  if (health === undefined) return undefined; // deleted between the two answers
  const shards = Object.entries(health.shards);
  const idle = shards.filter(([, shard]) => !shard.primary_active && shard.initializing_shards === 0);
  const failures: string[] = [];
  for (const [shard] of idle) {
    if (failures.length === mostFailures) break;
    const failure = await failureOf(ask, name, Number(shard));
    if (failure !== undefined) failures.push(`${shard}: ${failure}`);
  }
  return {
    uuid,
    health: health.status,
    shards: { total: health.number_of_shards, done: shards.filter(([, shard]) => shard.primary_active).length },
    failures,
  };
}

async function uuidOf(ask: Ask, index: string): Promise<string | undefined> {
  try {
    const answer = await ask(uuidSchema, { method: 'GET', path: `/${names([index])}/_settings/index.uuid` });
    // The name may be that of an alias: it then answers with other names.
    return answer[index]?.settings.index.uuid;
  } catch (error) {
    if (error instanceof IndexMissing) return undefined;
    throw error;
  }
}

/**
 * Why a primary shard will not be restored, or undefined while it may. The decider `restore_in_progress` says no only after
 * the restore of the shard was given up: at once for a corrupt file, after five attempts for a missing or refused one, and
 * where no node takes it. `_recovery` knows nothing of such a shard.
 */
async function failureOf(ask: Ask, index: string, shard: number): Promise<string | undefined> {
  const explanation = await ask(explanationSchema, {
    method: 'POST',
    path: '/_cluster/allocation/explain',
    body: { index, shard, primary: true },
  }).catch((error: unknown) => {
    if (isOfType(error, 'index_not_found_exception')) return undefined;
    throw error;
  });
  if (explanation?.current_state !== 'unassigned') return undefined;
  const refusals = refusalsOf(explanation);
  const final = refusals.some(({ decider }) => decider === 'restore_in_progress' || decider === 'max_retry');
  return final || explanation.can_allocate === 'no_valid_shard_copy' ? reasonOf(explanation) : undefined;
}

const refusalsOf = ({ node_allocation_decisions = [] }: Explanation): { decider: string; explanation: string }[] =>
  node_allocation_decisions.flatMap(({ deciders = [] }) => deciders).filter(({ decision }) => decision === 'NO');

/** The cause alone: before it stand the wrappings that every failed restore has. */
function reasonOf(explanation: Explanation): string {
  const { details } = explanation.unassigned_info ?? {};
  const cause = details?.split(/failed to restore snapshot \[[^\]]*\]\]; nested: /).at(-1);
  const others = refusalsOf(explanation).filter(({ decider }) => decider !== 'restore_in_progress');
  const told =
    cause ?? (others.length > 0 ? others : refusalsOf(explanation)).map(({ explanation }) => explanation).join('; ');
  return (told === '' ? 'no reason given' : told).trim().replace(/;$/, '').slice(0, longestFailure);
}

/**
 * The routing table has the source of shards that are not there (yet), the recovery that of those that are, until their node
 * restarts or they move.
 */
export async function restoredFrom(ask: Ask, index: string): Promise<string | undefined> {
  const name = exactName(index);
  const path = `/_cluster/state/routing_table/${names([name])}`;
  const { routing_table } = await ask(routingSchema, { method: 'GET', path });
  const copies = Object.values(routing_table.indices[name]?.shards ?? {}).flat();
  const awaited = copies.find(({ recovery_source }) => recovery_source?.type === 'SNAPSHOT');
  if (awaited?.recovery_source?.repository !== undefined) return awaited.recovery_source.repository;
  if (copies.length === 0) return undefined;
  const recoveries = await ask(recoverySchema, { method: 'GET', path: `/${names([name])}/_recovery` });
  return recoveries[name]?.shards.find(({ type }) => type === 'SNAPSHOT')?.source.repository;
}
