import { ECSClient } from '@aws-sdk/client-ecs';
import { z } from 'zod';
import type { ContainerTasks } from '../../ports/container-tasks.ts';
import { ecsContainerTasks } from '../../ports/ecs-container-tasks.ts';
import { failureContracts, type FailureRecord } from '../../workflow/contracts.ts';
import type { RedriveAdvice } from '../../workflow/errors.ts';
import { namedErrors } from '../../workflow/named-errors.ts';
import { defineStep, lambdaHandler } from '../step.ts';
import { parseCause, type Cause } from './cause.ts';
import { consoleUrl, subjectLine } from './notice.ts';

export const environment = z.object({
  RUNBOOK_URL: z.string().min(1),
  /** Of the container that the workflows run; empty where they run none. */
  TASK_LOG_GROUP: z.string(),
});

export interface Ports {
  readonly tasks: ContainerTasks;
  readonly runbookUrl: string;
  readonly taskLogGroup: string;
}

/** Puts a failure into words: which state, why, where its logs are, what to do, and whether a redrive can help. */
export async function describeFailure(
  record: FailureRecord,
  { tasks, runbookUrl, taskLogGroup }: Ports,
): Promise<z.output<typeof failureContracts.DescribeFailure.output>> {
  const cause = parseCause(record.error.Cause);
  const name = record.error.Error;
  const { archiveId } = record.input;
  const lines = [
    `State ${record.state} of execution ${record.execution.name} failed.`,
    '',
    `Error:     ${name}`,
    `Cause:     ${cause.message}`,
    ...(cause.task ? await describeTask(cause.task, tasks, taskLogGroup) : []),
    ...(typeof archiveId === 'string' ? [`Archive:   ${archiveId}`] : []),
    `Redriven:  ${record.redriveCount} times before this failure`,
    '',
    advice(name),
    `Runbook:   ${runbookUrl}#${name.toLowerCase().replaceAll('.', '')}`,
    `Execution: ${consoleUrl(record.execution.id)}`,
    '',
    'Nothing is lost: what was staged, sealed or in the cluster stays until what follows it is proven.',
  ];
  const what = record.what === undefined ? '' : `${record.what} FAILED: `;
  return { subject: subjectLine(`Permafrost: ${what}${record.state} failed: ${name}`), message: lines.join('\n') };
}

async function describeTask(
  task: NonNullable<Cause['task']>,
  tasks: ContainerTasks,
  logGroup: string,
): Promise<string[]> {
  const stopped = await tasks.stopped(task.clusterArn, task.arn);
  const exits = stopped?.containers.map(({ name, exitCode, reason }) => {
    const why = reason === undefined ? '' : ` (${reason})`;
    return `Container: ${name} exited with ${exitCode ?? 'no code'}${why}`;
  });
  return [
    `Task:      ${task.arn}`,
    ...(stopped ? [`Stopped:   ${stopped.reason}`, ...(exits ?? [])] : []),
    `Logs:      log group ${logGroup}, stream ending in ${task.arn.split('/').at(-1) ?? task.arn}`,
  ];
}

const inWords: Record<RedriveAdvice, string> = {
  helps: 'Redrive:   helps. Redrive the execution from the console; it goes on where it stopped.',
  'helps-after-repair': 'Redrive:   helps once the cause is repaired; the execution then goes on where it stopped.',
  'cannot-help': 'Redrive:   cannot help. The runbook says what to do instead.',
};

const advice = (name: string): string => inWords[namedErrors.get(name)?.redrive ?? 'helps-after-repair'];

export const step = defineStep('DescribeFailure', failureContracts.DescribeFailure, {
  environment,
  connect: (variables): Ports => ({
    tasks: ecsContainerTasks(new ECSClient()),
    runbookUrl: variables.RUNBOOK_URL,
    taskLogGroup: variables.TASK_LOG_GROUP,
  }),
  run: describeFailure,
});

export const handler = lambdaHandler(step);
