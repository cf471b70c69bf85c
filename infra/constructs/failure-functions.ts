import { ArnFormat, type Stack, type aws_iam as iam } from 'aws-cdk-lib';
import type { z } from 'zod';
import type { environment as describeFailure } from '../../functions/failure/describe-failure.ts';
import type { environment as haltForRedrive } from '../../functions/failure/halt-for-redrive.ts';
import type { environment as notifyUncaught } from '../../functions/failure/notify-uncaught.ts';
import { failureTimeoutSeconds } from '../../workflow/archive.ts';
import type { FailureState } from '../../workflow/contracts.ts';
import { allow } from './statements.ts';
import { type FunctionSource } from './workflow-functions.ts';
import type { Variables } from './variables.ts';

/** What every stack with workflows has once: the states of the failure branch, and the function for failures that no state sees. */
export type FailureFunction = FailureState | 'NotifyUncaught';

const source: FunctionSource = { folder: 'functions/failure', timeoutSeconds: failureTimeoutSeconds };
export const failureSources: Readonly<Record<FailureFunction, FunctionSource>> = {
  DescribeFailure: source,
  HaltForRedrive: source,
  NotifyUncaught: source,
};

interface Environments extends Record<FailureFunction, z.ZodObject> {
  DescribeFailure: typeof describeFailure;
  HaltForRedrive: typeof haltForRedrive;
  NotifyUncaught: typeof notifyUncaught;
}

export type FailureVariables = { readonly [Name in FailureFunction]: Variables<Environments[Name]> };

export const failureVariables = (places: {
  readonly runbookUrl: string;
  readonly topicArn: string;
  /** Of the container that the stack's workflows run, if they run one. */
  readonly taskLogGroup?: string;
}): FailureVariables => ({
  DescribeFailure: { RUNBOOK_URL: places.runbookUrl, TASK_LOG_GROUP: places.taskLogGroup ?? '' },
  HaltForRedrive: {},
  NotifyUncaught: { RUNBOOK_URL: places.runbookUrl, TOPIC_ARN: places.topicArn },
});

export function failureRights(
  stack: Stack,
  resources: {
    /** Where the stack's workflows run containers, if they do. */
    readonly clusterName?: string;
    readonly stateMachineNames: readonly string[];
    readonly publish: readonly iam.PolicyStatement[];
  },
): Readonly<Record<FailureFunction, readonly iam.PolicyStatement[]>> {
  const executions = resources.stateMachineNames.map((name) =>
    stack.formatArn({
      service: 'states',
      resource: 'execution',
      resourceName: `${name}:*`,
      arnFormat: ArnFormat.COLON_RESOURCE_NAME,
    }),
  );
  const { clusterName } = resources;
  const tasksOf = (cluster: string): string =>
    stack.formatArn({ service: 'ecs', resource: 'task', resourceName: `${cluster}/*` });
  return {
    DescribeFailure: clusterName === undefined ? [] : [allow(['ecs:DescribeTasks'], [tasksOf(clusterName)])],
    HaltForRedrive: [allow(['states:DescribeExecution'], executions)],
    NotifyUncaught: [allow(['states:GetExecutionHistory'], executions), ...resources.publish],
  };
}
