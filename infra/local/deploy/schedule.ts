import { z } from 'zod';
import { arn, derivedName, resourceType, unused } from './resource-type.ts';

const properties = z.strictObject({
  Name: z.string().optional(),
  GroupName: z.string().default('default'),
  Target: z.strictObject({
    Arn: z.string(),
    RoleArn: z.string(),
    Input: z.string().default('{}'),
    RetryPolicy: unused,
    DeadLetterConfig: unused,
  }),
  // Locally a schedule fires when it is told to.
  ScheduleExpression: z.string(),
  ScheduleExpressionTimezone: unused,
  FlexibleTimeWindow: unused,
  State: unused,
  StartDate: unused,
  EndDate: unused,
  Description: unused,
});

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-scheduler-schedule.html */
export const schedulerSchedule = resourceType(properties, ({ Name, GroupName, Target }, resource, { schedules }) => {
  const name = Name ?? derivedName(resource);
  const scheduleArn = arn('scheduler', `schedule/${GroupName}/${name}`);
  schedules.add({ name, arn: scheduleArn, targetArn: Target.Arn, input: Target.Input });
  return { ref: name, attributes: { Arn: scheduleArn } };
});
