/**
 * What must be on the machine before anything is installed. Plain JavaScript: it runs before `npm ci`, on Node 20 too.
 */
import { spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync, readFileSync, readdirSync, realpathSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';

const MINIMUM_NODE = 20;
const MINIMUM_JDK = 21;
const MINIMUM_PYTHON = [3, 11];

/** The full path of a command on PATH, or null. */
export function findCommand(name, env = process.env) {
  for (const folder of (env.PATH ?? '').split(delimiter)) {
    const file = join(folder, name);
    try {
      accessSync(file, constants.X_OK);
      if (folder !== '' && statSync(file).isFile()) return file;
    } catch {
      // not in this folder
    }
  }
  return null;
}

/**
 * Home of a JDK of a version in the range (default: 21 or newer), or null: JAVA_HOME first, then the one on PATH, then what
 * is installed.
 */
export function findJdk(env = process.env, { from = MINIMUM_JDK, to = Infinity } = {}) {
  const onPath = findCommand('javac', env);
  const homes = [
    ...(env.JAVA_HOME ? [env.JAVA_HOME] : []),
    ...(onPath ? [dirname(dirname(realpathSync(onPath)))] : []),
  ];
  for (const [folder, inside] of [
    ['/usr/lib/jvm', ''],
    ['/opt', ''],
    ['/Library/Java/JavaVirtualMachines', 'Contents/Home'],
    [join(homedir(), '.sdkman/candidates/java'), ''],
  ]) {
    if (existsSync(folder)) homes.push(...readdirSync(folder).map((name) => join(folder, name, inside)));
  }
  return homes.find((home) => jdkVersion(home) >= from && jdkVersion(home) <= to) ?? null;
}

/** Major version from the JDK's `release` file (no process to start); 0 when the folder holds no whole JDK. */
function jdkVersion(home) {
  if (!existsSync(join(home, 'bin/java')) || !existsSync(join(home, 'bin/javac'))) return 0;
  try {
    return Number(/^JAVA_VERSION="(\d+)/m.exec(readFileSync(join(home, 'release'), 'utf8'))?.[1] ?? 0);
  } catch {
    return 0;
  }
}

/** The path of a Python of 3.11 or newer that can make virtual environments, or null. */
export function findPython(env = process.env) {
  const probe = `import sys, venv, ensurepip; sys.exit(sys.version_info < (${MINIMUM_PYTHON.join(', ')}))`;
  for (const name of ['python3', 'python3.14', 'python3.13', 'python3.12', 'python3.11']) {
    const python = findCommand(name, env);
    if (python && spawnSync(python, ['-c', probe], { env, stdio: 'ignore' }).status === 0) return python;
  }
  return null;
}

/** One line for each thing that is missing; empty when all is there. */
export function missingPrerequisites(env = process.env) {
  const missing = [];
  if (Number(process.versions.node.split('.')[0]) < MINIMUM_NODE) {
    missing.push(`Node.js ${MINIMUM_NODE} or newer (this is ${process.versions.node}): https://nodejs.org`);
  }
  if (!findJdk(env))
    missing.push(`a JDK of version ${MINIMUM_JDK} or newer (set JAVA_HOME if it is in an unusual place)`);
  if (!findCommand('mvn', env)) missing.push('Maven (the command mvn)');
  if (!findCommand('go', env)) missing.push('Go (the command go)');
  if (!findPython(env))
    missing.push(`Python ${MINIMUM_PYTHON.join('.')} or newer with its venv module (the command python3)`);
  return missing;
}
