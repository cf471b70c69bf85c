import { createHash, randomBytes } from 'node:crypto';
import { beforeEach, describe, expect, test } from 'vitest';
import type { ObjectStore, UploadedPart } from '../../ports/object-store.ts';

export interface StoreUnderTest {
  /** An empty, unversioned bucket. */
  readonly plain: ObjectStore;
  /** An empty, versioned bucket with Object Lock. */
  readonly locked: ObjectStore;
  /** A bucket that does not exist; left out where the implementation has no such notion. */
  readonly absent?: ObjectStore;
}

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const text = async (store: ObjectStore, key: string, versionId?: string): Promise<string> =>
  Buffer.from(await store.read(key, versionId === undefined ? {} : { versionId })).toString();
const digest = (content: Uint8Array): string => createHash('sha256').update(content).digest('base64');
const keys = async (source: AsyncIterable<{ key: string }>): Promise<string[]> =>
  (await Array.fromAsync(source)).map(({ key }) => key);
const day = 24 * 3600 * 1000;
/** S3 keeps lock dates to the second. */
const inDays = (days: number): Date => new Date(Math.ceil(Date.now() / 1000) * 1000 + days * day);

/** What every object store must do; `make` gives fresh, empty buckets for each test. */
export function objectStoreContract(name: string, make: () => Promise<StoreUnderTest>): void {
  describe(`${name} keeps the object store's contract`, () => {
    let plain: ObjectStore;
    let locked: ObjectStore;
    let absent: ObjectStore | undefined;
    beforeEach(async () => {
      ({ plain, locked, absent } = await make());
    });

    test.each(['a', 'with space', 'percent %41 plus +', 'ünïcödé/日本/🧊', 'quote \' & <xml> "', 'x'.repeat(255)])(
      'keeps the key %j as it is',
      async (key) => {
        await plain.put(key, bytes(`content of ${key}`));
        expect(await text(plain, key)).toBe(`content of ${key}`);
        expect(await keys(plain.list(''))).toEqual([key]);
        expect(await plain.head(key)).toMatchObject({ key });
        await plain.delete([key]);
        expect(await keys(plain.list(''))).toEqual([]);
      },
    );

    test('keeps a key of 900 bytes', async () => {
      const key = Array.from({ length: 9 }, (_, index) => String(index).repeat(99)).join('/') + '/';
      await plain.put(`${key}z`, bytes('deep'));
      expect(await text(plain, `${key}z`)).toBe('deep');
    });

    test('lists in the order of UTF-8 bytes, only the prefix, with lengths', async () => {
      for (const key of ['p0', 'q/a', 'p/é', 'p/b', 'p/a/z', 'p/a.b', 'p/Z']) await plain.put(key, bytes(key));
      expect(await Array.fromAsync(plain.list('p/'))).toEqual(
        ['p/Z', 'p/a.b', 'p/a/z', 'p/b', 'p/é'].map((key) => ({ key, bytes: Buffer.byteLength(key) })),
      );
      expect(await keys(plain.list('none/'))).toEqual([]);
    });

    test('lists and deletes more than a page holds', async () => {
      const many = Array.from({ length: 1100 }, (_, index) => `many/${String(index).padStart(5, '0')}`);
      for (let start = 0; start < many.length; start += 50)
        await Promise.all(many.slice(start, start + 50).map((key) => plain.put(key, bytes('x'))));
      expect(await keys(plain.list('many/'))).toEqual(many);
      await plain.delete(many);
      expect(await keys(plain.list('many/'))).toEqual([]);
    });

    test('reads a zero-byte object', async () => {
      await plain.put('empty', new Uint8Array());
      const object = await plain.get('empty');
      expect(object.bytes).toBe(0);
      expect(Buffer.concat(await Array.fromAsync(object.body))).toHaveLength(0);
    });

    test('streams an object of several megabytes unchanged and announces its length', async () => {
      const content = randomBytes(3 * 1024 * 1024 + 1);
      await plain.put('large', content);
      const object = await plain.get('large');
      expect(object.bytes).toBe(content.byteLength);
      expect(digest(Buffer.concat(await Array.fromAsync(object.body)))).toBe(digest(content));
    });

    test('lets a reader stop in the middle, and stops it with the reason of its signal', async () => {
      await plain.put('large', randomBytes(8 * 1024 * 1024));
      for await (const chunk of (await plain.get('large')).body) {
        expect(chunk.byteLength).toBeGreaterThan(0);
        break;
      }
      const stop = new AbortController();
      const reason = new Error('enough');
      const { body } = await plain.get('large', { signal: stop.signal });
      const read = async (): Promise<void> => {
        for await (const chunk of body) if (chunk.byteLength > 0) stop.abort(reason);
      };
      await expect(read()).rejects.toBe(reason);
    });

    test('refuses to read more than the limit', async () => {
      await plain.put('large', new Uint8Array(1001));
      await expect(plain.read('large', { limitBytes: 1000 })).rejects.toMatchObject({ name: 'FormatInvalid' });
      expect(await plain.read('large', { limitBytes: 1001 })).toHaveLength(1001);
    });

    test('names what is missing', async () => {
      expect(await plain.head('nothing')).toBeUndefined();
      await expect(plain.get('nothing')).rejects.toMatchObject({ name: 'ObjectMissing' });
      await expect(plain.read('nothing')).rejects.toMatchObject({ name: 'ObjectMissing' });
      await plain.delete(['nothing']);
      await plain.delete([]);
      if (absent) {
        await expect(keys(absent.list(''))).rejects.toMatchObject({ name: 'BucketMissing' });
        await expect(absent.get('x')).rejects.toMatchObject({ name: 'BucketMissing' });
        await expect(absent.put('x', bytes('x'))).rejects.toMatchObject({ name: 'BucketMissing' });
        await expect(absent.startUpload('x')).rejects.toMatchObject({ name: 'BucketMissing' });
      }
    });

    test('writes over an object, unless an empty place was asked for', async () => {
      await plain.put('key', bytes('first'), { ifAbsent: true });
      await plain.put('key', bytes('second'));
      expect(await text(plain, 'key')).toBe('second');
      await expect(plain.put('key', bytes('third'), { ifAbsent: true })).rejects.toMatchObject({
        name: 'ObjectExists',
      });
      expect(await text(plain, 'key')).toBe('second');
    });

    test('gives the facts of an object: length, SHA-256, no version in an unversioned bucket', async () => {
      await plain.put('key', bytes('content'));
      const facts = await plain.head('key');
      expect(facts).toMatchObject({ bytes: 7, checksumSha256: digest(bytes('content')), storageClass: 'STANDARD' });
      expect(facts?.versionId).toBeUndefined();
      expect(facts?.retention).toBeUndefined();
    });

    test('keeps every version, newest first, and reads each by its id', async () => {
      const { versionId: first } = await locked.put('a', bytes('one'));
      const { versionId: second } = await locked.put('a', bytes('three'));
      await locked.put('b', bytes('x'));
      expect(await text(locked, 'a', first)).toBe('one');
      expect(await text(locked, 'a')).toBe('three');
      expect(await locked.head('a', first)).toMatchObject({ versionId: first, bytes: 3 });
      expect(
        (await Array.fromAsync(locked.listVersions(''))).map(({ key, bytes, versionId, isLatest }) => [
          key,
          bytes,
          versionId,
          isLatest,
        ]),
      ).toEqual([
        ['a', 5, second, true],
        ['a', 3, first, false],
        ['b', 1, expect.any(String), true],
      ]);
    });

    test('shows a delete marker in the list of versions, and the versions under it', async () => {
      const { versionId } = await locked.put('a', bytes('one'));
      await locked.delete(['a']);
      expect(await locked.head('a')).toBeUndefined();
      expect(await keys(locked.list(''))).toEqual([]);
      expect(await text(locked, 'a', versionId)).toBe('one');
      expect(await Array.fromAsync(locked.listVersions('a'))).toMatchObject([
        { key: 'a', isLatest: true, isDeleteMarker: true },
        { key: 'a', isLatest: false, isDeleteMarker: false, versionId, bytes: 3 },
      ]);
    });

    test('locks a version when asked, lengthens the lock and never shortens it', async () => {
      const { versionId = '' } = await locked.put('a', bytes('one'), { retainUntil: inDays(2) });
      expect((await locked.head('a'))?.retention?.mode).toBe('COMPLIANCE');
      await locked.retain('a', versionId, inDays(3));
      const lengthened = (await locked.head('a'))?.retention?.until.getTime() ?? 0;
      expect(Math.abs(lengthened - inDays(3).getTime())).toBeLessThan(60_000);
      await expect(locked.retain('a', versionId, inDays(1))).rejects.toMatchObject({ name: 'NotAllowed' });
      expect((await locked.head('a'))?.retention?.until.getTime()).toBe(lengthened);
    });

    describe('multipart upload', () => {
      const first = new Uint8Array(5 * 1024 * 1024).fill(1);
      const last = bytes('the end');
      const upload = async (store: ObjectStore, key: string): Promise<{ id: string; parts: UploadedPart[] }> => {
        const id = await store.startUpload(key, store === locked ? { retainUntil: inDays(2) } : {});
        const parts = await Promise.all([
          store.uploadPart(key, id, { number: 1, bytes: first, sha256: digest(first) }),
          store.uploadPart(key, id, { number: 2, bytes: last, sha256: digest(last) }),
        ]);
        return { id, parts };
      };
      const composite = `${digest(Buffer.concat([first, last].map((part) => Buffer.from(digest(part), 'base64'))))}-2`;

      test('publishes the parts as one object with a composite checksum, lock and version', async () => {
        const { id, parts } = await upload(locked, 'volume');
        expect(await locked.head('volume')).toBeUndefined();
        expect(await keys(locked.list(''))).toEqual([]);
        expect(await Array.fromAsync(locked.listUploads('vol'))).toEqual([{ key: 'volume', uploadId: id }]);
        const { versionId } = await locked.completeUpload('volume', id, parts);
        const facts = await locked.head('volume');
        expect(facts).toMatchObject({
          bytes: first.byteLength + last.byteLength,
          checksumSha256: composite,
          versionId,
        });
        expect(facts?.retention?.mode).toBe('COMPLIANCE');
        expect(await keys(locked.listUploads(''))).toEqual([]);
        const content = Buffer.concat(await Array.fromAsync((await locked.get('volume')).body));
        expect(digest(content)).toBe(digest(Buffer.concat([first, last])));
      });

      test('refuses to complete over an object and leaves the upload open', async () => {
        const { id, parts } = await upload(locked, 'volume');
        await locked.put('volume', bytes('first come'));
        await expect(locked.completeUpload('volume', id, parts)).rejects.toMatchObject({ name: 'ObjectExists' });
        expect(await text(locked, 'volume')).toBe('first come');
        expect(await keys(locked.listUploads(''))).toEqual(['volume']);
        await locked.abortUpload('volume', id);
        expect(await keys(locked.listUploads(''))).toEqual([]);
      });

      test('refuses a part that arrives damaged', async () => {
        const id = await plain.startUpload('volume');
        const damaged = plain.uploadPart('volume', id, { number: 1, bytes: last, sha256: digest(first) });
        await expect(damaged).rejects.toMatchObject({ name: 'StoreAnswerUnknown' });
        await plain.abortUpload('volume', id);
      });

      test('names an upload that is gone, and aborts it twice without a failure', async () => {
        const { id, parts } = await upload(plain, 'volume');
        await plain.abortUpload('volume', id);
        await plain.abortUpload('volume', id);
        const part = { number: 1, bytes: last, sha256: digest(last) };
        await expect(plain.uploadPart('volume', id, part)).rejects.toMatchObject({ name: 'ObjectMissing' });
        await expect(plain.completeUpload('volume', id, parts)).rejects.toMatchObject({ name: 'ObjectMissing' });
        expect(await plain.head('volume')).toBeUndefined();
      });

      test('lists the uploads under a prefix only', async () => {
        const id = await plain.startUpload('a/volume');
        const other = await plain.startUpload('b/volume');
        expect(await keys(plain.listUploads('a/'))).toEqual(['a/volume']);
        await plain.abortUpload('a/volume', id);
        await plain.abortUpload('b/volume', other);
      });
    });
  });
}
