import { fileURLToPath } from 'node:url';
import { readConfiguration } from './config/read.ts';
import { addNagChecks } from './nag.ts';
import { buildApp } from './stacks/build.ts';
import { synthesize } from './synthesize.ts';

/** The CDK app: `cdk synth -c config=FILE`. */

await synthesize({
  own: 'permafrost.json',
  example: fileURLToPath(new URL('config/example.json', import.meta.url)),
  async build(file) {
    const app = buildApp(await readConfiguration(file));
    addNagChecks(app);
    return app;
  },
});
