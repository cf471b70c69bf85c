import { Duration, aws_cloudwatch as cloudwatch, aws_cloudwatch_actions as actions } from 'aws-cdk-lib';
import type { aws_sns as sns, aws_stepfunctions as sfn } from 'aws-cdk-lib';
import type { Construct } from 'constructs';

/** What must wake somebody even where no notice could be sent. */

interface WorkflowAlarm {
  readonly stateMachine: sfn.StateMachine;
  /** Name of the state machine, which the alarm's name begins with. */
  readonly name: string;
  readonly topic: sns.ITopic;
}

/** @param what begins the description: `An archive execution`. */
export function alarmOnFailure(
  scope: Construct,
  id: string,
  { stateMachine, name, topic, what }: WorkflowAlarm & { readonly what: string },
): void {
  const period = Duration.minutes(5);
  const failed = new cloudwatch.Alarm(scope, id, {
    alarmName: `${name}-execution-failed`,
    alarmDescription: `${what} failed, timed out or was aborted. See the notice and the runbook.`,
    metric: new cloudwatch.MathExpression({
      expression: 'FILL(failed, 0) + FILL(timedOut, 0) + FILL(aborted, 0)',
      label: 'Executions that did not succeed',
      period,
      usingMetrics: {
        failed: stateMachine.metricFailed({ statistic: 'Sum', period }),
        timedOut: stateMachine.metricTimedOut({ statistic: 'Sum', period }),
        aborted: stateMachine.metricAborted({ statistic: 'Sum', period }),
      },
    }),
    threshold: 1,
    comparisonOperator: cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
    evaluationPeriods: 1,
    treatMissingData: cloudwatch.TreatMissingData.NOT_BREACHING,
  });
  failed.addAlarmAction(new actions.SnsAction(topic));
}

export function alarmOnNoArchive(
  scope: Construct,
  { stateMachine, name, topic, hours }: WorkflowAlarm & { readonly hours: number },
): void {
  const noArchive = new cloudwatch.Alarm(scope, 'NoArchive', {
    alarmName: `${name}-no-archive`,
    alarmDescription: `No archive execution has succeeded for ${hours} hours. Is the schedule on?`,
    // One period of so many hours is more than CloudWatch allows: as many periods of one hour, none with a success.
    metric: stateMachine.metricSucceeded({ statistic: 'Sum', period: Duration.hours(1) }),
    threshold: 1,
    comparisonOperator: cloudwatch.ComparisonOperator.LESS_THAN_THRESHOLD,
    evaluationPeriods: hours,
    datapointsToAlarm: hours,
    treatMissingData: cloudwatch.TreatMissingData.BREACHING,
  });
  tellBothWays(noArchive, topic);
}

/** Also when the situation is over. */
function tellBothWays(alarm: cloudwatch.Alarm, topic: sns.ITopic): void {
  const tell = new actions.SnsAction(topic);
  alarm.addAlarmAction(tell);
  alarm.addOkAction(tell);
}

/** The figure that `MeasureDrillAge` reports every day; a day without it counts as one too many. */
export function alarmOnOldDrill(
  scope: Construct,
  props: {
    readonly name: string;
    readonly topic: sns.ITopic;
    readonly days: number;
    /** Of the function that reports the figure. */
    readonly serviceName: string;
  },
): void {
  const alarm = new cloudwatch.Alarm(scope, 'OldDrill', {
    alarmName: `${props.name}-too-long-ago`,
    alarmDescription: `No drill has shown for ${props.days} days that an archive can be restored, or nobody measures it any more.`,
    metric: new cloudwatch.Metric({
      namespace: 'Permafrost',
      metricName: 'DaysSinceDrill',
      dimensionsMap: { service: props.serviceName },
      statistic: 'Maximum',
      period: Duration.days(1),
    }),
    threshold: props.days,
    comparisonOperator: cloudwatch.ComparisonOperator.GREATER_THAN_THRESHOLD,
    // Two, since the figure of a day is not there yet when the day begins.
    evaluationPeriods: 2,
    datapointsToAlarm: 2,
    treatMissingData: cloudwatch.TreatMissingData.BREACHING,
  });
  tellBothWays(alarm, props.topic);
}
