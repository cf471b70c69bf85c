import { Duration, aws_cloudwatch as cloudwatch } from 'aws-cdk-lib';
import type { aws_elasticloadbalancingv2 as elb, aws_sns as sns } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { tell } from '../cloudwatch/tell.ts';

export interface ReceiverAlarm {
  readonly prefix: string;
  readonly receivers: number;
  /** Where each receiver has one target. */
  readonly targets: elb.NetworkTargetGroup;
  readonly topic: sns.ITopic;
}

/** A receiver that does not start, or dies without a word, writes no error. For longer than a deployment takes. */
export function alarmOfReceivers(scope: Construct, { prefix, receivers, targets, topic }: ReceiverAlarm): void {
  const alarm = new cloudwatch.Alarm(scope, 'Missing', {
    alarmName: `${prefix}-syslog-missing`,
    alarmDescription: `Of ${receivers} receivers of syslog, not all take connections; where none does, senders lose lines. Look at the tasks of the cluster ${prefix}-syslog.`,
    metric: targets.metrics.healthyHostCount({ statistic: 'Maximum', period: Duration.minutes(1) }),
    threshold: receivers,
    comparisonOperator: cloudwatch.ComparisonOperator.LESS_THAN_THRESHOLD,
    evaluationPeriods: 5,
    treatMissingData: cloudwatch.TreatMissingData.BREACHING,
  });
  tell(alarm, topic);
}
