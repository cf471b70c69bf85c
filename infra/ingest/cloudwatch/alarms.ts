import { Duration, aws_cloudwatch as cloudwatch } from 'aws-cdk-lib';
import type { aws_sns as sns } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { tell } from './tell.ts';

export interface CloudwatchIndexerAlarms {
  readonly functionName: string;
  /** Of its subscription in each log group. */
  readonly filterName: string;
  readonly logGroupNames: readonly string[];
  readonly topic: sns.ITopic;
}

const latestMinutes = 15;

/** An alarm for each way in which lines may come late, or not without help. */
export function alarmOnCloudwatchIndexer(scope: Construct, props: CloudwatchIndexerAlarms): void {
  const { functionName, filterName, logGroupNames, topic } = props;
  const ofFunction = (metricName: string, statistic: string): cloudwatch.Metric =>
    figure('AWS/Lambda', metricName, statistic, { FunctionName: functionName });
  const alarm = (
    id: string,
    name: string,
    alarmDescription: string,
    metric: cloudwatch.Metric,
    threshold = 1,
  ): void => {
    const made = new cloudwatch.Alarm(scope, id, {
      alarmName: `${functionName}-${name}`,
      ...{ alarmDescription, metric, threshold },
      comparisonOperator: cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      evaluationPeriods: 1,
      treatMissingData: cloudwatch.TreatMissingData.NOT_BREACHING,
    });
    tell(made, topic);
  };

  // Lambda counts an event as dropped although it was put into the destination: "events are sent there before they're dropped" (AWS
  // Lambda Developer Guide, "Types of metrics for Lambda functions").
  alarm(
    'Failed',
    'failed',
    'Events of CloudWatch Logs failed three times and lie in the bucket of failed events. Repair the cause (the log of the function names it), then: npm run replay.',
    ofFunction('AsyncEventsDropped', 'Sum'),
  );
  alarm(
    'Lost',
    'lost',
    'Lambda could not write failed events to their bucket: they are nowhere but in their log group. Does the role still have its rights?',
    ofFunction('DestinationDeliveryFailures', 'Sum'),
  );
  alarm(
    'Late',
    'late',
    `Events of CloudWatch Logs wait for more than ${latestMinutes} minutes. After six hours they go to the bucket of failed events.`,
    ofFunction('AsyncEventAge', 'Maximum'),
    Duration.minutes(latestMinutes).toMilliseconds(),
  );
  alarm(
    'Rejected',
    'rejected',
    'The cluster refuses documents for good; they lie under rejects/ in the bucket of failed events, each with the reason.',
    figure('Permafrost', 'RecordsRejected', 'Sum', { service: functionName }),
  );
  logGroupNames.forEach((logGroupName, index) => {
    alarm(
      `Undelivered${index + 1}`,
      `undelivered-${index + 1}`,
      `CloudWatch Logs cannot hand events of ${logGroupName} to the function. What is throttled it tries for a day; what is refused (is the function there, and its permission?) it skips, and it stays in the log group alone.`,
      figure('AWS/Logs', 'DeliveryErrors', 'Sum', {
        LogGroupName: logGroupName,
        DestinationType: 'Lambda',
        FilterName: filterName,
      }),
    );
  });
}

const figure = (
  namespace: string,
  metricName: string,
  statistic: string,
  dimensionsMap: Record<string, string>,
): cloudwatch.Metric =>
  new cloudwatch.Metric({ namespace, metricName, statistic, dimensionsMap, period: Duration.minutes(5) });
