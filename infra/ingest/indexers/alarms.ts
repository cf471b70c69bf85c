import { Duration, aws_cloudwatch as cloudwatch, aws_cloudwatch_actions as actions } from 'aws-cdk-lib';
import type { aws_sns as sns } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import type { IndexerQueue } from './queue.ts';

/** What must wake somebody: logs that come late, or not without help. */

interface Alarm {
  readonly alarmName: string;
  readonly alarmDescription: string;
  readonly metric: cloudwatch.Metric;
  readonly threshold: number;
  readonly evaluationPeriods?: number;
  readonly treatMissingData?: cloudwatch.TreatMissingData;
}

export interface IndexerAlarms {
  readonly functionName: string;
  readonly queue: IndexerQueue;
  readonly alarmAfterMinutes: number;
  readonly topic: sns.ITopic;
}

export function alarmOnIndexer(scope: Construct, props: IndexerAlarms): void {
  const { functionName, queue, alarmAfterMinutes, topic } = props;
  alarm(scope, 'DeadLetter', topic, {
    alarmName: `${functionName}-dead-letter`,
    alarmDescription: `A message of ${functionName} could not be worked off and lies in its dead-letter queue. The log of the function names the error; repair its cause, then redrive the queue. Messages are kept for 14 days since they first came.`,
    metric: queue.deadLetters.metricApproximateNumberOfMessagesVisible({
      statistic: 'Maximum',
      period: Duration.minutes(1),
    }),
    threshold: 1,
  });
  alarm(scope, 'Late', topic, {
    alarmName: `${functionName}-late`,
    alarmDescription: `The oldest message of ${functionName} has waited for more than ${alarmAfterMinutes} minutes. Has the indexer stopped, does the cluster refuse, or is maximumConcurrency too low?`,
    metric: queue.queue.metricApproximateAgeOfOldestMessage({ statistic: 'Maximum', period: Duration.minutes(5) }),
    threshold: alarmAfterMinutes * 60,
  });
  alarm(scope, 'Rejected', topic, {
    alarmName: `${functionName}-rejected`,
    alarmDescription: `${functionName} found records that are unreadable, or that the cluster refuses for good. They lie under rejects/ in the bucket of rejects, each with the reason.`,
    metric: figure('RecordsRejected', 'Sum', functionName, Duration.minutes(5)),
    threshold: 1,
  });
}

/** Two periods of its schedule, or more: in each of them there must be a figure. */
const lookedForMinutes = 15;

/** Says that an indexer stays stopped, and also that nobody starts them again: without `enable-indexers` there is no figure. */
export function alarmOnStopped(scope: Construct, functionName: string, topic: sns.ITopic): void {
  alarm(scope, 'Stopped', topic, {
    alarmName: `${functionName}-stopped`,
    alarmDescription:
      'An indexer has stopped itself because the cluster has no disk, or enable-indexers does not run. Give the cluster storage, or delete archived indices: indexers start again by themselves.',
    metric: figure('IndexersStopped', 'Maximum', functionName, Duration.minutes(lookedForMinutes)),
    threshold: 1,
    evaluationPeriods: 2,
    treatMissingData: cloudwatch.TreatMissingData.BREACHING,
  });
}

function alarm(scope: Construct, id: string, topic: sns.ITopic, props: Alarm): void {
  const made = new cloudwatch.Alarm(scope, id, {
    evaluationPeriods: 1,
    treatMissingData: cloudwatch.TreatMissingData.NOT_BREACHING,
    ...props,
    comparisonOperator: cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
  });
  const tell = new actions.SnsAction(topic);
  made.addAlarmAction(tell);
  made.addOkAction(tell);
}

/** What a function reports of itself. */
const figure = (metricName: string, statistic: string, service: string, period: Duration): cloudwatch.Metric =>
  new cloudwatch.Metric({ namespace: 'Permafrost', metricName, dimensionsMap: { service }, statistic, period });
