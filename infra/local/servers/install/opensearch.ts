import { mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { InstallFailed } from '../errors.ts';
import { runCommand } from './command.ts';
import { installOnce } from './once.ts';
import { findJdk } from './prerequisites.mjs';

/** Versions known to install from Maven Central, each with the log4j that its own pom asks for. */
const LOG4J = { '3.8.0': '2.25.4', '3.3.0': '2.21.0', '2.19.6': '2.25.4' } as const;
const COPY_JARS = 'org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy-dependencies';
const here = fileURLToPath(new URL('.', import.meta.url));

export type OpenSearchVersion = keyof typeof LOG4J;

/** 2.19 has no repository-s3 in Maven Central: only `fs` repositories. */
export const hasS3 = (version: OpenSearchVersion): boolean => !version.startsWith('2.');

/** The JDKs that a version runs on: 2.x needs the security manager, which JDK 24 removed. */
export function jdkFor(version: OpenSearchVersion): { home: string | null; wanted: string } {
  return hasS3(version)
    ? { home: findJdk(), wanted: 'a JDK of version 21 or newer' }
    : { home: findJdk(process.env, { from: 17, to: 23 }), wanted: 'a JDK of version 17 to 23' };
}

/**
 * Assembles an OpenSearch node out of Maven Central's jars, once. Returns its home: lib/, modules/transport-netty4/, and
 * where the version has it plugins/repository-s3/ and keystore-maker/ (see MakeKeystore.java).
 */
export async function installOpenSearch(version: OpenSearchVersion): Promise<string> {
  return await installOnce(`OpenSearch ${version}`, `opensearch-${version}`, async (folder) => {
    const jars = join(folder, 'jars');
    const coordinates = [`-Dopensearch.version=${version}`, `-Dlog4j.version=${LOG4J[version]}`, `-Doutput=${jars}`];
    const profile = hasS3(version) ? ['-Popensearch-3'] : [];
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

async function compileKeystoreMaker(home: string): Promise<void> {
  const jdk = findJdk();
  if (!jdk) throw new InstallFailed('No JDK of version 21 or newer was found');
  const output = join(home, 'keystore-maker');
  await runCommand(join(jdk, 'bin/javac'), [
    '-cp',
    `${home}/lib/*`,
    '-d',
    output,
    join(here, 'java/MakeKeystore.java'),
  ]);
}
