import { z } from 'zod';
import { failureRecord, polled, polledFields } from './contracts.ts';

/**
 * What each state of the restore workflow takes and returns, as workflow/contracts.ts has it for the archive workflow. Payloads
 * stay small: the plan is in the restore bucket under `runs/<restore-id>/`, and states pass the restore id.
 */

const restoreId = z.string().min(1);
const archiveId = z.string().min(1);
const count = z.number().int().nonnegative();
const timestamp = z.iso.datetime({ offset: true });
const ofRestore = z.object({ restoreId });
const execution = z.object({ id: z.string(), startedAt: timestamp, stateMachineId: z.string() });
const thawTier = z.enum(['Expedited', 'Standard', 'Bulk']);

/** Lists in a state's output end here; the whole is in the plan. */
export const listedAtMost = 50;

const options = {
  /** Index names, or patterns with `*`, as the archive has them. */
  indices: z.array(z.string().min(1)).min(1).default(['*']),
  /** What to do where an index has the name already. */
  conflict: z.enum(['fail', 'rename', 'replace']).default('fail'),
  /** With `rename`: the new name, `{index}` standing for the old one. */
  renamePattern: z
    .string()
    .regex(/\{index\}/, 'must contain {index}')
    .default('restored-{index}'),
  /** Say what would be done, and stop. */
  planOnly: z.boolean().default(false),
  /** The restored indices are removed after this many days. */
  leaseDays: z.number().int().min(1).max(3650).default(30),
  /** Absent: as the settings say. */
  replicas: z.number().int().min(0).max(5).optional(),
};

const ofArchives = {
  ...options,
  /** `days`: how long a thawed copy stays readable. */
  thaw: z
    .strictObject({ tier: thawTier.default('Standard'), days: z.number().int().min(1).max(30).default(3) })
    .prefault({}),
};

/** The accepted inputs of a restore execution. */
export const restoreRequest = z.union([
  z.strictObject({ archiveId, ...ofArchives }),
  /** Days of the logs, UTC, the first and the last of them: 2026-01-02 to 2026-01-02 is one day. */
  z
    .strictObject({ from: z.iso.date(), to: z.iso.date(), ...ofArchives })
    .refine(({ from, to }) => from <= to, { path: ['to'], error: 'must not be before "from"' }),
  /** From the snapshot repository: nothing to thaw. */
  z.strictObject({
    source: z.literal('snapshots'),
    /** Absent: the newest successful one of the schedule. */
    snapshot: z.string().min(1).optional(),
    /** Absent: that of the settings. */
    repository: z.string().min(1).optional(),
    ...options,
  }),
]);
export type RestoreRequest = z.output<typeof restoreRequest>;
export type SnapshotsRequest = Extract<RestoreRequest, { readonly source: 'snapshots' }>;
export type ArchivesRequest = Exclude<RestoreRequest, SnapshotsRequest>;

const thawing = z.strictObject({
  ...polledFields,
  /** Once complete: the volumes that are not unpacked yet, one task each. Empty before. */
  volumes: z.array(z.strictObject({ archiveId, volume: z.number().int().positive() })),
});

