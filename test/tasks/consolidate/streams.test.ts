import { createHash, randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { encrypt } from '../../../tasks/consolidate/encrypt.ts';
import { prefetch } from '../../../tasks/consolidate/prefetch.ts';
import { readRecipients } from '../../../tasks/consolidate/recipients.ts';
import { chunk } from '../../../tasks/stages/chunk.ts';
import { digest } from '../../../tasks/stages/digest.ts';
import { readAhead } from '../../../tasks/stages/read-ahead.ts';
import { storeParts } from '../../../tasks/stages/store-parts.ts';
import { memoryObjectStore } from '../../support/memory-object-store.ts';
import { leftIn, now, publicKey } from './staged.ts';

type Stage = (source: AsyncIterable<Uint8Array>) => AsyncIterable<Uint8Array>;
const chunkBytes = 1000;
const never = new AbortController().signal;
const { keys } = await readRecipients(publicKey('curve25519'), 'gpg', now);

/** Gives pieces and remembers whether it was left; `failure` is thrown at its end. */
function source(
  pieces: Iterable<Uint8Array>,
  failure?: Error,
): AsyncIterable<Uint8Array> & { given: number; left: boolean } {
  const own = { given: 0, left: false, [Symbol.asyncIterator]: generate };
  async function* generate(): AsyncGenerator<Uint8Array> {
    try {
      for (const piece of pieces) {
        await Promise.resolve();
        own.given += 1;
        yield piece;
      }
      if (failure) throw failure;
    } finally {
      own.left = true;
    }
  }
  return own;
}
function* endless(): Iterable<Uint8Array> {
  for (;;) yield new Uint8Array(chunkBytes);
}
const collected = async (stream: AsyncIterable<Uint8Array>): Promise<Buffer> =>
  Buffer.concat(await Array.fromAsync(stream));

const plainStages: [string, Stage][] = [
  ['chunk', (from) => chunk(from, chunkBytes)],
  ['digest', (from) => digest(from, () => undefined)],
  ['read-ahead', (from) => readAhead(from, chunkBytes, never).body],
];
const stages: [string, Stage][] = [
  ...plainStages,
  ['encrypt (gpg)', (from) => encrypt(from, keys, 'gpg')],
  ['encrypt (rfc9580)', (from) => encrypt(from, keys, 'rfc9580')],
];

describe.each(plainStages)('the stage %s', (_, stage) => {
  test.each([0, 1, chunkBytes - 1, chunkBytes, chunkBytes + 1, 5 * chunkBytes])(
    'passes %i bytes unchanged',
    async (bytes) => {
      const content = randomBytes(bytes);
      expect(await collected(stage(source([content])))).toEqual(content);
      expect(await collected(stage(source(Array.from(content, (byte) => Uint8Array.of(byte)))))).toEqual(content);
    },
  );
});

describe.each(stages)('the stage %s', (_, stage) => {
  test('fails with the error of a source that dies midway', async () => {
    const failure = new Error('the source died');
    const dying = source([new Uint8Array(chunkBytes), new Uint8Array(10)], failure);
    await expect(collected(stage(dying))).rejects.toBe(failure);
  });

  test('leaves its source when the consumer stops reading', async () => {
    const from = source(endless());

    for await (const first of stage(from)) {
      expect(first.byteLength).toBeGreaterThan(0);
      break;
    }
    // What reads ahead is told by its signal instead.
    if (_ !== 'read-ahead') expect(from.left).toBe(true);
    expect(from.given).toBeLessThan(500);
  });
});

describe('chunk', () => {
  test('gives chunks of exactly the size, the last one shorter', async () => {
    const sizes = await Array.fromAsync(
      chunk(source([new Uint8Array(2500), new Uint8Array(600)]), 1000),
      (part) => part.length,
    );
    expect(sizes).toEqual([1000, 1000, 1000, 100]);
  });
});

describe('digest', () => {
  test('counts and hashes what has passed, and reports only a stream that ended well', async () => {
    const content = randomBytes(1234);
    const reports: unknown[] = [];
    await collected(digest(source([content.subarray(0, 7), content.subarray(7)]), (report) => reports.push(report)));
    expect(reports).toEqual([{ bytes: 1234, sha256: createHash('sha256').update(content).digest('hex') }]);
    const failed = collected(digest(source([content], new Error('died')), (report) => reports.push(report)));
    await expect(failed).rejects.toThrow('died');
    expect(reports).toHaveLength(1);
  });
});

describe('prefetch', () => {
  const planned = (count: number, bytes: number): { key: string; bytes: number }[] =>
    Array.from({ length: count }, (_, index) => ({ key: `o${index}`, bytes }));
  const taken = async (stream: ReturnType<typeof prefetch>): Promise<string[]> => {
    const seen: string[] = [];
    for await (const { key, body } of stream) seen.push(`${key}:${(await collected(body)).length}`);
    return seen;
  };

  test('keeps the order of the list, however late the first ones come', async () => {
    const objects = planned(20, 10);
    const read = async function* ({ key, bytes }: { key: string; bytes: number }): AsyncIterable<Uint8Array> {
      await sleep(key === 'o0' ? 50 : 1);
      yield new Uint8Array(bytes);
    };
    expect(await taken(prefetch(objects, read, { concurrency: 8, signal: never }))).toEqual(
      objects.map(({ key }) => `${key}:10`),
    );
  });

  test('never reads more objects at once, nor holds more bytes, than it may', async () => {
    let open = 0;
    let most = 0;
    let held = 0;
    let mostHeld = 0;
    const read = async function* ({ bytes }: { bytes: number }): AsyncIterable<Uint8Array> {
      most = Math.max(most, (open += 1));
      for (let rest = bytes; rest > 0; rest -= 100_000) {
        await Promise.resolve();
        mostHeld = Math.max(mostHeld, (held += 100_000));
        yield new Uint8Array(100_000);
      }
      open -= 1;
    };
    const limits = { concurrency: 3, budgetBytes: 1_000_000, windowBytes: 400_000, signal: never };
    for await (const { body } of prefetch(planned(12, 2_000_000), read, limits))
      for await (const part of body) {
        held -= part.byteLength;
        await sleep(0);
      }
    expect(most).toBe(2);
    expect(mostHeld).toBeLessThanOrEqual(1_200_000);
    expect(mostHeld).toBeGreaterThanOrEqual(400_000);
  });

  test('gives a failure at its turn, and stops the other reads', async () => {
    const signals: AbortSignal[] = [];
    const read = async function* ({ key }: { key: string }, signal: AbortSignal): AsyncIterable<Uint8Array> {
      signals.push(signal);
      await Promise.resolve();
      if (key === 'o2') throw new Error('o2 is broken');
      yield new Uint8Array(10);
    };
    const seen: string[] = [];
    const reading = async (): Promise<void> => {
      for await (const { key, body } of prefetch(planned(9, 10), read, { concurrency: 4, signal: never })) {
        await collected(body);
        seen.push(key);
      }
    };
    await expect(reading()).rejects.toThrow('o2 is broken');
    expect(seen).toEqual(['o0', 'o1']);
    expect(signals.every((signal) => signal.aborted)).toBe(true);
  });

  test('of an empty list ends at once', async () => {
    expect(await taken(prefetch([], () => source([]), { concurrency: 4, signal: never }))).toEqual([]);
  });
});

describe('store', () => {
  const target = async (): Promise<
    Parameters<typeof storeParts>[1] & { store: ReturnType<typeof memoryObjectStore> }
  > => {
    const store = memoryObjectStore({ bucket: 'archive', minimumPartBytes: 1 });
    return { store, key: 'volume', uploadId: await store.startUpload('volume'), signal: never, concurrency: 3 };
  };

  test('sends every chunk as a part, numbered in order', async () => {
    const to = await target();
    const content = randomBytes(10_500);
    const parts = await storeParts(chunk(source([content]), 1000), to);
    expect(parts.map(({ number }) => number)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
    await to.store.completeUpload('volume', to.uploadId, parts);
    expect(Buffer.compare(await to.store.read('volume'), content)).toBe(0);
  });

  test('a sink that fails at once stops the source', async () => {
    const to = await target();
    const failure = new Error('full');
    const from = source(endless());
    const failing = { ...to.store, uploadPart: () => Promise.reject(failure) };
    await expect(storeParts(from, { ...to, store: failing })).rejects.toBe(failure);
    expect(from.left).toBe(true);
    expect(from.given).toBeLessThan(10);
    expect((await leftIn(to.store)).uploads).toEqual(['volume']);
  });

  test('waits for the parts under way before it throws the error of its source', async () => {
    const to = await target();
    let underWay = 0;
    const slow: typeof to.store.uploadPart = async (...args) => {
      underWay += 1;
      await sleep(20);
      underWay -= 1;
      return await to.store.uploadPart(...args);
    };
    const failure = new Error('the source died');
    const dying = source([new Uint8Array(10), new Uint8Array(10)], failure);
    await expect(storeParts(dying, { ...to, store: { ...to.store, uploadPart: slow } })).rejects.toBe(failure);
    expect(underWay).toBe(0);
  });

  test('says that another attempt discarded the upload', async () => {
    const to = await target();
    await to.store.abortUpload('volume', to.uploadId);
    await expect(storeParts(source(endless()), to)).rejects.toMatchObject({ name: 'TaskInterrupted' });
  });
});
