import { execFileSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { tar, tarBytes } from '../../../tasks/consolidate/tar.ts';
import { entryHeader, headerBytes } from '../../../tasks/consolidate/tar-header.ts';
import { inTemporaryDirectory } from './open-by-hand.ts';
import { now } from './staged.ts';

const GiB = 1024 ** 3;

async function* entries(
  contents: readonly (readonly [string, readonly Uint8Array[], number?])[],
): AsyncIterable<{ key: string; bytes: number; body: AsyncIterable<Uint8Array> }> {
  await Promise.resolve();
  for (const [key, chunks, bytes = Buffer.concat(chunks).byteLength] of contents) {
    yield {
      key,
      bytes,
      body: (async function* () {
        await Promise.resolve();
        yield* chunks;
      })(),
    };
  }
}
const made = async (contents: Parameters<typeof entries>[0]): Promise<Buffer> =>
  Buffer.concat(await Array.fromAsync(tar(entries(contents), now)));

/** What GNU tar reads in a header without its content. */
const listed = (header: Uint8Array): Promise<string> =>
  inTemporaryDirectory(async (directory) => {
    const file = join(directory, 'header.tar');
    await writeFile(file, header);
    // The content is missing, so tar ends with an error after the line.
    return execFileSync('sh', ['-c', `TZ=UTC LC_ALL=C.UTF-8 tar tvf ${file} 2>/dev/null; true`]).toString();
  });

describe('the header of an entry', () => {
  test.each([
    ['just below 8 GiB', 8 * GiB - 1, 512],
    ['8 GiB', 8 * GiB, 1536],
    ['9 GiB', 9 * GiB, 1536],
    ['5 TiB', 5 * 1024 * GiB, 1536],
  ])('says a length of %s as GNU tar reads it', async (_, bytes, length) => {
    const member = { key: 'indices/a/0/__x', bytes };
    const header = entryHeader(member, now);
    expect(header.byteLength).toBe(length);
    expect(headerBytes(member)).toBe(length);
    expect(await listed(header)).toMatch(
      new RegExp(`^-rw-r--r-- 0/0 +${bytes} 2026-01-02 02:10 indices/a/0/__x$`, 'm'),
    );
  });

  test.each([1, 99, 100, 101, 155, 156, 255, 256, 257, 900, 1024])('names a key of %i bytes', async (length) => {
    const key = Array.from({ length: Math.ceil(length / 50) }, (_, part) => String(part % 10).repeat(49))
      .join('/')
      .slice(0, length)
      .replace(/\/$/, 'x')
      .padEnd(length, 'y');
    const member = { key, bytes: 7 };
    const header = entryHeader(member, now);
    expect(headerBytes(member)).toBe(header.byteLength);
    expect(await listed(header)).toContain(` ${key}\n`);
  });

  test('counts the digits of a record in its own length, at every length', async () => {
    for (let length = 85; length <= 100; length += 1) {
      const key = 'é'.repeat(length / 2) + (length % 2 === 0 ? 'e' : '');
      expect(Buffer.from(entryHeader({ key, bytes: 0 }, now)).toString()).toContain(`path=${key}\n`);
      const member = { key: `${'k'.repeat(length)}/${'n'.repeat(101)}`, bytes: 0 };
      expect(await listed(entryHeader(member, now))).toContain(member.key);
    }
  });

  test.each(['', '/absolute', 'a//b', 'trailing/', '../up', 'a/../b', './here', 'zero\0byte'])(
    'is refused for the key %j, which tar could not unpack under its own name',
    (key) => {
      expect(() => entryHeader({ key, bytes: 0 }, now)).toThrow(expect.objectContaining({ name: 'RunRecordInvalid' }));
    },
  );
});

describe('a tar', () => {
  test('has exactly the length that was announced', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.stringMatching(/^[a-zé]{1,120}(\/[a-z]{1,120})?$/), fc.uint8Array({ maxLength: 2000 })), {
          maxLength: 8,
        }),
        async (contents) => {
          const members = contents.map(([key, content]) => ({ key, bytes: content.byteLength }));
          expect(await made(contents.map(([key, content]) => [key, [content]]))).toHaveLength(tarBytes(members));
        },
      ),
      { numRuns: 50 },
    );
  });

  test('of nothing is two blocks of zeros', async () => {
    expect(await made([])).toEqual(Buffer.alloc(1024));
  });

  test('takes a body byte by byte', async () => {
    const bytes = Array.from({ length: 1025 }, (_, value) => Uint8Array.of(value % 251));
    expect(await made([['a', bytes]])).toEqual(await made([['a', [Buffer.concat(bytes)]]]));
  });

  test.each([
    ['ends early', [new Uint8Array(9)]],
    ['is empty', []],
    ['goes on', [new Uint8Array(10), new Uint8Array(1)]],
  ])('fails, naming the key, when a body %s', async (_, chunks) => {
    await expect(made([['indices/x', chunks, 10]])).rejects.toMatchObject({
      name: 'ObjectLengthChanged',
      message: expect.stringContaining('indices/x') as string,
    });
  });
});
