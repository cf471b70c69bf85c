import { z } from 'zod';
import { observationKey, selectionKey, snapshotRecordKey } from '../../archive/keys.ts';
import { settle } from '../../archive/observe.ts';
import {
  parseObservation,
  parseSelection,
  parseSnapshotRecord,
  snapshotRecordBytes,
  type ObservedIndex,
  type SnapshotIndex,
} from '../../archive/run-records.ts';
import type { Cluster, SnapshotFacts } from '../../ports/cluster.ts';
import type { ObjectStore } from '../../ports/object-store.ts';
import { archiveContracts } from '../../workflow/contracts.ts';
import { SnapshotFailed, SnapshotMissing, SnapshotPartial, SnapshotTimedOut } from '../../workflow/errors.ts';
import { clusterVariables, connectCluster, connectStaging, stagingVariables } from '../connect.ts';
import { defineStep, lambdaHandler } from '../step.ts';
import { readState, resample } from './observe-index.ts';
import { complete, hoursSince, stillGoing } from '../polling.ts';
import { readRecord, writeOnce } from '../records.ts';

export const environment = z.object({
  ...clusterVariables,
  ...stagingVariables,
  SNAPSHOT_TIMEOUT_HOURS: z.coerce.number().positive(),
});

export interface Ports {
  readonly cluster: Cluster;
  readonly staging: ObjectStore;
  readonly timeoutHours: number;
  readonly now: () => Date;
}

/** Looks at the snapshot; once it is complete, establishes what it holds. */
export async function checkSnapshot(
  { archiveId, snapshot: polled }: z.output<typeof archiveContracts.CheckSnapshot.input>,
  { cluster, staging, timeoutHours, now }: Ports,
): Promise<z.output<typeof archiveContracts.CheckSnapshot.output>> {
  const snapshot = await cluster.snapshot(archiveId, archiveId);
  if (!snapshot) throw new SnapshotMissing(`Snapshot ${archiveId} is not in repository ${archiveId}`);
  if (snapshot.state === 'IN_PROGRESS') {
    if (hoursSince(polled, now()) < timeoutHours) return stillGoing(polled);
    throw new SnapshotTimedOut(`Snapshot ${archiveId} has been running for more than ${timeoutHours} h`);
  }
  const selection = await readRecord(staging, selectionKey(archiveId), parseSelection);
  requireWhole(
    snapshot,
    selection.indices.map(({ name }) => name),
  );
  const observation = await readRecord(staging, observationKey(archiveId), parseObservation);
  const indices: SnapshotIndex[] = [];
  for (const before of observation.indices) indices.push(await settled(cluster, before));
  const record = { archiveId, snapshot: { name: snapshot.name, uuid: snapshot.uuid }, indices };
  await writeOnce(staging, snapshotRecordKey(archiveId), snapshotRecordBytes(record), parseSnapshotRecord);
  return complete(polled);
}

/** HTTP 200 and a state are not enough: every shard of every selected index must be in the snapshot. */
function requireWhole(snapshot: SnapshotFacts, selected: readonly string[]): void {
  const why = snapshot.failures.length > 0 ? `: ${snapshot.failures.join('; ')}` : '';
  if (snapshot.state === 'FAILED') throw new SnapshotFailed(`Snapshot ${snapshot.name} FAILED${why}`);
  const { failed, total, successful } = snapshot.shards;
  if (snapshot.state === 'PARTIAL' || failed > 0 || successful < total) {
    throw new SnapshotPartial(`Snapshot ${snapshot.name} lacks ${total - successful} of ${total} shards${why}`);
  }
  const missing = selected.filter((name) => !snapshot.indices.includes(name));
  if (missing.length > 0) {
    throw new SnapshotPartial(`Snapshot ${snapshot.name} lacks indices: ${missing.join(', ')}`);
  }
}

async function settled(cluster: Cluster, before: ObservedIndex): Promise<SnapshotIndex> {
  const state = await readState(cluster, before.name);
  return settle(before, { ...state, samples: await resample(cluster, before) });
}

export const step = defineStep('CheckSnapshot', archiveContracts.CheckSnapshot, {
  environment,
  connect: (variables): Ports => ({
    cluster: connectCluster(variables),
    staging: connectStaging(variables),
    timeoutHours: variables.SNAPSHOT_TIMEOUT_HOURS,
    now: () => new Date(),
  }),
  run: checkSnapshot,
});

export const handler = lambdaHandler(step);
