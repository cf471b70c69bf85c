import { mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { InstallFailed } from '../errors.ts';
import { runCommand } from './command.ts';
import { installOnce } from './once.ts';
import { installSecurity } from './security.ts';
import { findJdk } from './prerequisites.mjs';

interface Release {
  /** That which the version's own pom asks for. */
  readonly log4j: string;
  /** Version of its repository-s3, which is not published for each. */
  readonly repositoryS3?: string;
  /** Version of its security plugin, where that is installed. */
  readonly security?: string;
}

/** Versions known to install from Maven Central. */
const RELEASES = {
  '3.8.0': { log4j: '2.25.4', repositoryS3: '3.8.0' },
  // That of 3.3.0 does its work on 3.4.0, once its descriptor says that it is for 3.4.0.
  '3.4.0': { log4j: '2.21.0', repositoryS3: '3.3.0', security: '3.4.0.0' },
  '3.3.0': { log4j: '2.21.0', repositoryS3: '3.3.0' },
  '2.19.6': { log4j: '2.25.4' }, // only `fs` repositories
} as const satisfies Record<string, Release>;
const COPY_JARS = 'org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy-dependencies';
const here = fileURLToPath(new URL('.', import.meta.url));

export type OpenSearchVersion = keyof typeof RELEASES;

const release = (version: OpenSearchVersion): Release => RELEASES[version];
export const hasS3 = (version: OpenSearchVersion): boolean => release(version).repositoryS3 !== undefined;

/** The JDKs that a version runs on: 2.x needs the security manager, which JDK 24 removed. */
export function jdkFor(version: OpenSearchVersion): { home: string | null; wanted: string } {
  return hasS3(version)
    ? { home: findJdk(), wanted: 'a JDK of version 21 or newer' }
    : { home: findJdk(process.env, { from: 17, to: 23 }), wanted: 'a JDK of version 17 to 23' };
}

/**
 * Assembles an OpenSearch node out of Maven Central's jars, once. Returns its home: lib/, modules/transport-netty4/, and
 * where the version has them plugins/repository-s3/, plugins/opensearch-security/ and keystore-maker/ (see MakeKeystore.java).
 */
export async function installOpenSearch(version: OpenSearchVersion): Promise<string> {
  return await installOnce(`OpenSearch ${version}`, `opensearch-${version}`, async (folder) => {
    const jars = join(folder, 'jars');
    const { log4j, repositoryS3, security } = release(version);
    const coordinates = [`-Dopensearch.version=${version}`, `-Dlog4j.version=${log4j}`, `-Doutput=${jars}`];
    const profile = repositoryS3 === undefined ? [] : ['-Popensearch-3', `-Drepository-s3.version=${repositoryS3}`];
    await runCommand('mvn', [
      '-q',
      '-B',
      '-f',
      join(here, 'opensearch-jars/pom.xml'),
      COPY_JARS,
      ...profile,
      ...coordinates,
    ]);
    await mkdir(join(folder, 'modules'));
    await mkdir(join(folder, 'plugins'));
    await rename(join(jars, 'lib'), join(folder, 'lib'));
    const netty = hasS3(version) ? 'Netty4ModulePlugin' : 'Netty4Plugin';
    const parts = [
      ['modules', 'transport-netty4', `org.opensearch.transport.${netty}`],
      ['plugins', 'repository-s3', 'org.opensearch.repositories.s3.S3RepositoryPlugin'],
    ] as const;
    for (const [kind, name, className] of hasS3(version) ? parts : parts.slice(0, 1)) {
      const target = join(folder, kind, name);
      await rename(join(jars, name), target);
      await removeJarsOf(join(folder, 'lib'), target);
      await describePlugin(target, name, version, className);
    }
    await rm(jars, { recursive: true });
    if (security !== undefined) await installSecurity(join(folder, 'plugins'), security, requireJdk());
    if (hasS3(version)) await compileKeystoreMaker(folder);
  });
}

/** A class may be on one level only (the node's own check): what lib/ has must not be in a plugin again. */
async function removeJarsOf(lib: string, plugin: string): Promise<void> {
  const artifact = (jar: string): string => jar.replace(/-\d.*$/, '');
  const shared = new Set((await readdir(lib)).map(artifact));
  for (const jar of await readdir(plugin)) if (shared.has(artifact(jar))) await rm(join(plugin, jar));
}

/** Zip distributions carry these files; the jars in Maven Central do not. */
async function describePlugin(folder: string, name: string, version: string, className: string): Promise<void> {
  const properties = {
    name,
    description: name,
    version,
    'opensearch.version': version,
    'java.version': '11',
    classname: className,
    'has.native.controller': 'false',
  };
  const lines = Object.entries(properties).map(([key, value]) => `${key}=${value}\n`);
  await writeFile(join(folder, 'plugin-descriptor.properties'), lines.join(''));
  await writeFile(join(folder, 'plugin-security.policy'), 'grant {\n  permission java.security.AllPermission;\n};\n');
}

function requireJdk(): string {
  const jdk = findJdk();
  if (!jdk) throw new InstallFailed('No JDK of version 21 or newer was found');
  return jdk;
}

async function compileKeystoreMaker(home: string): Promise<void> {
  const output = join(home, 'keystore-maker');
  await runCommand(join(requireJdk(), 'bin/javac'), [
    '-cp',
    `${home}/lib/*`,
    '-d',
    output,
    join(here, 'java/MakeKeystore.java'),
  ]);
}
