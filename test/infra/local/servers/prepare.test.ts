import { spawnSync } from 'node:child_process';
import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findCommand, findJdk, missingPrerequisites } from '../../../../infra/local/servers/install/prerequisites.mjs';

const prepare = fileURLToPath(new URL('../../../../infra/local/prepare.mjs', import.meta.url));
let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'prepare-test-'));
});
afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

/** A PATH that has only these commands, as links to the real ones. */
async function pathWith(...names: string[]): Promise<string> {
  const bin = join(folder, 'bin');
  await mkdir(bin);
  for (const name of names) await symlink(findCommand(name)!, join(bin, name));
  return bin;
}

describe('prepare', () => {
  it('names what is missing on one line each and changes nothing', async () => {
    const env = { ...process.env, PATH: await pathWith('mvn', 'sh', 'bash', 'dirname', 'python3') };
    const { status, stderr, stdout } = spawnSync(process.execPath, [prepare], { env, encoding: 'utf8' });
    expect(stderr.split('\n').filter((line) => line.includes('Go'))).toEqual(['Missing: Go (the command go)']);
    expect(stdout).toBe('');
    expect(status).toBe(1);
  });
});

describe('prerequisites', () => {
  it('are all there where the tests run', () => {
    expect(missingPrerequisites()).toEqual([]);
  });

  it('take no file that cannot be run, and no folder, for a command', async () => {
    await writeFile(join(folder, 'go'), '');
    await mkdir(join(folder, 'mvn'));
    expect(findCommand('go', { PATH: folder })).toBeNull();
    expect(findCommand('mvn', { PATH: folder })).toBeNull();
    await chmod(join(folder, 'go'), 0o755);
    expect(findCommand('go', { PATH: `/no/such/folder:${folder}` })).toBe(join(folder, 'go'));
  });

  it('prefer the JDK of JAVA_HOME when it is new enough, and pass over it when it is not', async () => {
    const jdk = async (name: string, version: string): Promise<string> => {
      const home = join(folder, name);
      await mkdir(join(home, 'bin'), { recursive: true });
      for (const tool of ['java', 'javac']) await writeFile(join(home, 'bin', tool), '', { mode: 0o755 });
      await writeFile(join(home, 'release'), `IMPLEMENTOR="x"\nJAVA_VERSION="${version}"\n`);
      return home;
    };
    const [old, recent] = [await jdk('old', '17.0.9'), await jdk('recent', '21.0.1')];
    expect(findJdk({ JAVA_HOME: recent, PATH: '' })).toBe(recent);
    expect(findJdk({ JAVA_HOME: old, PATH: join(recent, 'bin') })).toBe(recent);
    expect(findJdk({ JAVA_HOME: dirname(folder), PATH: '' })).not.toBe(dirname(folder));
  });
});
