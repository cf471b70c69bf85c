import { aws_logs as logs } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import { streamName } from '../buckets/names.ts';
import { subscriptionRole, type DeliveryStream, type DeliveryStreamProps } from './stream.ts';

export interface SubscriptionProps extends Pick<DeliveryStreamProps, 'settings' | 'source'> {
  /** Left out of a subscription of the whole account, beside what the source excludes. */
  readonly ownLogGroups: readonly string[];
}

/** Sends what CloudWatch Logs has to the stream: all log groups of the account and region by one filter, or those named. */
export class Subscription extends Construct {
  constructor(
    scope: Construct,
    id: string,
    stream: DeliveryStream,
    { settings, source, ownLogGroups }: SubscriptionProps,
  ) {
    super(scope, id);
    const { logGroups, exclude, filterPattern } = source.cloudWatchLogs;
    const role = subscriptionRole(this, stream.streamArn);
    const name = streamName(settings);
    if (logGroups) {
      logGroups.forEach((logGroupName, index) => {
        const filter = new logs.CfnSubscriptionFilter(this, `Filter${index + 1}`, {
          filterName: name,
          logGroupName,
          filterPattern,
          destinationArn: stream.streamArn,
          roleArn: role.roleArn,
          distribution: 'Random',
        });
        filter.node.addDependency(role);
      });
      return;
    }
    const left = [...new Set([stream.logGroupName, ...ownLogGroups, ...exclude])];
    const policy = new logs.CfnAccountPolicy(this, 'AccountFilter', {
      policyName: name,
      policyType: 'SUBSCRIPTION_FILTER_POLICY',
      scope: 'ALL',
      selectionCriteria: `LogGroupName NOT IN ${JSON.stringify(left)}`,
      policyDocument: JSON.stringify({
        DestinationArn: stream.streamArn,
        RoleArn: role.roleArn,
        FilterPattern: filterPattern,
        Distribution: 'Random',
      }),
    });
    policy.node.addDependency(role);
  }
}
