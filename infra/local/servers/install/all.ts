/** Installs every server of the local stack; run by prepare.mjs, which holds the installation lock. */
import { InstallFailed } from '../errors.ts';
import { removeUnfinishedInstallations } from './once.ts';
import { installOpenSearch } from './opensearch.ts';
import { installPython } from './python.ts';
import { installVersitygw } from './versitygw.ts';

try {
  await removeUnfinishedInstallations();
  // Together: Maven and pip wait for the network while Go compiles.
  await Promise.all([installOpenSearch('3.8.0'), installVersitygw(), installPython()]);
} catch (error) {
  if (!(error instanceof InstallFailed)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
