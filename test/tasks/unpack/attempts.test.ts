import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { unpackReceiptKey } from '../../../archive/keys.ts';
import type { ObjectStore } from '../../../ports/object-store.ts';
import { unpack } from '../../../tasks/unpack/unpack.ts';
import { StoreUnavailable } from '../../../workflow/errors.ts';
import { expectSameContents } from '../consolidate/open-by-hand.ts';
import { again, archived, archiveId, leftBehind, prefix, repository, restoreId, unpacked } from './archived.ts';

const MiB = 1024 * 1024;
const contents = { ...repository, 'indices/xyz/0/__big': 16 * MiB + 1, 'indices/xyz/0/__last': 100 };
const large = await archived({ contents });
const receiptKey = unpackReceiptKey(restoreId, archiveId, 1);
const neighbours = [`${prefix}indices/other/0/__of-volume-2`, `${prefix}indices/AbC_-1/0/__of-volume-2`];

/** Fails every call of some operations from the `nth` one on, as if the task had been killed there: nothing can be tidied. */
function dying(store: ObjectStore, operations: readonly (keyof ObjectStore)[], nth: number): ObjectStore {
  let calls = 0;
  let dead = false;
  return new Proxy(store, {
    get(target, name: keyof ObjectStore) {
      const own: unknown = Reflect.get(target, name);
      if (typeof own !== 'function') return own;
      return (...args: unknown[]): unknown => {
        if (operations.includes(name)) calls += 1;
        if (calls >= nth && operations.includes(name)) dead = true;
        if (dead) throw new StoreUnavailable(`dead at ${name}`);
        return Reflect.apply(own, target, args);
      };
    },
  });
}

const ofNeighbours = async (restore: ObjectStore): Promise<string[]> => {
  const keys = (await Array.fromAsync(restore.list(prefix))).map(({ key }) => key);
  return keys.filter((key) => neighbours.includes(key)).sort();
};

describe('a task that was killed', { timeout: 60_000 }, () => {
  test.each<[string, (keyof ObjectStore)[], number]>([
    ['at its first write', ['put'], 1],
    ['at its third write', ['put'], 3],
    ['amid its objects', ['put'], 9],
    ['at the opening of an upload', ['startUpload'], 1],
    ['at the second part', ['uploadPart'], 2],
    ['at the completion', ['completeUpload'], 1],
    ['at a check', ['head'], 5],
  ])('%s leaves what the next attempt starts clean from', async (_, operations, nth) => {
    const { task, restore, contents: wanted } = await again(large);
    for (const key of neighbours) await restore.put(key, Buffer.from('not mine'));
    await expect(unpack({ ...task, restore: dying(restore, operations, nth) })).rejects.toThrow('dead at');
    expect(await Array.fromAsync(restore.list(receiptKey))).toEqual([]);

    // An attempt that fails removes what the killed one left, and nothing of other volumes.
    const corrupt = { ...task.archive, get: failingGet(task.archive, 1000) };
    await expect(unpack({ ...task, archive: corrupt })).rejects.toThrow('the volume is gone');
    expect(await leftBehind(restore)).toEqual([...neighbours].sort());

    await unpack(task);
    expect(await ofNeighbours(restore)).toEqual([...neighbours].sort());
    await restore.delete(neighbours);
    expectSameContents(await unpacked(restore), wanted);
    expect(await Array.fromAsync(restore.listUploads(''))).toEqual([]);
  });
});

const failingGet =
  (archive: ObjectStore, afterBytes: number): ObjectStore['get'] =>
  async (key, options) => {
    const opened = await archive.get(key, options);
    const body = async function* (): AsyncIterable<Uint8Array> {
      let bytes = 0;
      for await (const chunk of opened.body) {
        bytes += chunk.byteLength;
        yield chunk;
        if (bytes > afterBytes) throw new Error('the volume is gone');
      }
    };
    return { ...opened, body: body() };
  };

