import { z } from 'zod';
import { observationKey, selectionKey } from '../../archive/keys.ts';
import { observationBytes, parseSelection, type SelectedIndex } from '../../archive/run-records.ts';
import type { Cluster, ClusterIndex } from '../../ports/cluster.ts';
import type { ObjectStore } from '../../ports/object-store.ts';
import { archiveContracts } from '../../workflow/contracts.ts';
import { IndexMissing, SnapshotInProgress } from '../../workflow/errors.ts';
import { clusterVariables, connectCluster, connectStaging, stagingVariables } from '../connect.ts';
import { defineStep, lambdaHandler } from '../step.ts';
import { observeIndex } from './observe-index.ts';
import { started } from '../polling.ts';
import { readRecord } from '../records.ts';
import { requireArchivable } from './selection/candidates.ts';

export const environment = z.object({ ...clusterVariables, ...stagingVariables });

export interface Ports {
  readonly cluster: Cluster;
  readonly staging: ObjectStore;
  readonly now: () => Date;
}

/**
 * Notes what the selected indices hold and starts their snapshot. One that is running or complete already is kept; one that
 * ended PARTIAL or FAILED is removed first.
 */
export async function startSnapshot(
  { archiveId }: z.output<typeof archiveContracts.StartSnapshot.input>,
  { cluster, staging, now }: Ports,
): Promise<z.output<typeof archiveContracts.StartSnapshot.output>> {
  const existing = await cluster.snapshot(archiveId, archiveId);
  if (existing?.state === 'IN_PROGRESS' || existing?.state === 'SUCCESS') return started(existing.startedAt);
  if (existing && !(await cluster.deleteSnapshot(archiveId, archiveId))) {
    throw new SnapshotInProgress(`The cluster is still removing the ${existing.state} snapshot ${archiveId}`);
  }
  const { indices } = await readRecord(staging, selectionKey(archiveId), parseSelection);
  requireArchivable(await stillThere(cluster, indices));
  const observed = [];
  for (const index of indices) observed.push(await observeIndex(cluster, index));
  // Overwritten by each attempt: what counts is the state just before the snapshot that is archived.
  await staging.put(observationKey(archiveId), observationBytes({ archiveId, indices: observed }));
  await cluster.startSnapshot(
    archiveId,
    archiveId,
    indices.map(({ name }) => name),
  );
  return started(now());
}

/** @throws IndexMissing when an index is gone, or another one has its name now. */
async function stillThere(cluster: Cluster, selected: readonly SelectedIndex[]): Promise<ClusterIndex[]> {
  const found = await cluster.indices(selected.map(({ name }) => name));
  const gone = selected.filter(({ uuid }) => !found.some((index) => index.uuid === uuid));
  if (gone.length === 0) return found.filter((index) => selected.some(({ uuid }) => uuid === index.uuid));
  const facts = gone.map(({ name, uuid }) => `${name} (${uuid})`);
  throw new IndexMissing(`Selected, but not in the cluster any more, or replaced: ${facts.join(', ')}`);
}

export const step = defineStep('StartSnapshot', archiveContracts.StartSnapshot, {
  environment,
  connect: (variables): Ports => ({
    cluster: connectCluster(variables),
    staging: connectStaging(variables),
    now: () => new Date(),
  }),
  run: startSnapshot,
});

export const handler = lambdaHandler(step);
