import { App } from 'aws-cdk-lib';
import type { Configuration } from '../config/read.ts';
import { ArchiveStack } from './archive.ts';
import { RestoreStack } from './restore.ts';
import { SnapshotsStack } from './snapshots.ts';
import { StorageStack } from './storage.ts';

/** Decisions about CDK itself; here, not in cdk.json, so that they hold however the app is started. */
const flags = {
  '@aws-cdk/core:validateAgainstDefaultRules': true,
  '@aws-cdk/aws-iam:minimizePolicies': true,
  '@aws-cdk/aws-lambda:recognizeVersionProps': true,
  '@aws-cdk/aws-lambda:recognizeLayerVersion': true,
  '@aws-cdk/core:checkSecretUsage': true,
  // A stack that another one needs must not be removed before it.
  '@aws-cdk/core:defaultCrossStackReferences': 'strong',
  '@aws-cdk/core:target-partitions': ['aws', 'aws-cn', 'aws-us-gov'],
  '@aws-cdk/core:enablePartitionLiterals': true,
  '@aws-cdk/aws-kms:aliasNameRef': true,
  '@aws-cdk/aws-ecs:reduceRunTaskPermissions': true,
  '@aws-cdk/aws-ecs:disableExplicitDeploymentControllerForCircuitBreaker': true,
  '@aws-cdk/aws-sns-subscriptions:restrictSqsDescryption': true,
};

export interface BuildOptions {
  /** Where the cloud assembly goes; default: where the CDK CLI wants it. */
  readonly outdir?: string;
  /** CDK's own rules, and what they need to name a place; they take seconds. Default true. */
  readonly validate?: boolean;
}

/** An app without stacks. @param context CDK's feature flags */
export const newApp = ({ outdir, validate = true }: BuildOptions, context: Readonly<Record<string, unknown>>): App =>
  new App({
    analyticsReporting: false,
    stackTraces: validate,
    treeMetadata: validate,
    builtinCloudFormationValidation: validate,
    postCliContext: context,
    ...(outdir !== undefined && { outdir }),
  });

/** All stacks of one deployment. */
export function buildApp(configuration: Configuration, options: BuildOptions = {}): App {
  const { settings } = configuration;
  const app = newApp(options, flags);
  const env = { account: settings.account, region: settings.region };
  const storage = new StorageStack(app, `${settings.prefix}-storage`, settings, {
    env,
    description: 'Permafrost: buckets and signing key',
    terminationProtection: true,
  });
  const archive = new ArchiveStack(app, `${settings.prefix}-archive`, configuration, storage, {
    env,
    description: 'Permafrost: the archive workflow',
  });
  if (settings.snapshots.enabled) {
    new SnapshotsStack(app, `${settings.prefix}-snapshots`, configuration, {
      env,
      description: 'Permafrost: frequent snapshots and their retention',
      ...(settings.network?.createEndpoints && { sharedNetwork: archive.network }),
    });
  }
  if (settings.restore.enabled) {
    const { account, region } = settings.restore;
    const isBeside = account === settings.account && region === settings.region;
    new RestoreStack(app, `${settings.prefix}-restore`, configuration, {
      env: { account, region },
      description: 'Permafrost: the restore workflow, its drill, and the private key',
      ...(isBeside && !settings.restore.network && { sharedNetwork: archive.network }),
    });
  }
  return app;
}
