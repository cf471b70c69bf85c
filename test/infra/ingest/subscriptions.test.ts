import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { afterAll, expect, test } from 'vitest';
import { subscriptions } from '../../../infra/ingest/config/subscriptions.ts';
import { acknowledgeFindings } from '../../../infra/ingest/nag.ts';
import { addSubscriptionsStack } from '../../../infra/ingest/stacks/subscriptions.ts';
import { addNagChecks } from '../../../infra/nag.ts';

const folder = mkdtempSync(join(tmpdir(), 'permafrost-subscriptions-'));
afterAll(() => rmSync(folder, { recursive: true }));

const settings = {
  account: '111122223333',
  region: 'eu-west-1',
  domain: {
    endpoint: 'https://search-logs.eu-west-1.es.amazonaws.com',
    arn: 'arn:aws:es:eu-west-1:111122223333:domain/logs',
  },
  network: {
    vpcId: 'vpc-0123456789abcdef0',
    subnetIds: ['subnet-0123456789abcdef0'],
    availabilityZones: ['eu-west-1a'],
  },
  logGroups: ['/app/orders', 'CloudTrail/logs'],
};

test('a stack of its own subscribes log groups to a domain that is there', () => {
  const app = new App({
    outdir: folder,
    analyticsReporting: false,
    stackTraces: false,
    treeMetadata: false,
    builtinCloudFormationValidation: false,
  });
  const stack = addSubscriptionsStack(app, subscriptions.parse(settings));
  addNagChecks(app);
  acknowledgeFindings(app);
  // Fails on findings of the rules.
  app.synth();
  const template = Template.fromStack(stack);
  template.resourceCountIs('AWS::Logs::SubscriptionFilter', 2);
  template.hasResourceProperties('AWS::S3::Bucket', { BucketName: 'permafrost-failed-events-111122223333-eu-west-1' });
  template.hasResourceProperties('AWS::Lambda::Function', { FunctionName: 'permafrost-index-cloudwatch-logs' });
  for (const name of ['FailedEventsBucket', 'IndexerFunction', 'IndexerRoleArn']) template.hasOutput(name, {});
}, 120_000);

test.each([
  ['no log group', { logGroups: [] }],
  ['a log group twice', { logGroups: ['/app', '/app'] }],
  ['no name of a log group', { logGroups: ['/app orders'] }],
  ['an index pattern without a day', { indexPattern: 'cwl-YYYY.MM' }],
  ['an unknown field', { loggroups: ['/app'] }],
])('settings with %s are refused', (_case, changes) => {
  expect(subscriptions.safeParse({ ...settings, ...changes }).success).toBe(false);
});

test.each(['arn:aws:logs:eu-west-1:111122223333:log-group:/app/orders:*', '/app/*'])(
  'a log group is named as it is, not by %s',
  (name) => {
    const { error } = subscriptions.safeParse({ ...settings, logGroups: [name] });
    expect(error?.issues.map(({ message }) => message)).toEqual([
      expect.stringContaining('must be the name of a log group, not an ARN, without wildcards'),
    ]);
  },
);

test('the endpoint of a domain in another region than that of its ARN is refused with both', () => {
  const domain = { ...settings.domain, endpoint: 'https://search-logs.eu-central-1.es.amazonaws.com' };
  const { error } = subscriptions.safeParse({ ...settings, domain });
  expect(error?.issues.map(({ path, message }) => `${path.join('.')} ${message}`)).toEqual([
    'domain.endpoint is in region eu-central-1, but arn in eu-west-1',
  ]);
});
