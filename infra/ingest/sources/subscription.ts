import { Duration, aws_cloudwatch as cloudwatch, aws_logs as logs } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import { streamName } from '../buckets/names.ts';
import { tell } from '../cloudwatch/tell.ts';
import { subscriptionRole, type DeliveryStream, type DeliveryStreamProps } from './stream.ts';

export interface SubscriptionProps extends DeliveryStreamProps {
  /** Left out of a subscription of the whole account, beside what the source excludes. */
  readonly ownLogGroups: readonly string[];
}

/** Sends what CloudWatch Logs has to the stream: all log groups of the account and region by one filter, or those named. */
export class Subscription extends Construct {
  constructor(
    scope: Construct,
    id: string,
    stream: DeliveryStream,
    { settings, source, topic, ownLogGroups }: SubscriptionProps,
  ) {
    super(scope, id);
    const { logGroups, exclude, filterPattern } = source.cloudWatchLogs;
    const role = subscriptionRole(this, stream.streamArn);
    const name = streamName(settings);
    tell(undelivered(this, name, logGroups ? ` WHERE FilterName = '${name}'` : ''), topic);
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

/**
 * What CloudWatch Logs could not put into the stream. The stream itself does not know of it, and nothing of it is late there. The metric
 * is looked for by a query, since the dimensions of an account's subscription are not those of a log group's.
 */
const undelivered = (scope: Construct, name: string, where: string): cloudwatch.Alarm =>
  new cloudwatch.Alarm(scope, 'Undelivered', {
    alarmName: `${name}-undelivered`,
    alarmDescription: `CloudWatch Logs cannot put log events into the delivery stream ${name}${where === '' ? ', or into another destination of a subscription in this account and region' : ''}. What is throttled it tries for a day; what is refused (is the stream there, has the role its right?) it skips, and it stays in its log group alone.`,
    metric: new cloudwatch.MathExpression({
      expression: `SELECT SUM(DeliveryErrors) FROM "AWS/Logs"${where}`,
      label: 'Log events that were not delivered',
      period: Duration.minutes(5),
    }),
    threshold: 1,
    comparisonOperator: cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
    evaluationPeriods: 1,
    treatMissingData: cloudwatch.TreatMissingData.NOT_BREACHING,
  });
