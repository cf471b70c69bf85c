import { z } from 'zod';

/**
 * What each state of expire-restores takes and returns, as workflow/contracts.ts has it for the archive workflow. The leases are
 * in the restore records (archive/restore-records.ts) under `records/` in the restore bucket; states pass the restore ids.
 */

const count = z.number().int().nonnegative();
const timestamp = z.iso.datetime({ offset: true });
const restoreIds = z.array(z.string().min(1));

/** Restores that one execution looks after, so that its data stays small; the next one takes the rest. */
export const restoresAtMost = 500;
/** Lists in a state's output end here; the whole is in the records. */
export const listedAtMost = 50;

const leases = z.object({
  /** The time that all states of this execution go by. */
  at: timestamp,
  /** Restores of which an index is due for removal. */
  ended: restoreIds,
  /** Restores of which an index is due soon and nobody has been told. */
  ending: restoreIds,
});

const removal = z.strictObject({
  removed: count,
  /** At most `listedAtMost`. */
  removedNames: z.array(z.string()),
  /** Gone already, or replaced by another index of the name, which stays. */
  kept: count,
  /** `name: what was found`, at most `listedAtMost`. */
  keptNames: z.array(z.string()),
});

export const expireContracts = {
  /** Needs nothing of its input: a schedule may send what it likes. */
  ListLeases: { input: z.unknown(), output: z.strictObject({ ...leases.shape, leases: count }) },
  RemoveExpired: { input: leases, output: removal },
  NotifyExpiring: {
    input: leases.extend({ removal, execution: z.object({ id: z.string() }) }),
    /** Indices whose coming removal was told of. */
    output: z.strictObject({ notified: z.boolean(), told: count }),
  },
  MeasureDrillAge: {
    input: leases,
    /** 0 where no archive is sealed; `lastDrill` (a drill id) is null where none has passed. */
    output: z.strictObject({ daysSinceDrill: z.number().nonnegative(), lastDrill: z.string().nullable() }),
  },
} as const;

/** A state of expire-restores that a function of the same name carries out. */
export type ExpireState = keyof typeof expireContracts;
