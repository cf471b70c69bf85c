import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runCommand } from './command.ts';

const COPY = 'org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy';
/** In Maven Central the zip lacks a library that the plugin wants from another plugin of the distribution. */
const MISSING_LIBRARY = 'org.apache.commons:commons-collections4:4.5.0';

/** Puts the security plugin into `plugins/opensearch-security`, with nothing else of the full distribution beside it. */
export async function installSecurity(plugins: string, version: string, jdk: string): Promise<void> {
  const target = join(plugins, 'opensearch-security');
  for (const artifact of [`org.opensearch.plugin:opensearch-security:${version}:zip`, MISSING_LIBRARY]) {
    await runCommand('mvn', ['-q', '-B', COPY, `-Dartifact=${artifact}`, `-DoutputDirectory=${target}`]);
  }
  // By the JDK: Maven's own unpacking leaves marks in the folder where it is called.
  const zip = join(target, `opensearch-security-${version}.zip`);
  await runCommand(join(jdk, 'bin/jar'), ['xf', zip], { cwd: target });
  await rm(zip);
  // The plugins that it extends are not published; nothing here uses what it adds to them.
  const descriptor = join(target, 'plugin-descriptor.properties');
  const lines = await readFile(descriptor, 'utf8');
  await writeFile(descriptor, lines.replace(/^extended\.plugins=.*$/m, 'extended.plugins='));
}
