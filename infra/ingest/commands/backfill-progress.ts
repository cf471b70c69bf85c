import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { z } from 'zod';
import { CommandMisused } from './command.ts';

/** What is asked for: a progress of anything else must not be gone on with. */
const job = z.strictObject({
  bucket: z.string(),
  prefix: z.string(),
  queue: z.string(),
  since: z.string().optional(),
  until: z.string().optional(),
});
export type Job = z.output<typeof job>;
const kept = z.strictObject({ job, lastKey: z.string() });

/** How far a backfill has come, in a file, so that another run goes on there. */
export interface KeptProgress {
  /** The last key whose object is in the queue. */
  read(): string | undefined;
  write(lastKey: string): void;
  remove(): void;
}

export const noProgress: KeptProgress = { read: () => undefined, write: () => undefined, remove: () => undefined };

/** Failures: `CommandMisused` when the file is of another backfill, or none. */
export function progressIn(file: string, of: Job): KeptProgress {
  return {
    read() {
      let text: string;
      try {
        text = readFileSync(file, 'utf8');
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
        throw error;
      }
      const parsed = kept.safeParse(json(text));
      if (!parsed.success) throw new CommandMisused(`${file} holds no progress of a backfill`);
      if (JSON.stringify(job.parse(parsed.data.job)) !== JSON.stringify(job.parse(of)))
        throw new CommandMisused(`${file} is the progress of another backfill: ${JSON.stringify(parsed.data.job)}`);
      return parsed.data.lastKey;
    },
    write(lastKey) {
      // Whole, or not at all, whenever it is cut off.
      const next = `${file}.next`;
      writeFileSync(next, `${JSON.stringify({ job: of, lastKey })}\n`);
      renameSync(next, file);
    },
    remove: () => rmSync(file, { force: true }),
  };
}

function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
