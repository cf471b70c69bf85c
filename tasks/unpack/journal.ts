import { z } from 'zod';
import { canonicalBytes } from '../../archive/canonical.ts';
import { unpackReceiptKey } from '../../archive/keys.ts';
import { parseRecord } from '../../archive/parse-record.ts';
import type { ObjectStore } from '../../ports/object-store.ts';
import { RunRecordInvalid } from '../../workflow/errors.ts';
import type { UnpackWork } from './planned.ts';

/** An object that was, or was about to be, written: its path in the repository. */
const writtenObject = z.strictObject({ path: z.string().min(1), bytes: z.int().nonnegative() });
export type WrittenObject = z.infer<typeof writtenObject>;
const journalPart = z.array(writtenObject);

/**
 * Which objects an attempt writes, recorded before it writes them: `runs/<restore-id>/<archive-id>/volume-N.written-M.json`. Several
 * volumes unpack under one prefix, so that an attempt that comes after one that was killed could not tell whose is whose.
 */
export interface Journal {
  /** Resolves when it is recorded. What is asked for while a record is on its way goes into the next one together. */
  record(object: WrittenObject): Promise<void>;
  /** All that was asked for, and where it is recorded. */
  readonly written: Written;
}

export interface Written {
  readonly objects: readonly WrittenObject[];
  /** Keys of the journal's own parts. */
  readonly keys: readonly string[];
}

const journalPrefix = ({ restoreId, archiveId, volume }: UnpackWork): string =>
  unpackReceiptKey(restoreId, archiveId, volume).replace(/receipt\.json$/, 'written-');

export function startJournal(restore: ObjectStore, work: UnpackWork): Journal {
  const objects: WrittenObject[] = [];
  const keys: string[] = [];
  let waiting: WrittenObject[] = [];
  let last: Promise<void> = Promise.resolve();
  let next: Promise<void> | undefined;

  async function writePart(): Promise<void> {
    next = undefined;
    const part = waiting;
    waiting = [];
    const key = `${journalPrefix(work)}${String(keys.length + 1).padStart(6, '0')}.json`;
    keys.push(key);
    await restore.put(key, canonicalBytes(part), { contentType: 'application/json' });
  }

  return {
    written: { objects, keys },
    async record(object) {
      objects.push(object);
      waiting.push(object);
      if (!next) {
        next = last.then(writePart);
        last = next;
      }
      await next;
    },
  };
}

/** What earlier attempts at the volume recorded. */
export async function readJournal(restore: ObjectStore, work: UnpackWork): Promise<Written> {
  const keys: string[] = [];
  const objects: WrittenObject[] = [];
  for await (const { key } of restore.list(journalPrefix(work))) {
    keys.push(key);
    objects.push(...parseRecord(await restore.read(key), journalPart, key, RunRecordInvalid));
  }
  return { keys, objects };
}
