import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App, Stack, aws_sns as sns } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { environment } from '../../../functions/ingest/index-cloudwatch-logs.ts';
import { CloudwatchIndexer, type CloudwatchIndexerProps } from '../../../infra/ingest/cloudwatch-indexer.ts';
import { ownLogGroups } from '../../../infra/ingest/sources/own-log-groups.ts';
import { addNagChecks } from '../../../infra/nag.ts';

const folder = mkdtempSync(join(tmpdir(), 'permafrost-indexer-'));
afterAll(() => rmSync(folder, { recursive: true }));

const user = { parameterName: '/permafrost/user', keyArn: 'arn:aws:kms:eu-west-1:111122223333:key/abc' };
function synthesize(name: string, changes: Partial<CloudwatchIndexerProps> = {}): Template {
  const app = new App({
    outdir: join(folder, name),
    analyticsReporting: false,
    stackTraces: false,
    treeMetadata: false,
    builtinCloudFormationValidation: false,
  });
  const stack = new Stack(app, 'indexers', { env: { account: '111122223333', region: 'eu-west-1' } });
  new CloudwatchIndexer(stack, 'Indexer', {
    prefix: 'permafrost',
    domain: { endpoint: 'https://logs.example', arn: 'arn:aws:es:eu-west-1:111122223333:domain/logs' },
    logGroupNames: ['/app/orders', 'CloudTrail/logs'],
    topic: sns.Topic.fromTopicArn(stack, 'Topic', 'arn:aws:sns:eu-west-1:111122223333:notices'),
    network: {},
    ...changes,
  });
  addNagChecks(app);
  return Template.fromStack(stack);
}

interface Statement {
  readonly Action: string | string[];
  readonly Resource: unknown;
}
/** Action and resource, the latter as text: where it is put together, without what only the deployment knows. */
function rightsOf(template: Template): [string, string][] {
  const policies = Object.values(template.findResources('AWS::IAM::Policy')) as {
    Properties: { PolicyDocument: { Statement: Statement[] } };
  }[];
  const text = (resource: unknown): string => {
    if (typeof resource === 'string') return resource;
    const { 'Fn::Join': joined, 'Fn::GetAtt': attribute } = resource as Record<string, unknown[] | undefined>;
    if (joined) return (joined[1] as unknown[]).map(text).join('');
    return attribute ? `<${/Logs|FailedEvents/.exec(String(attribute[0]))![0]}>` : '<>';
  };
  return policies
    .flatMap(({ Properties }) => Properties.PolicyDocument.Statement)
    .flatMap(({ Action, Resource }) =>
      [Action].flat().flatMap((action) => [Resource].flat().map((one): [string, string] => [action, text(one)])),
    );
}

