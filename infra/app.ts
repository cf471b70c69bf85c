import { fileURLToPath } from 'node:url';
import { existsSync } from 'node:fs';
import { App } from 'aws-cdk-lib';
import { SettingsInvalid } from './config/errors.ts';
import { readConfiguration } from './config/read.ts';
import { addNagChecks } from './nag.ts';
import { buildApp } from './stacks/build.ts';

/** The CDK app: `cdk synth -c config=FILE`. */

const example = fileURLToPath(new URL('config/example.json', import.meta.url));

/** The file that `-c config=` names, else permafrost.json; without either, the example, which can only be synthesized. */
function settingsFile(): string {
  // Only to read the CLI's context: were it synthesized at exit, it would replace the real app's assembly.
  const named: unknown = new App({ autoSynth: false }).node.tryGetContext('config');
  if (typeof named === 'string') return named;
  return existsSync('permafrost.json') ? 'permafrost.json' : example;
}

try {
  const app = buildApp(await readConfiguration(settingsFile()));
  addNagChecks(app);
  app.synth();
} catch (error) {
  if (!(error instanceof SettingsInvalid)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
