import { z } from 'zod';
import { failureRecord } from './contracts.ts';

/**
 * What each state of the drill takes and returns, as workflow/contracts.ts has it for the archive workflow. What is drilled fits
 * into the state data; the evidence is in the restore bucket under `drills/<drill-id>/`.
 */

const count = z.number().int().nonnegative();
const timestamp = z.iso.datetime({ offset: true });
const text = z.string().min(1);
const execution = z.object({ id: z.string(), startedAt: timestamp });

/** What is drilled: `PickArchive` adds it, every later state reads it. */
const picked = z.object({
  drillId: text,
  archiveId: text,
  /** Of the archive's link in the chain. */
  sequence: z.number().int().positive(),
  /** The index, as the archive names it. */
  index: text,
  /** Why this archive and this index, in words. */
  reason: z.string(),
});

/** The accepted inputs of a drill execution. By hand, an archive can be named, and an index of it. */
export const drillRequest = z
  .strictObject({ scheduledTime: timestamp.optional(), archiveId: text.optional(), index: text.optional() })
  .refine(({ archiveId, index }) => index === undefined || archiveId !== undefined, {
    path: ['index'],
    error: 'needs the archiveId of an archive that holds it',
  });
export type DrillRequest = z.output<typeof drillRequest>;

/** The restore that the drill has started, and how it stands. */
const restoring = z.strictObject({
  complete: z.boolean(),
  /** Since when the drill waits for it. */
  startedAt: timestamp,
  waitSeconds: z.number().int().positive(),
  execution: z.strictObject({ arn: text, startedAt: timestamp, endedAt: timestamp.nullable() }),
  /** Known once it is complete. */
  restoreId: text.nullable(),
});
export type Restoring = z.output<typeof restoring>;

/** What the drill itself has seen of the restored index. */
const drilled = z.strictObject({
  restoreId: text,
  /** As restored. */
  name: text,
  uuid: text,
  documents: count,
  /** False: documents were written while the snapshot was taken, and only the samples are promised. */
  documentsExact: z.boolean(),
  shards: count,
  /** Sampled documents whose digests were compared. */
  samples: count,
  manifestSha256: z.string(),
  checksumsSha256: z.string(),
  checkedAt: timestamp,
});
export type Drilled = z.output<typeof drilled>;

export const drillContracts = {
  PickArchive: {
    input: z.object({
      /** Checked by the function itself, so that a wrong form is an `InvalidRequest`. */
      request: z.unknown(),
      execution,
    }),
    /** `due` false: nothing is sealed and locked, so there is nothing to drill, and the rest is null. */
    output: z.strictObject({
      due: z.boolean(),
      ...picked.shape,
      archiveId: text.nullable(),
      sequence: z.number().int().positive().nullable(),
      index: text.nullable(),
    }),
  },
  StartDrill: { input: picked, output: restoring },
  CheckDrill: { input: picked.extend({ restore: restoring }), output: restoring },
  CheckDrilled: { input: picked.extend({ restore: restoring.extend({ restoreId: text }) }), output: drilled },
  RemoveDrilled: {
    input: picked.extend({ drilled }),
    /** `gone`: no index has the name any more; `replaced`: another index has it, and stays. */
    output: z.strictObject({ outcome: z.enum(['removed', 'gone', 'replaced']) }),
  },
  WriteEvidence: {
    input: picked.extend({
      restore: restoring.extend({
        restoreId: text,
        execution: restoring.shape.execution.extend({ endedAt: timestamp }),
      }),
      drilled,
      execution,
    }),
    /** Of the report and its page in the restore bucket, and the report's digest. */
    output: z.strictObject({ key: text, pageKey: text, sha256: z.string() }),
  },
  NotifyDrilled: {
    input: picked.extend({
      drilled,
      evidence: z.object({ key: text, pageKey: text, sha256: z.string() }),
      execution,
    }),
    output: z.strictObject({ notified: z.boolean() }),
  },
  /** Puts on record that the archive was not shown to be restorable. On the way of a failure, before it is described. */
  RecordFailedDrill: {
    input: failureRecord.extend({ input: picked.extend({ restore: restoring.optional() }).loose() }),
    output: z.strictObject({ key: text }),
  },
} as const;

/** A state of the drill that a function of the same name carries out. */
export type DrillState = keyof typeof drillContracts;