describe('the indexer of CloudWatch Logs', () => {
  let signed: Template;
  let asUser: Template;
  beforeAll(() => {
    signed = synthesize('signed');
    asUser = synthesize('user', { user });
  }, 120_000);

  test('has variables that the function takes', () => {
    for (const template of [signed, asUser]) {
      const [found] = Object.values(template.findResources('AWS::Lambda::Function')) as {
        Properties: { Environment: { Variables: Record<string, unknown> } };
      }[];
      const variables = {
        ...found!.Properties.Environment.Variables,
        REJECTS_BUCKET: 'bucket',
        AWS_REGION: 'eu-west-1',
      };
      expect(environment.safeParse(variables).error).toBeUndefined();
    }
  });

  test('has a bundle that exports the handler', () => {
    const file = join(folder, 'signed', bundleIn(join(folder, 'signed')), 'index.mjs');
    const script = `const { handler } = await import(${JSON.stringify(file)}); process.stdout.write(typeof handler);`;
    expect(execFileSync(process.execPath, ['--input-type=module', '-e', script]).toString()).toBe('function');
  });

  test('is invoked by the subscriptions of the log groups alone', () => {
    signed.resourceCountIs('AWS::Lambda::Permission', 2);
    for (const group of ['/app/orders', 'CloudTrail/logs']) {
      signed.hasResourceProperties('AWS::Lambda::Permission', {
        Principal: 'logs.amazonaws.com',
        SourceAccount: '111122223333',
        SourceArn: {
          'Fn::Join': ['', ['arn:', { Ref: 'AWS::Partition' }, `:logs:eu-west-1:111122223333:log-group:${group}:*`]],
        },
      });
      signed.hasResourceProperties('AWS::Logs::SubscriptionFilter', { LogGroupName: group });
    }
  });

  test('gets no event before it is settled where failed ones go', () => {
    const [failures] = Object.keys(signed.findResources('AWS::Lambda::EventInvokeConfig'));
    signed.allResources('AWS::Logs::SubscriptionFilter', { DependsOn: Match.arrayWith([failures]) });
    const [policy] = Object.keys(signed.findResources('AWS::IAM::Policy'));
    signed.hasResource('AWS::Lambda::EventInvokeConfig', {
      DependsOn: Match.arrayWith([policy]),
      Properties: { MaximumRetryAttempts: 2, DestinationConfig: { OnFailure: Match.anyValue() } },
    });
  });

  test('may add to its bucket and write to the cluster, and no more', () => {
    const logs: [string, string][] = [
      ['logs:CreateLogStream', '<Logs>'],
      ['logs:PutLogEvents', '<Logs>'],
    ];
    const bucket = '<FailedEvents>';
    const common = [
      ['s3:PutObject', `${bucket}/rejects/cloudwatch-logs/*`],
      ['s3:PutObject', `${bucket}/aws/lambda/async/permafrost-index-cloudwatch-logs/*`],
      ['s3:ListBucket', bucket],
    ];
    expect(rightsOf(signed)).toEqual([
      ...common,
      ['es:ESHttpPost', 'arn:aws:es:eu-west-1:111122223333:domain/logs/_bulk'],
      ...logs,
    ]);
    expect(rightsOf(asUser)).toEqual([
      ...common,
      ['ssm:GetParameter', 'arn:<>:ssm:eu-west-1:111122223333:parameter/permafrost/user'],
      ['kms:Decrypt', user.keyArn],
      ...logs,
    ]);
  });

  test('keeps failed events until somebody deletes them, out of sight and over TLS only', () => {
    signed.hasResource('AWS::S3::Bucket', {
      DeletionPolicy: 'Retain',
      Properties: {
        LifecycleConfiguration: { Rules: [Match.not(Match.objectLike({ ExpirationInDays: Match.anyValue() }))] },
        PublicAccessBlockConfiguration: { BlockPublicAcls: true, RestrictPublicBuckets: true },
      },
    });
    signed.hasResourceProperties('AWS::S3::BucketPolicy', {
      PolicyDocument: {
        Statement: [{ Effect: 'Deny', Action: 's3:*', Condition: { Bool: { 'aws:SecureTransport': 'false' } } }],
      },
    });
  });

  test.each([
    'AsyncEventsDropped',
    'DestinationDeliveryFailures',
    'AsyncEventAge',
    'RecordsRejected',
    'DeliveryErrors',
  ])('wakes somebody by %s', (MetricName) =>
    signed.hasResourceProperties('AWS::CloudWatch::Alarm', { MetricName, AlarmActions: Match.anyValue() }),
  );

  test('writes a log group that the account-wide subscription leaves out', () => {
    signed.hasResourceProperties('AWS::Logs::LogGroup', {
      LogGroupName: ownLogGroups({ prefix: 'permafrost' }, {}).find((name) => name.endsWith('index-cloudwatch-logs')),
    });
  });

  test('is not subscribed to its own log group', () => {
    const logGroupNames = ['/aws/lambda/permafrost-index-cloudwatch-logs'];
    expect(() => synthesize('own', { logGroupNames })).toThrow('each run would make another');
  });
});

function bundleIn(outdir: string): string {
  const { files } = JSON.parse(readFileSync(join(outdir, 'indexers.assets.json'), 'utf8')) as {
    files: Record<string, { source: { path: string; packaging: string } }>;
  };
  return Object.values(files).find(({ source }) => source.packaging === 'zip')!.source.path;
}
