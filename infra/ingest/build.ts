import type { App } from 'aws-cdk-lib';
import { newApp, type BuildOptions } from '../stacks/build.ts';
import { inputsOf } from './analytics/inputs.ts';
import type { LogSettings } from './config/buckets.ts';
import type { IngestSettings } from './config/schema.ts';
import { ownLogGroups } from './sources/own-log-groups.ts';
import { AnalyticsStack } from './stacks/analytics.ts';
import { addIndexersStack } from './stacks/indexers.ts';
import { LogAccountStack } from './stacks/log-account.ts';
import { LogReplicaStack } from './stacks/log-replica.ts';
import { LogSourceStack } from './stacks/log-source.ts';
import { addSubscriptionsStack } from './stacks/subscriptions.ts';

/** Decisions about CDK itself; here, not in cdk.json, so that they hold however the app is started. */
export const flags = {
  '@aws-cdk/core:validateAgainstDefaultRules': true,
  '@aws-cdk/aws-iam:minimizePolicies': true,
  '@aws-cdk/core:checkSecretUsage': true,
  '@aws-cdk/core:defaultCrossStackReferences': 'strong',
  '@aws-cdk/core:target-partitions': ['aws', 'aws-cn', 'aws-us-gov'],
  '@aws-cdk/core:enablePartitionLiterals': true,
  '@aws-cdk/aws-kms:aliasNameRef': true,
  '@aws-cdk/aws-sns-subscriptions:restrictSqsDescryption': true,
};

/** All stacks that bring logs in: those whose part the settings have. */
export function buildIngestApp(settings: IngestSettings, options: BuildOptions = {}): App {
  const app = newApp(options, flags);
  const central = settings.logs && addLogStacks(app, settings.logs, ownLogGroups(settings.logs, settings));
  if (settings.indexers) {
    const indexers = addIndexersStack(app, settings.indexers, settings.logs);
    // The topics of central buckets must be there.
    if (central) indexers.addStackDependency(central);
  }
  if (settings.subscriptions) addSubscriptionsStack(app, settings.subscriptions);
  if (settings.analytics) {
    const { prefix, account, region } = settings.analytics;
    new AnalyticsStack(app, `${prefix}-analytics`, inputsOf(settings.analytics), {
      env: { account, region },
      description: 'Permafrost: analytics of CloudTrail',
    });
  }
  return app;
}

/** @returns the stack of the central buckets */
function addLogStacks(app: App, settings: LogSettings, own: readonly string[]): LogAccountStack {
  const { prefix, account, region, replication } = settings;
  const central = new LogAccountStack(app, `${prefix}-log-account`, settings, {
    env: { account, region },
    description: 'Permafrost: central log buckets',
    terminationProtection: true,
  });
  if (replication) {
    const copy = new LogReplicaStack(app, `${prefix}-log-replica`, settings, replication.region, {
      env: { account, region: replication.region },
      description: 'Permafrost: second copy of the central log buckets',
      terminationProtection: true,
    });
    // S3 wants the destination to be there.
    central.addStackDependency(copy);
  }
  for (const source of settings.sources) {
    new LogSourceStack(app, `${prefix}-log-source-${source.account}-${source.region}`, {
      settings,
      source,
      ownLogGroups: own,
      stackName: `${prefix}-log-source`,
      env: { account: source.account, region: source.region },
      description: 'Permafrost: what this account sends to the central log buckets',
    });
  }
  return central;
}