/** What a restore will do and need: also what `planOnly` ends with. */
export const restoreSummary = z.strictObject({
  restoreId,
  conflict: z.enum(['fail', 'rename', 'replace']),
  /** Archives that are read, at most `listedAtMost`; none where it is a snapshot. */
  archives: z.array(archiveId),
  snapshot: z.strictObject({ repository: z.string(), name: z.string(), startedAt: timestamp }).optional(),
  indexCount: count,
  /** Absent where it is a snapshot, which does not know them. */
  documents: count.optional(),
  /** At most `listedAtMost` of them. */
  indices: z.array(z.strictObject({ name: z.string(), to: z.string(), documents: count.optional() })),
  /** Volumes that hold what is asked, and their bytes of ciphertext; or the bytes that a snapshot holds of it. */
  volumes: count,
  bytes: count,
  /** `hours`: the longest that the provider names for the tier; 0 where nothing is frozen. Absent where it is a snapshot. */
  thaw: z
    .strictObject({
      tier: thawTier,
      days: z.number().int().positive(),
      hours: z.number().nonnegative(),
      volumesToThaw: count,
      bytesToThaw: count,
    })
    .optional(),
  /** An estimate by the price table of the settings, rounded up to a cent. */
  cost: z.strictObject({
    currency: z.string(),
    amount: z.number().nonnegative(),
    parts: z.array(z.strictObject({ what: z.string(), amount: z.number().nonnegative() })),
  }),
  disk: z.strictObject({ neededBytes: count, freeBytes: count }),
  /** Versions that created the asked indices (a snapshot does not say), the versions that wrote the snapshots, and why this cluster can read them. */
  versions: z.strictObject({
    cluster: z.string(),
    created: z.array(z.string()),
    written: z.array(z.string()),
    verdict: z.string(),
  }),
  /** What was noticed and does not stand in the way, at most `listedAtMost`. */
  warnings: z.array(z.string()),
});
export type RestoreSummary = z.output<typeof restoreSummary>;

export const restoreContracts = {
  LocateArchive: {
    input: z.object({
      /** Checked by the function itself, so that a wrong form is an `InvalidRequest`. */
      request: z.unknown(),
      execution,
    }),
    output: z.strictObject({
      restoreId,
      archives: count,
      /** Its name, where that is what the restore is made from. */
      snapshot: z.string().optional(),
      indices: count,
      planOnly: z.boolean(),
    }),
  },
  PlanRestore: { input: ofRestore, output: restoreSummary },
  ThawVolumes: { input: ofRestore, output: thawing },
  CheckThaw: { input: ofRestore.extend({ thaw: thawing }), output: thawing },
  CheckUnpacked: { input: ofRestore, output: z.strictObject({ volumes: count, objects: count, bytes: count }) },
  RegisterReadonlyRepository: { input: ofRestore, output: z.strictObject({ repositories: count }) },
  PrepareIndices: {
    input: ofRestore,
    /** `replacing`: some are verified under a temporary name first, then restored over the open index. */
    output: z.strictObject({ indices: count, replacing: z.boolean() }),
  },
  StartRestore: { input: ofRestore, output: polled },
  CheckRestore: { input: ofRestore.extend({ restore: polled }), output: polled },
  VerifyRestore: { input: ofRestore, output: z.strictObject({ indices: count, documents: count }) },
  ReplaceIndices: { input: ofRestore, output: polled },
  CheckReplacement: { input: ofRestore.extend({ replacement: polled }), output: polled },
  VerifyReplacement: { input: ofRestore, output: z.strictObject({ indices: count, documents: count }) },
  /** Removes the verified copies under temporary names, once what they stood in for is verified itself. */
  RemoveCopies: { input: ofRestore, output: z.strictObject({ removed: count }) },
  RecordRestore: { input: ofRestore, output: z.strictObject({ key: z.string() }) },
  /** Removes what a failed restore has made. The restore id is in the failed state's input, unless the first state failed. */
  UndoRestore: {
    input: failureRecord.extend({ input: z.looseObject({ restoreId: restoreId.optional() }) }),
    /** Names of removed indices, at most `listedAtMost`. */
    output: z.strictObject({ removed: z.array(z.string()) }),
  },
  ReleaseRepository: { input: ofRestore, output: z.strictObject({ released: count }) },
  WipeRestored: { input: ofRestore, output: z.strictObject({ objects: count, bytes: count }) },
  NotifyRestored: {
    input: ofRestore.extend({
      wiped: z.object({ objects: count, bytes: count }),
      execution: z.object({ id: z.string(), startedAt: timestamp }),
    }),
    output: z.strictObject({ notified: z.boolean() }),
  },
} as const;

/** A state of the restore workflow that a function of the same name carries out. */
export type RestoreState = keyof typeof restoreContracts;
