import { fileURLToPath } from 'node:url';
import { SettingsInvalid } from '../config/errors.ts';
import { readSettingsFile } from '../config/settings-file.ts';
import { settingsFileOf } from '../config/which-file.ts';
import { addNagChecks } from '../nag.ts';
import { buildIngestApp } from './build.ts';
import { ingestSchema } from './config/schema.ts';
import { acknowledgeFindings } from './nag.ts';

/** The CDK app of what brings logs in: `cdk --app "node infra/ingest/app.ts" synth -c config=FILE`. */

const example = fileURLToPath(new URL('config/example.json', import.meta.url));

try {
  const app = buildIngestApp(readSettingsFile(settingsFileOf('ingest.json', example), ingestSchema));
  addNagChecks(app);
  acknowledgeFindings(app);
  app.synth();
} catch (error) {
  if (!(error instanceof SettingsInvalid)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
}
