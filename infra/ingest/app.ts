import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { App } from 'aws-cdk-lib';
import { SettingsInvalid } from '../config/errors.ts';
import { addNagChecks } from '../nag.ts';
import { buildIngestApp } from './build.ts';
import { readSettingsFile } from './config/read.ts';
import { ingestSchema } from './config/schema.ts';
import { acknowledgeFindings } from './nag.ts';

/** The CDK app of what brings logs in: `cdk --app "node infra/ingest/app.ts" synth -c config=FILE`. */

const example = fileURLToPath(new URL('config/example.json', import.meta.url));

/** The file that `-c config=` names, else ingest.json; without either, the example, which can only be synthesized. */
function settingsFile(): string {
  // Only to read the CLI's context: were it synthesized at exit, it would replace the real app's assembly.
  const named: unknown = new App({ autoSynth: false }).node.tryGetContext('config');
  if (typeof named === 'string') return named;
  return existsSync('ingest.json') ? 'ingest.json' : example;
}

try {
  const app = buildIngestApp(readSettingsFile(settingsFile(), ingestSchema));
  addNagChecks(app);
  acknowledgeFindings(app);
  app.synth();
} catch (error) {
  if (!(error instanceof SettingsInvalid)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
}
