import { createHash, randomBytes } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  globSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ObjectStore } from '../../../ports/object-store.ts';
import { shipFile } from '../../../tasks/ship-syslog/ship.ts';
import { keyOf, openSpool, type Spool } from '../../../tasks/ship-syslog/spool.ts';
import { StoreAnswerUnknown, StoreUnavailable } from '../../../workflow/errors.ts';
import { memoryObjectStore, type MemoryObjectStore } from '../../support/memory-object-store.ts';

let folder: string;
let spool: Spool;
let store: MemoryObjectStore;
const now = new Date('2026-01-02T03:04:05.678Z');
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'permafrost-spool-'));
  spool = await openSpool(folder, { now, abandonedAfterSeconds: 60 });
  store = memoryObjectStore({ bucket: 'logs' });
});
afterEach(() => rmSync(folder, { recursive: true }));

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
async function closedFile(bytes: Uint8Array): Promise<string> {
  writeFileSync(spool.openFile, bytes);
  return (await spool.close(now))!;
}
const keys = async (): Promise<string[]> => {
  const found: string[] = [];
  for await (const { key } of store.list('')) found.push(key);
  return found;
};
const files = (): string[] => globSync('*/closed/*', { cwd: folder });

describe('the spool', () => {
  it('has nothing to close before anything has come', async () => {
    expect(await spool.measure(now)).toBeUndefined();
    expect(await spool.close(now)).toBeUndefined();
    await spool.sync();
    expect(await spool.closed()).toEqual([]);
  });

  it('closes a file under a name of its own, every time', async () => {
    const [one, two] = [await closedFile(Buffer.from('a')), await closedFile(Buffer.from('b'))];
    expect(one).not.toBe(two);
    expect(one).toMatch(/closed\/20260102T030405Z-[0-9a-f]{12}\.log$/);
    expect((await spool.closed()).sort()).toEqual([one, two].sort());
    expect(readFileSync(two, 'utf8')).toBe('b');
  });

  it('measures the age of the open file from when it was first seen', async () => {
    writeFileSync(spool.openFile, 'abc');
    expect(await spool.measure(now)).toEqual({ bytes: 3, since: now });
    expect(await spool.measure(new Date(now.getTime() + 5000))).toEqual({ bytes: 3, since: now });
    await spool.close(now);
    expect(await spool.measure(now)).toBeUndefined();
  });
});

describe('beside the process of an earlier task', () => {
  const later = (seconds: number): Date => new Date(now.getTime() + seconds * 1000);
  const text = async (paths: Promise<string[]>): Promise<string[]> =>
    (await paths).map((path) => readFileSync(path, 'utf8')).sort();
  let next: Spool;
  beforeEach(async () => {
    next = await openSpool(folder, { now, abandonedAfterSeconds: 60 });
    writeFileSync(spool.openFile, 'closed\n');
    await spool.close(now);
    writeFileSync(spool.openFile, 'open\n');
  });

  it('nothing of it is touched while it lives', async () => {
    for (let seconds = 0; seconds <= 180; seconds += 30) {
      await spool.sync();
      expect(await next.takeOver(later(seconds))).toEqual([]);
    }
    expect(next.openFile).not.toBe(spool.openFile);
    expect(readFileSync(spool.openFile, 'utf8')).toBe('open\n');
    expect(await text(spool.closed())).toEqual(['closed\n']);
  });

  it('nothing of it is touched while its sign of life cannot be read', async () => {
    const sign = join(dirname(dirname(spool.openFile)), 'alive');
    rmSync(sign, { force: true });
    mkdirSync(sign);
    for (const seconds of [0, 60, 600]) expect(await next.takeOver(later(seconds))).toEqual([]);
    expect(readFileSync(spool.openFile, 'utf8')).toBe('open\n');
  });

  it('all of it is taken over when it was killed, and a closed file keeps its name', async () => {
    const [name] = (await spool.closed()).map((path) => basename(path));
    expect(await next.takeOver(later(0))).toEqual([]);
    expect(await next.takeOver(later(59))).toEqual([]);
    const taken = await next.takeOver(later(60));
    expect(taken.toSorted()).toEqual(await next.closed());
    expect(await text(next.closed())).toEqual(['closed\n', 'open\n']);
    expect(taken.map((path) => basename(path))).toContain(name);
    expect(await next.takeOver(later(120))).toEqual([]);
    expect(readdirSync(folder)).toHaveLength(1);
  });

  it('what it could not store is taken over at once when it has ended in order', async () => {
    await spool.close(now);
    await spool.leave();
    expect(await next.takeOver(later(0))).toHaveLength(2);
    expect(await text(next.closed())).toEqual(['closed\n', 'open\n']);
  });

  it('a folder that holds nothing any more goes with its process', async () => {
    await next.leave();
    expect(existsSync(dirname(dirname(next.openFile)))).toBe(false);
    expect(existsSync(spool.openFile)).toBe(true);
  });

  it('two that take over share what there is', async () => {
    const third = await openSpool(folder, { now, abandonedAfterSeconds: 60 });
    await spool.leave();
    const [one, other] = await Promise.all([next.takeOver(later(1)), third.takeOver(later(1))]);
    expect(await text(Promise.resolve([...one, ...other]))).toEqual(['closed\n', 'open\n']);
  });
});

