import { randomBytes } from 'node:crypto';
import { mkdir, open, readdir, rename, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';

/**
 * The folder between the receiver and the bucket: `open/current.log`, to which the receiver appends, and `closed/`, whose files
 * wait to be stored. On a file system that outlives the container.
 */
export interface Spool {
  /** The file that the receiver writes. */
  readonly openFile: string;
  /** What is written to the open file so far is on the disk when this resolves. */
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
}

export async function openSpool(folder: string): Promise<Spool> {
  const openFile = join(folder, 'open/current.log');
  const closedFolder = join(folder, 'closed');
  await mkdir(join(folder, 'open'), { recursive: true });
  await mkdir(closedFolder, { recursive: true });
  let since: Date | undefined;
  return {
    openFile,

    async sync() {
      const file = await open(openFile, 'r+').catch(absent);
      if (!file) return;
      try {
        await file.sync();
      } finally {
        await file.close();
      }
    },

    async measure(now) {
      const facts = await stat(openFile).catch(absent);
      since = facts && (since ?? now);
      return facts && since && { bytes: facts.size, since };
    },

    async close(now) {
      const path = join(closedFolder, `${compactTime(now)}-${randomBytes(6).toString('hex')}.log`);
      since = undefined;
      return rename(openFile, path).then(() => path, absent);
    },

    async closed() {
      const names = await readdir(closedFolder);
      return names.sort().map((name) => join(closedFolder, name));
    },
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
