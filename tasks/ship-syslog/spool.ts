import { randomBytes } from 'node:crypto';
import { mkdir, open, readdir, rename, stat, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { leftRuns } from './left-runs.ts';

/**
 * The folder between the receiver and the bucket, on a file system that outlives the container. Each process has a folder of its own in
 * it, since the one before it may not have ended yet when it begins: `RUN/open/current.log`, to which its receiver appends, and
 * `RUN/closed/`, whose files wait to be stored.
 */
export interface Spool {
  /** The file that the receiver writes. */
  readonly openFile: string;
  /** What is written to the open file so far is on the disk when this resolves. Says, too, that this process lives. */
  sync(): Promise<void>;
  /** The open file's bytes, and the time of its first sight by this process; undefined when it does not exist. */
  measure(now: Date): Promise<{ readonly bytes: number; readonly since: Date } | undefined>;
  /**
   * Moves the open file to `closed/` under a name of its own, and returns its path. Whoever has it open still writes to it: it
   * may be stored only when nobody has. Undefined when there is none.
   */
  close(now: Date): Promise<string | undefined>;
  /** Paths of the closed files, oldest first. */
  closed(): Promise<string[]>;
  /**
   * Moves to `closed/` what processes have left that ended, or have not said for `abandonedAfterSeconds` that they live. Their last line
   * may be torn, and is not continued by another.
   * @returns the paths that it has now
   */
  takeOver(now: Date): Promise<string[]>;
  /** To be called last: what is left in the folder of this process may be taken over at once. */
  leave(): Promise<void>;
}

export async function openSpool(
  folder: string,
  { now, abandonedAfterSeconds }: { readonly now: Date; readonly abandonedAfterSeconds: number },
): Promise<Spool> {
  const run = `${compactTime(now)}-${randomBytes(6).toString('hex')}`;
  const own = join(folder, run);
  const openFile = join(own, 'open/current.log');
  const closedFolder = join(own, 'closed');
  // Seen by others once it is complete: one without a sign of life would be taken over.
  const unseen = join(folder, `.${run}`);
  await mkdir(join(unseen, 'open'), { recursive: true });
  await mkdir(join(unseen, 'closed'));
  await writeFile(join(unseen, 'alive'), '0');
  await rename(unseen, own);

  const others = leftRuns(folder, { own: run, abandonedAfterMilliseconds: abandonedAfterSeconds * 1000 });
  const newName = (time: Date): string => `${compactTime(time)}-${randomBytes(6).toString('hex')}.log`;
  let beats = 0;
  let since: Date | undefined;
  return {
    openFile,

    async sync() {
      beats += 1;
      await writeFile(join(own, 'alive'), String(beats));
      const file = await open(openFile, 'r+').catch(absent);
      if (!file) return;
      try {
        await file.sync();
      } finally {
        await file.close();
      }
    },

    async measure(time) {
      const facts = await stat(openFile).catch(absent);
      since = facts && (since ?? time);
      return facts && since && { bytes: facts.size, since };
    },

    async close(time) {
      const path = join(closedFolder, newName(time));
      since = undefined;
      return rename(openFile, path).then(() => path, absent);
    },

    async closed() {
      const names = await readdir(closedFolder);
      return names.sort().map((name) => join(closedFolder, name));
    },

    async takeOver(time) {
      const taken: string[] = [];
      for (const left of await others.find(time)) {
        const names = await readdir(join(left, 'closed')).catch(absent);
        for (const [from, name] of [
          // A closed file keeps its name: stored under it already, it is not stored twice.
          ...(names ?? []).map((each) => [join('closed', each), each] as const),
          [join('open', 'current.log'), newName(time)] as const,
        ]) {
          const path = join(closedFolder, name);
          const isMoved = await rename(join(left, from), path).then(() => true, absent);
          if (isMoved) taken.push(path);
        }
        await others.remove(left);
      }
      return taken;
    },

    leave: () => others.remove(own),
  };
}

/** `20260102T030405Z`: names sort by time. */
const compactTime = (time: Date): string => time.toISOString().replaceAll(/[-:]|\.\d+/g, '');

/** Key of a closed file: below the hour in which it was closed. The digest in it makes equal keys equal content. */
export function keyOf(prefix: string, path: string, sha256: string): string {
  const name = basename(path, '.log');
  const [, year, month, day, hour] = /^(\d{4})(\d\d)(\d\d)T(\d\d)/.exec(name) ?? [];
  const place = year === undefined ? 'undated' : [year, month, day, hour].join('/');
  return `${prefix}${place}/${name}-${sha256}.log`;
}

function absent(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error;
}
