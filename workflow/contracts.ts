import { z } from 'zod';

/**
 * What each state of the archive workflow takes and returns. A state sees the whole state data; its contract names the part
 * that it reads (`input`) and the part that it adds (`output`, at the place that workflow/archive.ts gives it).
 * Payloads stay small: lists are in the staging bucket under `runs/<archive-id>/`.
 */

const archiveId = z.string().min(1);
const count = z.number().int().nonnegative();
const timestamp = z.iso.datetime({ offset: true });
const ofArchive = z.object({ archiveId });

/** The accepted inputs of an archive execution. */
export const archiveRequest = z.union([
  z.strictObject({ scheduledTime: timestamp }),
  z.strictObject({ date: z.iso.date() }),
  z.strictObject({ indices: z.array(z.string().min(1)).min(1) }),
  z.strictObject({ resume: archiveId }),
]);
export type ArchiveRequest = z.infer<typeof archiveRequest>;

/** A long operation of the cluster: whether it has ended, and how long to wait before looking again. */
export const polledFields = {
  complete: z.boolean(),
  startedAt: timestamp,
  waitSeconds: z.number().int().positive(),
};
export const polled = z.strictObject(polledFields);

export const archiveContracts = {
  SelectIndices: {
    input: z.object({
      /** Checked by the function itself, so that a wrong form is an `InvalidRequest`. */
      request: z.unknown(),
      execution: z.object({ id: z.string(), startedAt: timestamp, stateMachineId: z.string() }),
    }),
    output: z.strictObject({
      archiveId,
      /** `cleanup`: the archive is sealed already, only the removal of what was staged remains. */
      work: z.enum(['archive', 'cleanup', 'none']),
      /** Why there is this work, or none, in words. */
      reason: z.string(),
      selection: z.strictObject({ indices: count, documents: count, bytes: count }),
      /** Archive ids of earlier runs that are staged and not sealed, oldest first, at most 20. */
      leftovers: z.array(archiveId),
    }),
  },
  RegisterRepository: {
    input: ofArchive,
    output: z.strictObject({ name: z.string(), basePath: z.string() }),
  },
  StartSnapshot: { input: ofArchive, output: polled },
  CheckSnapshot: { input: ofArchive.extend({ snapshot: polled }), output: polled },
  PlanVolumes: {
    input: ofArchive,
    output: z.strictObject({
      volumes: count,
      objects: count,
      bytes: count,
      /** Volumes without a receipt: one task each. */
      pending: z.array(z.strictObject({ volume: z.number().int().positive() })),
    }),
  },
  CheckVolumes: {
    input: ofArchive,
    /** `bytes`: ciphertext. */
    output: z.strictObject({ volumes: count, objects: count, objectBytes: count, bytes: count }),
  },
  VerifyArchive: { input: ofArchive, output: z.strictObject({ volumes: count }) },
  LockArchive: { input: ofArchive, output: z.strictObject({ until: timestamp, extended: count }) },
  SealArchive: {
    input: ofArchive,
    output: z.strictObject({ sequence: count, manifestSha256: z.string(), linkSha256: z.string() }),
  },
  DeleteSnapshot: { input: ofArchive, output: polled },
  CheckDeletion: { input: ofArchive.extend({ deletion: polled }), output: polled },
  ReleaseRepository: { input: ofArchive, output: z.strictObject({ released: z.boolean() }) },
  WipeStaging: { input: ofArchive, output: z.strictObject({ objects: count, bytes: count }) },
  NotifyArchived: {
    input: ofArchive.extend({
      leftovers: z.array(archiveId),
      wiped: z.object({ objects: count, bytes: count }),
      execution: z.object({ id: z.string(), startedAt: timestamp }),
    }),
    output: z.strictObject({ notified: z.boolean() }),
  },
} as const;

/** A state of the archive workflow that a function of the same name carries out. */
export type ArchiveState = keyof typeof archiveContracts;

/** States of the archive workflow that only some deployments have. */
export const optionalArchiveContracts = {
  DeleteSourceIndices: {
    input: ofArchive,
    /** `gone`: not there any more, or another index has the name now. */
    output: z.strictObject({ deleted: count, gone: count }),
  },
} as const;
export type OptionalArchiveState = keyof typeof optionalArchiveContracts;

/** What the failure branch passes along: `<State>Failed` makes it, `DescribeFailure` adds `description`. */
export const failureRecord = z.object({
  state: z.string(),
  /** What the notice says has failed, beside the state. */
  what: z.string().optional(),
  /** The failed state's own input, with the caught error under the reserved key `failure`. */
  input: z.record(z.string(), z.unknown()),
  error: z.object({ Error: z.string(), Cause: z.string().default('') }),
  /** Redrives of the execution up to this failure. */
  redriveCount: count,
  execution: z.object({ id: z.string(), name: z.string(), startedAt: timestamp, stateMachineId: z.string() }),
});
export type FailureRecord = z.infer<typeof failureRecord>;

export const failureContracts = {
  DescribeFailure: {
    input: failureRecord,
    output: z.strictObject({ subject: z.string().max(100), message: z.string() }),
  },
  HaltForRedrive: {
    input: z.object({ record: failureRecord, redriveCount: count }),
    output: z.strictObject({ state: z.string(), input: z.record(z.string(), z.unknown()) }),
  },
} as const;
export type FailureState = keyof typeof failureContracts;
