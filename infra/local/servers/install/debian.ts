import { globSync } from 'node:fs';
import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { InstallFailed } from '../errors.ts';
import { runCommand } from './command.ts';
import { installOnce } from './once.ts';
import { findCommand } from './prerequisites.mjs';

/** A program of Debian, and what it is started with. */
export interface DebianProgram {
  /** `/`, or the folder that the packages were unpacked to. */
  readonly root: string;
  readonly libraries: string;
  readonly env: Readonly<Record<string, string>>;
}

/**
 * Provides programs of Debian packages: those of the machine where all `files` are there, else unpacked to `.local/debian-<name>`.
 * Nothing is installed on the machine, no service is started, and no rights of root are needed.
 * @param files paths without the leading `/`, `*` standing for the architecture: what must be there.
 * @throws InstallFailed where there is no apt-get.
 */
export async function debianProgram(
  name: string,
  { packages, files }: { readonly packages: readonly string[]; readonly files: readonly string[] },
): Promise<DebianProgram> {
  const isWhole = (folder: string): boolean => files.every((file) => globSync(file, { cwd: folder }).length > 0);
  if (isWhole('/')) return { root: '/', libraries: '', env: {} };
  const root = await installOnce(`${packages.join(', ')} of Debian`, `debian-${name}`, async (folder) => {
    if (!findCommand('apt-get')) {
      throw new InstallFailed(`${packages.join(', ')}: neither installed nor installable (no apt-get on this machine)`);
    }
    await unpack(packages, folder);
    if (!isWhole(folder))
      throw new InstallFailed(`${packages.join(', ')}: the packages do not hold ${files.join(', ')}`);
  });
  const [libraries = ''] = globSync('usr/lib/*-linux-gnu*', { cwd: root }).map((found) => join(root, found));
  return { root, libraries, env: { LD_LIBRARY_PATH: libraries } };
}

/** Downloads the packages, and those that they need and the machine lacks, by lists of their own. */
async function unpack(packages: readonly string[], folder: string): Promise<void> {
  const state = join(folder, '.apt');
  for (const part of ['lists/partial', 'archives/partial', 'debs']) await mkdir(join(state, part), { recursive: true });
  const options = [
    `Dir::State::Lists=${join(state, 'lists')}`,
    `Dir::Cache=${state}`,
    'Debug::NoLocking=1',
    ...(process.getuid?.() === 0 ? ['APT::Sandbox::User=root'] : []),
  ].flatMap((option) => ['-o', option]);
  await runCommand('apt-get', [...options, '-qq', 'update']);
  const plan = await runCommand('apt-get', [
    ...options,
    ...['install', '--simulate', '--no-install-recommends'],
    ...packages,
  ]);
  const missing = [...plan.matchAll(/^Inst (\S+)/gm)].map(([, missingPackage]) => missingPackage!);
  const wanted = new Set([...packages, ...missing]);
  const debs = join(state, 'debs');
  await runCommand('apt-get', [...options, '-qq', 'download', ...wanted], { cwd: debs });
  for (const file of await readdir(debs)) await runCommand('dpkg-deb', ['-x', join(debs, file), folder]);
  await rm(state, { recursive: true });
}
