import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { buildIngestApp } from '../../../infra/ingest/build.ts';
import { ingestSchema } from '../../../infra/ingest/config/schema.ts';
import type { SynthesizedTemplate } from '../../support/intrinsics.ts';
import { resourcesOf } from '../stacks/synthesized.ts';
import { example } from './synthesized.ts';

const outdir = mkdtempSync(join(tmpdir(), 'permafrost-own-log-groups-'));
afterAll(() => rmSync(outdir, { recursive: true }));

test('the subscription of a whole account leaves out each function that the same settings make to index, and Firehose', () => {
  const given = example() as unknown as { indexers: object; subscriptions: object; analytics: object };
  // Prefixes of their own: names are taken from the part that they belong to.
  const settings = ingestSchema.parse({
    ...given,
    indexers: { ...given.indexers, prefix: 'objects' },
    subscriptions: { ...given.subscriptions, prefix: 'direct' },
    analytics: { ...given.analytics, prefix: 'trail' },
  });
  const { stacks } = buildIngestApp(settings, { outdir, validate: false }).synth();
  const templates = stacks.map(({ template }) => template as SynthesizedTemplate);
  const indexing = templates
    .flatMap((template) => resourcesOf(template, 'AWS::Lambda::Function'))
    .filter(([, { Environment }]) => JSON.stringify(Environment ?? {}).includes('DOMAIN_ENDPOINT'))
    .map(([, { FunctionName }]) => `/aws/lambda/${String(FunctionName)}`);
  expect(indexing).toHaveLength(5);

  const policies = templates.flatMap((template) => resourcesOf(template, 'AWS::Logs::AccountPolicy'));
  expect(policies).toHaveLength(1);
  const criteria = String(policies[0]![1]['SelectionCriteria']);
  const left = JSON.parse(criteria.replace('LogGroupName NOT IN ', '')) as string[];
  expect(left).toEqual(expect.arrayContaining([...indexing, '/aws/kinesisfirehose/permafrost-cloudwatch-logs']));
}, 180_000);
