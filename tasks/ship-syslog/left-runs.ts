import { readdir, readFile, rmdir, unlink } from 'node:fs/promises';
import { join } from 'node:path';

/** Folders of other processes in the spool. */
export interface LeftRuns {
  /** Those whose process has ended, or gave no sign of life for long. */
  find(now: Date): Promise<string[]>;
  /** Removes what is empty of a folder, its sign of life first. */
  remove(run: string): Promise<void>;
}

/**
 * A process that lives changes the content of its file `alive` every second; one that has ended in order has none. How long it has not
 * changed is measured here, by the clock of this process alone.
 */
export function leftRuns(
  folder: string,
  { own, abandonedAfterMilliseconds }: { readonly own: string; readonly abandonedAfterMilliseconds: number },
): LeftRuns {
  const seen = new Map<string, { readonly beat: string; readonly since: Date }>();
  return {
    async find(now) {
      const found: string[] = [];
      for (const { name } of await others(folder, own)) {
        const beat = await readFile(join(folder, name, 'alive'), 'utf8').catch(absentOrUnreadable);
        // Whose sign of life cannot be read may well live: its file must not be taken from under its receiver.
        if (beat === unreadable) continue;
        const last = seen.get(name);
        if (beat !== undefined && last?.beat !== beat) seen.set(name, { beat, since: now });
        else if (beat === undefined || now.getTime() - last!.since.getTime() >= abandonedAfterMilliseconds)
          found.push(join(folder, name));
      }
      return found;
    },

    async remove(run) {
      await unlink(join(run, 'alive')).catch(() => undefined);
      // Not with what is in them: who is not dead after all may have written something.
      for (const part of ['open', 'closed', '']) await rmdir(join(run, part)).catch(() => undefined);
    },
  };
}

const unreadable = Symbol('unreadable');
const absentOrUnreadable = ({ code }: NodeJS.ErrnoException): typeof unreadable | undefined =>
  code === 'ENOENT' ? undefined : unreadable;

const others = async (folder: string, own: string): Promise<{ readonly name: string }[]> =>
  (await readdir(folder, { withFileTypes: true })).filter(
    (entry) => entry.isDirectory() && entry.name !== own && !entry.name.startsWith('.'),
  );
