/** What every store of log objects must do: give an object, a version of it, or the rest of a content that was begun. */
import { beforeEach, describe, expect, test } from 'vitest';
import type { LogObject, LogObjects } from '../../ports/log-objects.ts';

export interface LogObjectsUnderTest {
  readonly objects: LogObjects;
  /** Empty buckets. */
  readonly unversioned: string;
  readonly versioned: string;
  put(bucket: string, key: string, bytes: Uint8Array): Promise<void>;
}

const read = async ({ body }: LogObject): Promise<string> => Buffer.concat(await Array.fromAsync(body)).toString();

/** `make` gives fresh, empty buckets for each test. */
export function logObjectsContract(name: string, make: () => Promise<LogObjectsUnderTest>): void {
  describe(`${name}: log objects`, () => {
    let given: LogObjectsUnderTest;
    let objects: LogObjects;
    beforeEach(async () => {
      given = await make();
      ({ objects } = given);
    });
    /** Opens an object and leaves it. */
    const begun = async (bucket: string): Promise<{ versionId: string; etag: string }> => {
      const opened = await objects.open(bucket, 'key');
      opened.close();
      return { versionId: opened.versionId ?? '', etag: opened.etag };
    };
    const put = (bucket: string, key: string, text: string): Promise<void> => given.put(bucket, key, Buffer.from(text));

    test('are given whole, with their facts', async () => {
      await put(given.unversioned, 'ä +%/1', 'first line\nsecond line\n');
      const opened = await objects.open(given.unversioned, 'ä +%/1');
      expect(opened).toMatchObject({ bytes: 23, etag: expect.stringMatching(/^[0-9a-f]{32}$/) as string });
      expect(opened.versionId).toBeUndefined();
      expect(Math.abs(opened.lastModified.getTime() - Date.now())).toBeLessThan(600_000);
      expect(await read(opened)).toBe('first line\nsecond line\n');
    });

    test('are given by their version, or the newest', async () => {
      await put(given.versioned, 'key', 'first');
      const { versionId } = await begun(given.versioned);
      await put(given.versioned, 'key', 'newest');
      expect(await read(await objects.open(given.versioned, 'key', { versionId }))).toBe('first');
      expect(await read(await objects.open(given.versioned, 'key'))).toBe('newest');
    });

    test.each([1, 11, 22])('are given from offset %i on, with the bytes of the whole', async (offset) => {
      const text = 'first line\nsecond line\n';
      await put(given.unversioned, 'key', text);
      const { etag } = await begun(given.unversioned);
      const opened = await objects.open(given.unversioned, 'key', { from: { offset, etag } });
      expect(opened).toMatchObject({ bytes: 23, etag });
      expect(await read(opened)).toBe(text.slice(offset));
    });

    test('are given from an offset on by their version, though there is a newer one', async () => {
      await put(given.versioned, 'key', 'the first');
      const { versionId, etag } = await begun(given.versioned);
      await put(given.versioned, 'key', 'the newest');
      const from = { offset: 4, etag };
      expect(await read(await objects.open(given.versioned, 'key', { versionId, from }))).toBe('first');
    });

    test('have no rest when they were written over, even by something as long', async () => {
      await put(given.unversioned, 'key', 'one');
      const { etag } = await begun(given.unversioned);
      await put(given.unversioned, 'key', 'two');
      const rest = objects.open(given.unversioned, 'key', { from: { offset: 1, etag } });
      await expect(rest).rejects.toMatchObject({ name: 'ObjectMissing' });
    });

    test('that are not there are missing, and so are their buckets', async () => {
      await expect(objects.open(given.unversioned, 'none')).rejects.toMatchObject({ name: 'ObjectMissing' });
      await expect(objects.open('no-such-bucket', 'none')).rejects.toMatchObject({ name: 'BucketMissing' });
    });

    test('are not read on after an abort', async () => {
      await given.put(given.unversioned, 'large', Buffer.alloc(8 * 2 ** 20, 'x'));
      const stop = new AbortController();
      const { body } = await objects.open(given.unversioned, 'large', { signal: stop.signal });
      const reading = async (): Promise<void> => {
        for await (const _chunk of body) stop.abort(new RangeError('no time left'));
      };
      await expect(reading()).rejects.toThrow('no time left');
    });
  });
}
