import { execFile } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'vitest';

const exec = promisify(execFile);

/** Runs a task in a directory of its own, removed afterwards. */
export async function inTemporaryDirectory<T>(work: (directory: string) => Promise<T>): Promise<T> {
  const directory = await mkdtemp(join(tmpdir(), 'permafrost-'));
  try {
    return await work(directory);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

/** Decrypts with the machine's GnuPG and a key ring of its own. Throws when gpg does. */
export async function gpgDecrypt(ciphertext: Uint8Array, secretKey: string): Promise<Buffer> {
  return await inTemporaryDirectory(async (home) => {
    await chmod(home, 0o700);
    await writeFile(join(home, 'secret.asc'), secretKey);
    await writeFile(join(home, 'volume.tar.pgp'), ciphertext);
    const gpg = ['--homedir', home, '--batch', '--quiet', '--pinentry-mode', 'loopback', '--passphrase', ''];
    try {
      await exec('gpg', [...gpg, '--import', join(home, 'secret.asc')]);
      await exec('gpg', [...gpg, '-o', join(home, 'volume.tar'), '-d', join(home, 'volume.tar.pgp')]);
      return await readFile(join(home, 'volume.tar'));
    } finally {
      await exec('gpgconf', ['--homedir', home, '--kill', 'all']).catch(() => undefined);
    }
  });
}

/**
 * Unpacks a volume's plaintext as the README says: `tar`, `sha256sum -c data.tar.sha256`, `tar`; then `sha256sum -c
 * objects.sha256` over what came out.
 * @returns the unpacked files by their path
 */
export async function unpackByHand(plaintext: Uint8Array, locale = 'C.UTF-8'): Promise<Map<string, Buffer>> {
  return await inTemporaryDirectory(async (directory) => {
    const run = async (command: string, args: readonly string[], cwd: string): Promise<void> => {
      const { stderr } = await exec(command, [...args], { cwd, env: { ...process.env, LC_ALL: locale } });
      expect(stderr).toBe('');
    };
    const unpacked = join(directory, 'unpacked');
    await mkdir(unpacked);
    await writeFile(join(directory, 'volume.tar'), plaintext);
    await run('tar', ['xf', 'volume.tar'], directory);
    await run('sha256sum', ['-c', '--quiet', 'data.tar.sha256'], directory);
    await run('tar', ['xf', join('..', 'data.tar')], unpacked);
    await run('sha256sum', ['-c', '--quiet', join('..', 'objects.sha256')], unpacked);
    const files = (await readdir(unpacked, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile());
    const found = new Map<string, Buffer>();
    for (const file of files) {
      const path = join(file.parentPath, file.name);
      found.set(relative(unpacked, path), await readFile(path));
    }
    return found;
  });
}

/** Both directories of bytes are the same, key by key. */
export function expectSameContents(
  found: ReadonlyMap<string, Uint8Array>,
  wanted: ReadonlyMap<string, Uint8Array>,
): void {
  expect([...found.keys()].sort()).toEqual([...wanted.keys()].sort());
  for (const [key, content] of wanted) expect(Buffer.compare(content, found.get(key)!), key).toBe(0);
}
