import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { buildIngestApp } from '../../../infra/ingest/build.ts';
import { ingestSchema } from '../../../infra/ingest/config/schema.ts';
import type { DeployedStacks, SynthesizedTemplate } from '../../support/intrinsics.ts';
import { resourcesOf } from '../stacks/synthesized.ts';
import { mayDo, policyOf, service } from './access.ts';
import { example } from './synthesized.ts';

/** The stacks of the central buckets by other settings than the example's. */

let outdir: string;
beforeAll(() => {
  outdir = mkdtempSync(join(tmpdir(), 'permafrost-log-stacks-'));
});
afterAll(() => rmSync(outdir, { recursive: true }));
const appWith = (sources: Record<string, unknown>[]): ReturnType<typeof buildIngestApp> => {
  const { logs } = ingestSchema.parse({ logs: { ...example().logs, readers: [], sources } });
  return buildIngestApp({ logs: logs! }, { outdir: mkdtempSync(join(outdir, 'app-')), validate: false });
};

it('more sources than the policy of a bucket has room for are refused before anything is deployed', () => {
  const sources = (count: number): Record<string, unknown>[] =>
    Array.from({ length: count }, (_, index) => ({
      account: String(100_000_000_000 + index),
      region: 'eu-west-1',
      cloudWatchLogs: {},
    }));
  expect(appWith(sources(50))).toBeDefined();
  expect(() => appWith(sources(100))).toThrow(
    /permafrost-cloudwatch-444455556666-eu-west-1 would have \d+ bytes, and S3 takes 20480/,
  );
}, 120_000);

it('receivers of syslog in another region than the buckets are told where those are', () => {
  const given = example().logs.sources[0]!['syslog'] as object;
  const syslog = { ...given, image: `public.ecr.aws/x/y@sha256:${'0'.repeat(64)}` };
  const assembly = appWith([{ account: '222233334444', region: 'eu-central-1', syslog }]).synth();
  const template = assembly.getStackArtifact('permafrost-log-source-222233334444-eu-central-1').template as object;
  expect(JSON.stringify(template)).toContain('{"Name":"LOG_BUCKET_REGION","Value":"eu-west-1"}');
}, 120_000);

it("the trail of an organization writes below the organization's id as well as its own account's", () => {
  const assembly = appWith([
    { account: '222233334444', region: 'eu-west-1', cloudTrail: { organizationId: 'o-a1b2c3d4e5' } },
  ]).synth();
  const templateOf = (id: string): SynthesizedTemplate => assembly.getStackArtifact(id).template as SynthesizedTemplate;
  const [[, trail] = []] = resourcesOf(
    templateOf('permafrost-log-source-222233334444-eu-west-1'),
    'AWS::CloudTrail::Trail',
  );
  expect(trail).toMatchObject({ IsOrganizationTrail: true });
  const account: DeployedStacks = {
    templates: [templateOf('permafrost-log-account')],
    ...{ account: '444455556666', region: 'eu-west-1' },
  };
  const bucket = 'permafrost-cloudtrail-444455556666-eu-west-1';
  const policy = policyOf(account, 'AWS::S3::BucketPolicy', 'PolicyDocument', (text) =>
    text.includes(`"Bucket":"${bucket}"`),
  );
  const mayWrite = (below: string): boolean =>
    mayDo(
      policy,
      '444455556666',
      service('cloudtrail.amazonaws.com'),
      's3:PutObject',
      `arn:aws:s3:::${bucket}/AWSLogs/${below}/x`,
      {
        'aws:SourceArn': 'arn:aws:cloudtrail:eu-west-1:222233334444:trail/permafrost-trail',
        's3:x-amz-acl': 'bucket-owner-full-control',
      },
    );
  expect(mayWrite('222233334444/CloudTrail-Digest')).toBe(true);
  expect(mayWrite('o-a1b2c3d4e5/333344445555/CloudTrail')).toBe(true);
  expect(mayWrite('o-zzzzzzzzzz/333344445555/CloudTrail')).toBe(false);
}, 120_000);
