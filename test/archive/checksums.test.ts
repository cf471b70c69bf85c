import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { checksumsBytes, parseChecksums } from '../../archive/checksums.ts';

const folder = mkdtempSync(join(tmpdir(), 'checksums-'));
afterAll(() => rmSync(folder, { recursive: true }));

const hash = (text: string): string => createHash('sha256').update(text).digest('hex');
const invalid = expect.objectContaining({ name: 'FormatInvalid' }) as unknown;
const paths = [
  'catalog/a/manifest.json',
  'archives/a/volume-00001.tar.pgp',
  'with space',
  ' at the start',
  'back\\slash',
  'line\nfeed',
  'return\rhere',
  '*star',
  'ümlaut/€',
  '\\',
];

describe('SHA256SUMS', () => {
  const list = checksumsBytes(paths.map((path) => ({ path, sha256: hash(path) })));

  it('is accepted by sha256sum -c, whatever the names', () => {
    for (const path of paths) {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      writeFileSync(join(folder, path), path);
    }
    writeFileSync(join(folder, 'SHA256SUMS'), list);
    const check = execFileSync('sha256sum', ['-c', '--strict', 'SHA256SUMS'], { cwd: folder, encoding: 'utf8' });
    expect(check.match(/: OK$/gm)).toHaveLength(paths.length);
  });

  it('is what sha256sum writes, in the order of UTF-8 bytes', () => {
    const sorted = paths.toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
    expect(Buffer.from(list).toString()).toBe(
      execFileSync('sha256sum', ['--', ...sorted], { cwd: folder, encoding: 'utf8' }),
    );
  });

  it('reads back what it writes', () => {
    const path = fc.string({ minLength: 1, unit: fc.oneof(fc.constantFrom('\\', '\n', '\r', 'n', ' '), fc.string()) });
    fc.assert(
      fc.property(fc.uniqueArray(path.map((p) => p.replaceAll('\0', 'x').toWellFormed() || 'x')), (some) => {
        const entries = some.map((path) => ({ path, sha256: hash(path) }));
        const read = parseChecksums(checksumsBytes(entries));
        expect(new Set(read)).toEqual(new Set(entries));
      }),
    );
  });

  it.each([
    ['a missing line feed at the end', `${hash('a')}  a`],
    ['upper-case digits', `${hash('a').toUpperCase()}  a\n`],
    ['one space', `${hash('a')} a\n`],
    ['binary mode', `${hash('a')} *a\n`],
    ['an empty line', `\n${hash('a')}  a\n`],
    ['a comment', `# list\n${hash('a')}  a\n`],
    ['lines out of order', `${hash('b')}  b\n${hash('a')}  a\n`],
    ['a path twice', `${hash('a')}  a\n${hash('a')}  a\n`],
    ['an unknown escape', `\\${hash('a')}  a\\t\n`],
    ['an escape mark with nothing to escape', `\\${hash('a')}  a\n`],
    ['an unescaped backslash', `${hash('a')}  a\\b\n`],
    ['bytes that are not UTF-8', Buffer.concat([Buffer.from(`${hash('a')}  `), Buffer.from([0xff, 0x0a])])],
  ])('refuses to read %s', (_, text) => {
    expect(() => parseChecksums(Buffer.from(text))).toThrow(invalid);
  });

  it.each([
    ['an empty path', [{ path: '', sha256: hash('a') }]],
    ['a path with a zero byte', [{ path: 'a\0b', sha256: hash('a') }]],
    ['a digest that is none', [{ path: 'a', sha256: 'abc' }]],
  ])('refuses to write %s', (_, entries) => {
    expect(() => checksumsBytes(entries)).toThrow(invalid);
  });
});
