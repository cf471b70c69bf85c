/**
 * Makes the checkout ready to run: checks prerequisites, brings node_modules in line with package-lock.json, and installs
 * the local stack's servers. Runs before `npm start`, `npm run stack` and `npm test`; a second call takes a moment.
 *
 * Layout of `.local/` (ignored by git; delete any of it at will, the next call brings it back):
 *   opensearch-3.8.0/    an OpenSearch node with repository-s3: lib, modules, plugins, keystore-maker
 *   versitygw-v1.8.0/    the S3 server: one binary
 *   python-<hash>/       a virtual environment with ministack and what tests need; the hash is of requirements.txt
 *   .installing-*        an installation under way: it is renamed to its final name once whole
 *   preparing.lock       process id of the `prepare` that is installing
 * The other names in it (data, logs, endpoints.json, last-run) belong to the stack and to `npm start`.
 *
 * Plain JavaScript without dependencies: it must run on Node 20 with no node_modules.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { missingPrerequisites } from './servers/install/prerequisites.mjs';

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const lockFile = join(root, '.local/preparing.lock');

const missing = missingPrerequisites();
for (const what of missing) console.error(`Missing: ${what}`);
if (missing.length > 0) process.exit(1);

mkdirSync(join(root, '.local'), { recursive: true });
await takeLock();
process.exitCode = installPackages() || installServers();

/** Two `npm` commands at once must not install over each other: the second waits for the first. */
async function takeLock() {
  for (let waited = false; ; waited = true) {
    try {
      writeFileSync(lockFile, String(process.pid), { flag: 'wx' });
      process.on('exit', () => rmSync(lockFile, { force: true }));
      for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => process.exit(1));
      return;
    } catch (error) {
      if (error.code !== 'EEXIST') throw error;
    }
    if (!holderIsAlive()) rmSync(lockFile, { force: true });
    else if (!waited) console.log('Another prepare is installing; waiting for it ...');
    await sleep(200);
  }
}

function holderIsAlive() {
  try {
    const holder = Number(readFileSync(lockFile, 'utf8'));
    return holder === 0 || process.kill(holder, 0); // empty: it is being written at this moment
  } catch (error) {
    return error.code === 'EPERM';
  }
}

function installPackages() {
  if (packagesMatchLock()) return 0;
  console.log('Installing npm packages (npm ci) ...');
  // Inside an npm script, npm_execpath is the npm that runs it; its other variables describe that script, not this call.
  const npm = process.env.npm_execpath?.endsWith('.js') ? [process.execPath, process.env.npm_execpath] : ['npm'];
  const env = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^npm_(lifecycle|package|command|config_local_prefix)/.test(name)),
  );
  const { status, error } = spawnSync(npm[0], [...npm.slice(1), 'ci', '--loglevel=error'], {
    cwd: root,
    env,
    stdio: 'inherit',
  });
  if (error) console.error(`npm ci could not start: ${error.message}`);
  else if (status !== 0) console.error('npm ci failed; see above');
  return status ?? 1;
}

/**
 * npm keeps node_modules/.package-lock.json as a record of what it installed. It must hold every package of
 * package-lock.json with the same version and digest; optional packages of other platforms may be absent.
 */
function packagesMatchLock() {
  const record = join(root, 'node_modules/.package-lock.json');
  if (!existsSync(record)) return false;
  const wanted = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')).packages;
  const installed = JSON.parse(readFileSync(record, 'utf8')).packages;
  return (
    Object.keys(installed).every((path) => path in wanted) &&
    Object.entries(wanted).every(
      ([path, { version, integrity, optional }]) =>
        path === '' ||
        (installed[path] ? installed[path].version === version && installed[path].integrity === integrity : optional),
    )
  );
}

/** The installers are TypeScript: they run on the Node of node_modules, or on this one where that has no build. */
function installServers() {
  const bundled = join(root, 'node_modules/.bin/node');
  const node = existsSync(bundled) ? bundled : process.execPath;
  const { status } = spawnSync(node, [join(root, 'infra/local/servers/install/all.ts')], {
    cwd: root,
    stdio: 'inherit',
  });
  return status ?? 1;
}
