import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { InstallFailed } from '../errors.ts';
import { runCommand } from './command.ts';
import { installOnce } from './once.ts';
import { findPython } from './prerequisites.mjs';

const requirements = fileURLToPath(new URL('../requirements.txt', import.meta.url));

/**
 * Makes a virtual environment with the packages of requirements.txt once. Returns the path of its Python; run modules with
 * `-m`: the environment is renamed after it is made, so its script files name a path that is gone.
 */
export async function installPython(): Promise<string> {
  const hash = createHash('sha256')
    .update(await readFile(requirements))
    .digest('hex')
    .slice(0, 12);
  const home = await installOnce('Python packages (ministack, pysequoia)', `python-${hash}`, async (folder) => {
    const python = findPython();
    if (!python) throw new InstallFailed('No Python of 3.11 or newer with its venv module was found');
    await runCommand(python, ['-m', 'venv', folder]);
    await runCommand(join(folder, 'bin/python'), ['-m', 'pip', 'install', '-q', '-r', requirements]);
  });
  return join(home, 'bin/python');
}
