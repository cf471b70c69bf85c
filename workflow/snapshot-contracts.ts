import { z } from 'zod';
import { polled, polledFields } from './contracts.ts';

/**
 * What each state of the snapshot workflow takes and returns, as workflow/contracts.ts has it for the archive workflow. Nothing
 * is written beside the cluster: names of snapshots fit into the state data, at most `deletedAtMost` of them.
 */

const count = z.number().int().nonnegative();
const timestamp = z.iso.datetime({ offset: true });
const execution = z.object({ id: z.string(), startedAt: timestamp, stateMachineId: z.string() });

/**
 * Snapshots that one execution deletes, so that its history stays far below 25,000 events: a deletion has about 20. What is left
 * is expired for the next execution too.
 */
export const deletedAtMost = 400;
/** Other lists in a state's output end here. */
export const listedAtMost = 50;

/** The accepted inputs of a snapshot execution: `{}` takes a snapshot and deletes the expired ones. */
export const snapshotRequest = z
  .strictObject({
    /** Set by a schedule. */
    scheduledTime: timestamp.optional(),
    /** Say which snapshots are expired, and change nothing. */
    dryRun: z.boolean().default(false),
    /** Delete the expired ones, and take none. */
    deleteOnly: z.boolean().default(false),
    /** Take one, and delete none. */
    snapshotOnly: z.boolean().default(false),
    /** Remove blobs that no snapshot refers to, and measure the repository; nothing else. */
    cleanUp: z.boolean().default(false),
  })
  .refine(
    ({ dryRun, deleteOnly, snapshotOnly, cleanUp }) =>
      [dryRun || deleteOnly, snapshotOnly, cleanUp].filter(Boolean).length <= 1,
    { error: '"snapshotOnly" and "cleanUp" exclude each other, "deleteOnly" and "dryRun"' },
  );
export type SnapshotRequest = z.output<typeof snapshotRequest>;

const ofRun = z.object({ snapshotName: z.string().min(1) });

const starting = z.strictObject({
  ...polledFields,
  /** False while another snapshot runs, which is waited for. */
  started: z.boolean(),
  /** Another snapshot, `repository/name`. */
  waitingFor: z.string().optional(),
  /** Selected indices that no snapshot can hold beside hot ones (UltraWarm and cold), at most `listedAtMost`. */
  leftOut: z.array(z.string()).optional(),
});

export const snapshotContracts = {
  PlanSnapshot: {
    input: z.object({
      /** Checked by the function itself, so that a wrong form is an `InvalidRequest`. */
      request: z.unknown(),
      execution,
    }),
    output: z.strictObject({
      /** Of the snapshot that this execution takes, if it takes one. */
      snapshotName: z.string(),
      /** ARN of this execution: noted in its snapshot, so that it knows it again. */
      execution: z.string(),
      /** `register`: the repository is read-only here, and only kept registered. `none`: the execution before this one still runs. */
      work: z.enum(['snapshot', 'retention', 'cleanUp', 'register', 'none']),
      /** Whether expired snapshots are deleted after the snapshot. */
      retention: z.boolean(),
      dryRun: z.boolean(),
      scheduled: z.boolean(),
      /** Why there is this work, or none, in words. */
      reason: z.string(),
    }),
  },
  RegisterRepository: {
    input: ofRun,
    output: z.strictObject({
      name: z.string(),
      outcome: z.enum(['unchanged', 'registered', 'updated']),
      /** `setting: before -> after` of those that differed. */
      changed: z.array(z.string()),
    }),
  },
  StartSnapshot: {
    input: ofRun.extend({ execution: z.string().min(1), snapshot: starting.partial().optional() }),
    output: starting,
  },
  CheckSnapshot: {
    input: ofRun.extend({ snapshot: z.object(polledFields) }),
    output: z.strictObject({
      ...polledFields,
      /** Once complete. `addedBytes`: what this snapshot added to the repository; `bytes`: all that it refers to. */
      taken: z
        .strictObject({
          indices: count,
          shards: count,
          bytes: count,
          addedBytes: count,
          addedFiles: count,
          seconds: z.number().nonnegative(),
        })
        .optional(),
    }),
  },
  ListExpiredSnapshots: {
    input: ofRun.extend({ work: z.enum(['snapshot', 'retention']) }),
    output: z.strictObject({
      /** Names to delete, oldest first, at most `deletedAtMost`. */
      snapshots: z.array(z.string()),
      expired: count,
      kept: count,
      /** In the same repository, of other names: never touched. */
      foreign: count,
      /** What a person should look at, at most `listedAtMost`. */
      warnings: z.array(z.string()),
    }),
  },
  DeleteSnapshot: { input: ofRun, output: polled },
  CheckDeletion: { input: ofRun.extend({ deletion: polled }), output: polled },
  CleanUpRepository: { input: ofRun, output: z.strictObject({ deletedBytes: count, deletedBlobs: count }) },
  MeasureRepository: { input: ofRun, output: z.strictObject({ objects: count, bytes: count, snapshots: count }) },
  NotifySnapshot: {
    input: z.object({
      /** The state data: what is absent was not part of this execution. */
      run: z.object({
        snapshotName: z.string(),
        work: z.string(),
        scheduled: z.boolean(),
        repository: z.object({ name: z.string(), outcome: z.string(), changed: z.array(z.string()) }),
        snapshot: z
          .object({
            taken: z.object({ indices: count, bytes: count, addedBytes: count, seconds: z.number() }).optional(),
          })
          .optional(),
        expired: z
          .object({
            snapshots: z.array(z.string()),
            expired: count,
            kept: count,
            foreign: count,
            warnings: z.array(z.string()),
          })
          .optional(),
        cleanup: z.object({ deletedBytes: count, deletedBlobs: count }).optional(),
        measured: z.object({ objects: count, bytes: count, snapshots: count }).optional(),
      }),
      execution: z.object({ id: z.string() }),
    }),
    output: z.strictObject({ notified: z.boolean() }),
  },
} as const;

/** A state of the snapshot workflow that a function of the same name carries out. */
export type SnapshotState = keyof typeof snapshotContracts;
