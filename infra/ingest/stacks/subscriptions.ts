import { Stack, type App, type StackProps } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { functionNetwork } from '../../constructs/network.ts';
import { Notifications } from '../../constructs/notifications.ts';
import { output } from '../../constructs/output.ts';
import { CloudwatchIndexer } from '../cloudwatch-indexer.ts';
import type { SubscriptionsSettings } from '../config/subscriptions.ts';

export interface SubscriptionsStackProps extends StackProps {
  readonly settings: SubscriptionsSettings;
}

/** Log groups of one account and region, subscribed by an indexer that writes to a domain that is there. */
export class SubscriptionsStack extends Stack {
  constructor(scope: Construct, id: string, { settings, ...props }: SubscriptionsStackProps) {
    super(scope, id, props);
    const { prefix, account, region, domain, user, network, emails, logGroups, filterPattern, indexPattern } = settings;
    const { topic } = new Notifications(this, 'Notifications', {
      topicName: `${prefix}-subscriptions-notifications`,
      emails,
    });
    const indexer = new CloudwatchIndexer(this, 'Indexer', {
      ...{ prefix, domain, filterPattern, indexPattern, topic },
      ...(user && { user }),
      logGroupNames: logGroups,
      network: functionNetwork(this, network),
      bucketName: `${prefix}-failed-events-${account}-${region}`,
    });
    output(this, 'FailedEventsBucket', indexer.bucket.bucketName);
    output(this, 'IndexerFunction', indexer.function.functionName);
    output(this, 'IndexerRoleArn', indexer.role.roleArn);
    output(this, 'SubscriptionsNotificationsTopic', topic.topicArn);
  }
}

/** Adds the stack to the app: the part `subscriptions` of the settings. */
export function addSubscriptionsStack(app: App, settings: SubscriptionsSettings): SubscriptionsStack {
  const { prefix, account, region } = settings;
  return new SubscriptionsStack(app, `${prefix}-subscriptions`, {
    settings,
    env: { account, region },
    description: 'Permafrost: indexer of log groups',
  });
}