it('a key has the hour, the name and the digest', () => {
  expect(keyOf('a/b/', '/spool/closed/20260102T030405Z-0123456789ab.log', 'f00')).toBe(
    'a/b/2026/01/02/03/20260102T030405Z-0123456789ab-f00.log',
  );
});

describe('a closed file', () => {
  const part = 16 * 1024 * 1024;
  it.each([1, part - 1, part, part + 1])('of %d bytes is stored whole, and then deleted', async (size) => {
    const bytes = randomBytes(size);
    const shipped = await shipFile(store, 'p/', await closedFile(bytes));
    expect(shipped).toMatchObject({ bytes: size, sha256: sha256(bytes) });
    expect(sha256(await store.read(shipped.key, { limitBytes: 2 * part }))).toBe(sha256(bytes));
    expect(files()).toEqual([]);
  });

  it('with nothing in it is deleted, and makes no object', async () => {
    await shipFile(store, 'p/', await closedFile(new Uint8Array()));
    expect(await keys()).toEqual([]);
    expect(files()).toEqual([]);
  });

  it('stays where the store fails, and no upload is left open', async () => {
    const failing: ObjectStore = {
      ...store,
      completeUpload: () => Promise.reject(new StoreUnavailable('down')),
    };
    const path = await closedFile(Buffer.from('line\n'));
    await expect(shipFile(failing, 'p/', path)).rejects.toThrow(StoreUnavailable);
    expect(files()).toHaveLength(1);
    expect(await keys()).toEqual([]);
    expect(await Array.fromAsync(store.listUploads(''))).toEqual([]);
  });

  it('stays where the store confirms another checksum', async () => {
    const lying: ObjectStore = {
      ...store,
      uploadPart: async (...call) => ({ ...(await store.uploadPart(...call)), sha256: 'AAAA' }),
    };
    await expect(shipFile(lying, 'p/', await closedFile(Buffer.from('line\n')))).rejects.toThrow(StoreAnswerUnknown);
    expect(files()).toHaveLength(1);
    expect(await keys()).toEqual([]);
  });

  it('stays where it grew while it was stored: somebody still writes to it', async () => {
    const path = await closedFile(Buffer.from('line\n'));
    const growing: ObjectStore = {
      ...store,
      completeUpload: (...call) => {
        writeFileSync(path, 'more\n', { flag: 'a' });
        return store.completeUpload(...call);
      },
    };
    await expect(shipFile(growing, 'p/', path)).rejects.toThrow(StoreAnswerUnknown);
    expect(readFileSync(path, 'utf8')).toBe('line\nmore\n');
  });

  it('that an earlier process stored but could not delete is not stored twice', async () => {
    const path = await closedFile(Buffer.from('line\n'));
    const first = await shipFile(store, 'p/', path);
    writeFileSync(path, 'line\n');
    expect(await shipFile(store, 'p/', path)).toEqual(first);
    expect(await keys()).toEqual([first.key]);
    expect(await Array.fromAsync(store.listUploads(''))).toEqual([]);
    expect(files()).toEqual([]);
  });
});
