import { z } from 'zod';
import { inParallel } from '../../archive/verify-in-parallel.ts';
import type { ObjectStore } from '../../ports/object-store.ts';
import { expireContracts, restoresAtMost } from '../../workflow/expire-contracts.ts';
import { connectRestore, restoreVariables } from '../connect.ts';
import { defineStep, lambdaHandler } from '../step.ts';
import { isOver, isToTell, listRecordKeys, readLeaseRecord } from './lease-records.ts';

export const environment = z.object({ ...restoreVariables });

export interface Ports {
  readonly restore: ObjectStore;
  readonly now: () => Date;
}

const PARALLEL_READS = 8;

/** Finds the restores that have an index whose lease has ended, or ends soon. */
export async function listLeases(
  _: unknown,
  { restore, now }: Ports,
): Promise<z.output<typeof expireContracts.ListLeases.output>> {
  const at = now();
  const keys = await listRecordKeys(restore);
  const records = await inParallel(keys, PARALLEL_READS, (key) => readLeaseRecord(restore, key));
  const having = (isDue: typeof isOver): string[] =>
    records
      .filter(({ indices }) => indices.some((lease) => isDue(lease, at)))
      .map(({ restoreId }) => restoreId)
      .slice(0, restoresAtMost);
  const leases = records.flatMap(({ indices }) =>
    indices.filter(({ leaseUntil, ended }) => leaseUntil !== null && ended === undefined),
  );
  return { at: at.toISOString(), ended: having(isOver), ending: having(isToTell), leases: leases.length };
}

export const step = defineStep('ListLeases', expireContracts.ListLeases, {
  environment,
  connect: (variables): Ports => ({ restore: connectRestore(variables), now: () => new Date() }),
  run: listLeases,
});

export const handler = lambdaHandler(step);
