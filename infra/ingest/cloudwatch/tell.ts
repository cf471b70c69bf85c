import { aws_cloudwatch_actions as actions } from 'aws-cdk-lib';
import type { aws_cloudwatch as cloudwatch, aws_sns as sns } from 'aws-cdk-lib';

/** When the alarm is raised, and when it is over. */
export function tell(alarm: cloudwatch.Alarm, topic: sns.ITopic): void {
  const action = new actions.SnsAction(topic);
  alarm.addAlarmAction(action);
  alarm.addOkAction(action);
}
