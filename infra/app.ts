import { fileURLToPath } from 'node:url';
import { SettingsInvalid } from './config/errors.ts';
import { readConfiguration } from './config/read.ts';
import { settingsFileOf } from './config/which-file.ts';
import { addNagChecks } from './nag.ts';
import { buildApp } from './stacks/build.ts';

/** The CDK app: `cdk synth -c config=FILE`. */

const example = fileURLToPath(new URL('config/example.json', import.meta.url));

try {
  const app = buildApp(await readConfiguration(settingsFileOf('permafrost.json', example)));
  addNagChecks(app);
  app.synth();
} catch (error) {
  if (!(error instanceof SettingsInvalid)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
