/** Installs every server of the local stack; run by prepare.mjs, which holds the installation lock. */
import { InstallFailed, ServerCommandFailed, ServerStartFailed } from '../errors.ts';
import { makeClassArchive } from '../opensearch.ts';
import { removeUnfinishedInstallations } from './once.ts';
import { installOpenSearch } from './opensearch.ts';
import { installPython } from './python.ts';
import { installVersitygw } from './versitygw.ts';

try {
  await removeUnfinishedInstallations();
  // Together: Maven and pip wait for the network while Go compiles.
  await Promise.all([installNode(), installVersitygw(), installPython()]);
} catch (error) {
  const isExpected = [InstallFailed, ServerStartFailed, ServerCommandFailed].some((kind) => error instanceof kind);
  if (!isExpected) throw error;
  console.error((error as Error).message);
  process.exitCode = 1;
}

async function installNode(): Promise<void> {
  await installOpenSearch('3.8.0');
  await makeClassArchive('3.8.0');
}
