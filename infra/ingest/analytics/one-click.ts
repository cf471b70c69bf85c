import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { App, DefaultStackSynthesizer } from 'aws-cdk-lib';
import { addNagChecks } from '../../nag.ts';
import { flags } from '../build.ts';
import { analyticsDefaults } from '../config/analytics.ts';
import { AnalyticsStack } from '../stacks/analytics.ts';
import { parametersOf } from './inputs.ts';
import { zip } from './zip.ts';

const stackName = 'permafrost-analytics';

export interface OneClickOptions {
  /** Whether CDK's own rules and those of infra/nag.ts are applied; they take seconds. Default true. */
  readonly validate?: boolean;
}

/**
 * Writes the analytics of CloudTrail as one plain template for the console: `permafrost-analytics.template.json`, and beside it the
 * .zip files that must lie in the bucket of the parameter AssetBucket.
 * @param folder emptied first
 * @returns the names of the files
 */
export function writeOneClick(folder: string, { validate = true }: OneClickOptions = {}): string[] {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const outdir = join(folder, 'assembly');
  const app = new App({ ...{ analyticsReporting: false, stackTraces: validate, outdir }, postCliContext: flags });
  new AnalyticsStack(app, stackName, (stack) => parametersOf(stack, analyticsDefaults), {
    description: 'Permafrost: analytics of CloudTrail',
    // Nothing of `cdk bootstrap` is needed: the files come from the bucket that a parameter names.
    synthesizer: new DefaultStackSynthesizer({
      fileAssetsBucketName: '${AssetBucket}',
      generateBootstrapVersionRule: false,
    }),
  });
  if (validate) addNagChecks(app);
  const assembly = app.synth();
  const template = assembly.getStackByName(stackName).template as Template;
  writeFileSync(join(folder, `${stackName}.template.json`), `${JSON.stringify(template, null, 1)}\n`);
  const names = codeOf(template).map((name) => {
    writeFileSync(join(folder, name), zip(filesIn(join(outdir, `asset.${name.replace(/\.zip$/, '')}`))));
    return name;
  });
  rmSync(outdir, { recursive: true });
  return [`${stackName}.template.json`, ...names];
}

interface Template {
  readonly Resources: Readonly<
    Record<string, { readonly Properties?: { readonly Code?: { readonly S3Key?: string } } }>
  >;
}

const codeOf = (template: Template): string[] => [
  ...new Set(Object.values(template.Resources).flatMap(({ Properties }) => Properties?.Code?.S3Key ?? [])),
];

const filesIn = (folder: string): Map<string, Buffer> =>
  new Map(
    readdirSync(folder)
      .toSorted()
      .map((name) => [name, readFileSync(join(folder, name))]),
  );