describe('an attempt', { timeout: 60_000 }, () => {
  test('after one that succeeded does nothing, and reads no volume', async () => {
    const { task } = await again(large);
    const receipt = await unpack(task);
    const get = (): never => {
      throw new Error('the volume was read');
    };
    expect(await unpack({ ...task, archive: { ...task.archive, get } })).toEqual(receipt);
  });

  test.each<[string, (restore: ObjectStore) => Promise<unknown>]>([
    ['gone', (restore) => restore.delete([`${prefix}index-0`])],
    ['shorter', (restore) => restore.put(`${prefix}index-0`, new Uint8Array(299))],
  ])('after one whose object is %s since does it again', async (_, damage) => {
    const { task, restore, contents: wanted } = await archived();
    await unpack(task);
    await damage(restore);
    await unpack(task);
    expectSameContents(await unpacked(restore), wanted);
  });

  test('goes on where the connection to the volume breaks, a few times', async () => {
    const { task, restore, contents: wanted } = await again(large);
    let opened = 0;
    const get: ObjectStore['get'] = async (key, options) => {
      const object = await task.archive.get(key, options);
      opened += 1;
      const last = opened === 3;
      const body = async function* (): AsyncIterable<Uint8Array> {
        let chunks = 0;
        for await (const chunk of object.body) {
          yield chunk;
          if (!last && (chunks += 1) === 20 * opened) throw new StoreUnavailable('reset');
        }
      };
      return { ...object, body: body() };
    };
    await unpack({ ...task, archive: { ...task.archive, get } });
    expect(opened).toBe(3);
    expectSameContents(await unpacked(restore), wanted);
  });

  test('whose objects cannot be stored, or are stored differently, fails and leaves nothing', async () => {
    const { task, restore } = await again(large);
    let puts = 0;
    const put: ObjectStore['put'] = async (key, bytes, options) => {
      if (key.startsWith(prefix) && (puts += 1) === 4) throw new StoreUnavailable('full');
      return await restore.put(key, bytes, options);
    };
    await expect(unpack({ ...task, restore: { ...restore, put } })).rejects.toMatchObject({ name: 'StoreUnavailable' });
    expect(await leftBehind(restore)).toEqual([]);

    const altering: ObjectStore['put'] = (key, bytes, options) =>
      restore.put(key, key.endsWith('index.latest') ? new Uint8Array(8) : bytes, options);
    await expect(unpack({ ...task, restore: { ...restore, put: altering } })).rejects.toMatchObject({
      name: 'StoreAnswerUnknown',
      message: expect.stringContaining('index.latest was written with 8 bytes') as string,
    });
    expect(await leftBehind(restore)).toEqual([]);
  });

  test('whose completion is answered by a refusal, though it was done, succeeds', async () => {
    const { task, restore, contents: wanted } = await again(large);
    const completeUpload: ObjectStore['completeUpload'] = async (...args) => {
      await restore.completeUpload(...args);
      return await restore.completeUpload(...args);
    };
    await unpack({ ...task, restore: { ...restore, completeUpload } });
    expectSameContents(await unpacked(restore), wanted);
  });

  test('told to stop leaves nothing, and says why', async () => {
    const { task, restore } = await again(large);
    const stop = new AbortController();
    const reason = new Error('the deck is on fire');
    const uploadPart: ObjectStore['uploadPart'] = async (...args) => {
      stop.abort(reason);
      await sleep(5);
      return await restore.uploadPart(...args);
    };
    await expect(unpack({ ...task, restore: { ...restore, uploadPart }, signal: stop.signal })).rejects.toBe(reason);
    expect(await leftBehind(restore)).toEqual([]);
  });

  test('writes no receipt before all objects are stored', async () => {
    const { task, restore } = await archived();
    const order: string[] = [];
    const put: ObjectStore['put'] = async (key, ...rest) => {
      if (key.startsWith(prefix)) await sleep(key.endsWith('__one') ? 100 : 1);
      order.push(key);
      return await restore.put(key, ...rest);
    };
    await unpack({ ...task, restore: { ...restore, put } });
    expect(order.at(-1)).toBe(receiptKey);
    expect(order).toContain(`${prefix}indices/AbC_-1/0/__one`);
  });
});
