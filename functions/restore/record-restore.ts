import { z } from 'zod';
import { restoreRecordKey } from '../../archive/keys.ts';
import { parseRestoreRecord, restoreRecordBytes, type RestoreRecord } from '../../archive/restore-records.ts';
import type { Cluster } from '../../ports/cluster.ts';
import type { ObjectStore } from '../../ports/object-store.ts';
import { RestoreFailed } from '../../workflow/errors.ts';
import { restoreContracts } from '../../workflow/restore-contracts.ts';
import { clusterVariables, connectCluster, connectRestore, restoreVariables } from '../connect.ts';
import { writeOnce } from '../records.ts';
import { defineStep, lambdaHandler } from '../step.ts';
import { plannedIndices, readRestorePlan } from './targets.ts';

export const environment = z.object({ ...clusterVariables, ...restoreVariables });

export interface Ports {
  readonly cluster: Cluster;
  readonly restore: ObjectStore;
  readonly now: () => Date;
}

/** Notes what was restored and until when it stays, before anything else is tidied: `expire-restores` goes by this record. */
export async function recordRestore(
  { restoreId }: z.output<typeof restoreContracts.RecordRestore.input>,
  { cluster, restore, now }: Ports,
): Promise<z.output<typeof restoreContracts.RecordRestore.output>> {
  const plan = await readRestorePlan(restore, restoreId);
  const restoredAt = now();
  const leaseEnd = new Date(restoredAt.getTime() + plan.leaseDays * 86_400_000).toISOString();
  const indices: RestoreRecord['indices'] = [];
  for (const { archive, target } of plannedIndices(plan)) {
    const progress = await cluster.restoreProgress(target.to);
    if (!progress) throw new RestoreFailed(`${target.to} was verified and is gone`);
    indices.push({
      archiveId: archive.archiveId,
      from: target.index.name,
      name: target.to,
      uuid: progress.uuid,
      documents: target.index.documents.count,
      leaseUntil: target.via === null ? leaseEnd : null,
    });
  }
  const record = { restoreId, execution: plan.execution, restoredAt: restoredAt.toISOString(), indices };
  const key = restoreRecordKey(restoreId);
  await writeOnce(restore, key, restoreRecordBytes(record), parseRestoreRecord);
  return { key };
}

export const step = defineStep('RecordRestore', restoreContracts.RecordRestore, {
  environment,
  connect: (variables): Ports => ({
    cluster: connectCluster(variables),
    restore: connectRestore(variables),
    now: () => new Date(),
  }),
  run: recordRestore,
});

export const handler = lambdaHandler(step);
