import { fileURLToPath } from 'node:url';
import { readSettingsFile } from '../config/settings-file.ts';
import { addNagChecks } from '../nag.ts';
import { synthesize } from '../synthesize.ts';
import { buildIngestApp } from './build.ts';
import { ingestSchema } from './config/schema.ts';
import { acknowledgeFindings } from './nag.ts';

/** The CDK app of what brings logs in: `cdk --app "node infra/ingest/app.ts" synth -c config=FILE`. */

await synthesize({
  own: 'ingest.json',
  example: fileURLToPath(new URL('config/example.json', import.meta.url)),
  build(file) {
    const app = buildIngestApp(readSettingsFile(file, ingestSchema));
    addNagChecks(app);
    acknowledgeFindings(app);
    return app;
  },
});
