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

export function alarmOnNoArchive(scope: Construct, props: WorkflowAlarm & { readonly hours: number }): void {
  alarmOnNone(scope, 'NoArchive', {
    ...props,
    alarmName: `${props.name}-no-archive`,
    alarmDescription: `No archive execution has succeeded for ${props.hours} hours. Is the schedule on?`,
    metric: props.stateMachine.metricSucceeded({ statistic: 'Sum', period: Duration.hours(1) }),
  });
}

/** Where the repository is only read: no execution has kept it registered. */
export function alarmOnNoRegistration(scope: Construct, props: WorkflowAlarm & { readonly hours: number }): void {
  alarmOnNone(scope, 'NoRegistration', {
    ...props,
    alarmName: `${props.name}-no-registration`,
    alarmDescription: `No snapshot execution has succeeded for ${props.hours} hours. Is the schedule on?`,
    metric: props.stateMachine.metricSucceeded({ statistic: 'Sum', period: Duration.hours(1) }),
  });
}

/** What functions of the snapshot workflow report. */
interface SnapshotFigure {
  readonly name: string;
  readonly topic: sns.ITopic;
  readonly serviceName: string;
}

/** Not by successful executions: one that found another at work, or only deleted, succeeds as well. */
export function alarmOnNoSnapshot(scope: Construct, props: SnapshotFigure & { readonly hours: number }): void {
  alarmOnNone(scope, 'NoSnapshot', {
    ...props,
    alarmName: `${props.name}-no-snapshot`,
    alarmDescription: `No snapshot has been taken for ${props.hours} hours. Is the schedule on?`,
    metric: figure('SnapshotsTaken', props.serviceName, { statistic: 'Sum', period: Duration.hours(1) }),
  });
}

export function alarmOnManySnapshots(scope: Construct, props: SnapshotFigure & { readonly most: number }): void {
  const alarm = new cloudwatch.Alarm(scope, 'ManySnapshots', {
    alarmName: `${props.name}-many-snapshots`,
    alarmDescription: `The repository holds more than ${props.most} snapshots of the schedule, which makes it slow. Does retention run?`,
    metric: figure('SnapshotsKept', props.serviceName, { statistic: 'Maximum', period: Duration.hours(1) }),
    threshold: props.most,
    comparisonOperator: cloudwatch.ComparisonOperator.GREATER_THAN_THRESHOLD,
    evaluationPeriods: 1,
    // Where retention has a schedule of its own, the figure comes once a day.
    treatMissingData: cloudwatch.TreatMissingData.IGNORE,
  });
  tellBothWays(alarm, props.topic);
}

/** One period of many hours is more than CloudWatch allows: as many periods of one hour, none with a success. */
function alarmOnNone(
  scope: Construct,
  id: string,
  {
    topic,
    hours,
    alarmName,
    alarmDescription,
    metric,
  }: Pick<cloudwatch.AlarmProps, 'alarmName' | 'alarmDescription' | 'metric'> & {
    readonly topic: sns.ITopic;
    readonly hours: number;
  },
): void {
  const none = new cloudwatch.Alarm(scope, id, {
    ...{ alarmName, alarmDescription, metric },
    threshold: 1,
    comparisonOperator: cloudwatch.ComparisonOperator.LESS_THAN_THRESHOLD,
    evaluationPeriods: hours,
    datapointsToAlarm: hours,
    treatMissingData: cloudwatch.TreatMissingData.BREACHING,
  });
  tellBothWays(none, topic);
}

/** A figure that a function reports. */
const figure = (
  metricName: string,
  serviceName: string,
  options: Pick<cloudwatch.MetricProps, 'statistic' | 'period'>,
): cloudwatch.Metric =>
  new cloudwatch.Metric({
    namespace: 'Permafrost',
    metricName,
    dimensionsMap: { service: serviceName },
    ...options,
  });

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
    metric: figure('DaysSinceDrill', props.serviceName, { statistic: 'Maximum', period: Duration.days(1) }),
    threshold: props.days,
    comparisonOperator: cloudwatch.ComparisonOperator.GREATER_THAN_THRESHOLD,
    // Two, since the figure of a day is not there yet when the day begins.
    evaluationPeriods: 2,
    datapointsToAlarm: 2,
    treatMissingData: cloudwatch.TreatMissingData.BREACHING,
  });
  tellBothWays(alarm, props.topic);
}
