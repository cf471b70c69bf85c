import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Where installed servers live: `.local/` at the root of the checkout. */
export const installDirectory = fileURLToPath(new URL('../../../../.local', import.meta.url));

/**
 * Installs into `.local/<name>` unless that exists, and returns its path. `build` fills a temporary folder, which takes the
 * final name only when `build` has ended well: what has the name is whole.
 */
export async function installOnce(
  title: string,
  name: string,
  build: (folder: string) => Promise<void>,
): Promise<string> {
  const target = join(installDirectory, name);
  if (existsSync(target)) return target;
  const started = Date.now();
  process.stdout.write(`Installing ${title} ...\n`);
  await mkdir(installDirectory, { recursive: true });
  const folder = await mkdtemp(join(installDirectory, `.installing-${name}-`));
  try {
    await build(folder);
    await rename(folder, target).catch((error: unknown) => {
      if (!existsSync(target)) throw error; // else another process was first, with the same result
    });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  process.stdout.write(`Installing ${title} ... done in ${Math.round((Date.now() - started) / 1000)} s\n`);
  return target;
}

/** Removes what a killed installation left. Only for a caller that holds the installation lock. */
export async function removeUnfinishedInstallations(): Promise<void> {
  for (const name of await readdir(installDirectory).catch(() => [])) {
    if (name.startsWith('.installing-')) await rm(join(installDirectory, name), { recursive: true, force: true });
  }
}
