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
  for (const planned of plannedIndices(plan)) {
    const { to, via, index } = planned.target;
    const progress = await cluster.restoreProgress(to);
    if (!progress) throw new RestoreFailed(`${to} was verified and is gone`);
    const restored = {
      from: index.name,
      name: to,
      uuid: progress.uuid,
      leaseUntil: via === null ? leaseEnd : null,
    };
    indices.push(
      planned.source === 'snapshot'
        ? {
            ...restored,
            source: 'snapshot',
            snapshot: planned.origin,
            shards: planned.target.index.shards,
            bytes: planned.target.index.bytes,
            // The snapshot does not know them.
            documents: await cluster.count(to),
          }
        : { ...restored, archiveId: planned.archiveId, documents: planned.target.index.documents.count },
    );
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
