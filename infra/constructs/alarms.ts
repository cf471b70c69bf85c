import { Duration, aws_cloudwatch as cloudwatch, aws_cloudwatch_actions as actions } from 'aws-cdk-lib';
import type { aws_sns as sns, aws_stepfunctions as sfn } from 'aws-cdk-lib';
import { Construct } from 'constructs';

export interface AlarmsProps {
  readonly stateMachine: sfn.StateMachine;
  readonly topic: sns.ITopic;
  /** Name of the state machine, which the alarms' names begin with. */
  readonly name: string;
  readonly noArchiveHours: number;
}

/** What must wake somebody even where no notice could be sent. */
export class Alarms extends Construct {
  constructor(scope: Construct, id: string, props: AlarmsProps) {
    super(scope, id);
    const { stateMachine, name } = props;
    const period = Duration.minutes(5);
    const failed = new cloudwatch.Alarm(this, 'ExecutionFailed', {
      alarmName: `${name}-execution-failed`,
      alarmDescription: 'An archive execution failed, timed out or was aborted. See the notice and the runbook.',
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
    const noArchive = new cloudwatch.Alarm(this, 'NoArchive', {
      alarmName: `${name}-no-archive`,
      alarmDescription: `No archive execution has succeeded for ${props.noArchiveHours} hours. Is the schedule on?`,
      // One period of so many hours is more than CloudWatch allows: as many periods of one hour, none with a success.
      metric: stateMachine.metricSucceeded({ statistic: 'Sum', period: Duration.hours(1) }),
      threshold: 1,
      comparisonOperator: cloudwatch.ComparisonOperator.LESS_THAN_THRESHOLD,
      evaluationPeriods: props.noArchiveHours,
      datapointsToAlarm: props.noArchiveHours,
      treatMissingData: cloudwatch.TreatMissingData.BREACHING,
    });
    const tell = new actions.SnsAction(props.topic);
    for (const alarm of [failed, noArchive]) alarm.addAlarmAction(tell);
    noArchive.addOkAction(tell);
  }
}
