import { SFNClient } from '@aws-sdk/client-sfn';
import { SNSClient } from '@aws-sdk/client-sns';
import { z } from 'zod';
import type { Executions } from '../../ports/executions.ts';
import type { Notifier } from '../../ports/notifier.ts';
import { sfnExecutions } from '../../ports/sfn-executions.ts';
import { snsNotifier } from '../../ports/sns-notifier.ts';
import { defineStep, lambdaHandler } from '../step.ts';
import { consoleUrl, subjectLine } from './notice.ts';

export const environment = z.object({ TOPIC_ARN: z.string().min(1), RUNBOOK_URL: z.string().min(1) });

/**
 * The event "Step Functions Execution Status Change"
 * (https://docs.aws.amazon.com/step-functions/latest/dg/eventbridge-integration.html).
 */
const statusChange = z.object({
  detail: z.object({
    executionArn: z.string(),
    name: z.string(),
    status: z.enum(['FAILED', 'TIMED_OUT', 'ABORTED']),
    error: z.string().nullish(),
    cause: z.string().nullish(),
  }),
});

export interface Ports {
  readonly executions: Executions;
  readonly notifier: Notifier;
  readonly runbookUrl: string;
}

/** Tells of executions that ended without passing the failure branch: timed out, aborted, or failed by the runtime itself. */
export async function notifyUncaught(
  { detail }: z.output<typeof statusChange>,
  { executions, notifier, runbookUrl }: Ports,
): Promise<{ notified: boolean }> {
  if (await wasNotified(executions, detail.executionArn)) return { notified: false };
  const error = detail.error ?? detail.status;
  await notifier.publish(
    subjectLine(`Permafrost: execution ${detail.status}: ${error}`),
    [
      `Execution ${detail.name} ended ${detail.status}, outside the failure branch of its states.`,
      '',
      `Error:     ${error}`,
      `Cause:     ${detail.cause ?? 'none given'}`,
      `Runbook:   ${runbookUrl}#uncaught`,
      `Execution: ${consoleUrl(detail.executionArn)}`,
      '',
      'Nothing is lost: what was staged, sealed or in the cluster stays until what follows it is proven.',
    ].join('\n'),
  );
  return { notified: true };
}

/** True when `NotifyFailure` has succeeded since the execution began or was last redriven. */
async function wasNotified(executions: Executions, executionArn: string): Promise<boolean> {
  let left = false;
  for await (const { type, state } of executions.events(executionArn)) {
    // A Task is left by its Catch, too. The event before says which: `TaskSucceeded`, or a failure.
    if (left) return type === 'TaskSucceeded';
    if (type === 'ExecutionRedriven') return false;
    left = type === 'TaskStateExited' && state === 'NotifyFailure';
  }
  return false;
}

export const step = defineStep(
  'NotifyUncaught',
  { input: statusChange, output: z.strictObject({ notified: z.boolean() }) },
  {
    environment,
    connect: (variables): Ports => ({
      executions: sfnExecutions(new SFNClient()),
      notifier: snsNotifier(new SNSClient(), variables.TOPIC_ARN),
      runbookUrl: variables.RUNBOOK_URL,
    }),
    run: notifyUncaught,
  },
);

export const handler = lambdaHandler(step);
