import {
  ArnFormat,
  RemovalPolicy,
  Stack,
  aws_events as events,
  aws_events_targets as targets,
  aws_logs as logs,
  aws_stepfunctions as sfn,
} from 'aws-cdk-lib';
import type { Duration, aws_iam as iam, aws_lambda as lambda } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import { allow } from './statements.ts';
import type { WorkflowFunction } from './workflow-function.ts';

export interface WorkflowStateMachineProps {
  readonly stateMachineName: string;
  readonly comment: string;
  /** Ends what hangs. */
  readonly timeout: Duration;
  /** Makes the states, in the scope that it is given. */
  readonly definition: (scope: Construct) => sfn.IChainable;
  /** The functions that its states invoke. */
  readonly functions: readonly WorkflowFunction[];
  readonly rights: readonly iam.PolicyStatement[];
}

/** A workflow as a state machine, with the rights to carry it out. */
export class WorkflowStateMachine extends Construct {
  readonly stateMachine: sfn.StateMachine;

  constructor(scope: Construct, id: string, props: WorkflowStateMachineProps) {
    super(scope, id);
    this.stateMachine = new sfn.StateMachine(this, 'StateMachine', {
      stateMachineName: props.stateMachineName,
      stateMachineType: sfn.StateMachineType.STANDARD,
      definitionBody: sfn.DefinitionBody.fromChainable(props.definition(this)),
      comment: props.comment,
      timeout: props.timeout,
      tracingEnabled: true,
      logs: {
        // The prefix makes Step Functions' own policy on log groups, which is limited in size, cover it.
        destination: new logs.LogGroup(this, 'Logs', {
          logGroupName: `/aws/vendedlogs/states/${props.stateMachineName}`,
          retention: logs.RetentionDays.THREE_MONTHS,
          removalPolicy: RemovalPolicy.DESTROY,
        }),
        level: sfn.LogLevel.ALL,
        includeExecutionData: true,
      },
    });
    for (const statement of [
      ...props.rights,
      // Every version, not only the newest: a redriven execution invokes those that it began with.
      allow(
        ['lambda:InvokeFunction'],
        props.functions.map(({ functionName }) => `${functionArn(this, functionName)}:*`),
      ),
    ]) {
      this.stateMachine.addToRolePolicy(statement);
    }
  }
}

const functionArn = (scope: Construct, functionName: string): string =>
  Stack.of(scope).formatArn({
    service: 'lambda',
    resource: 'function',
    resourceName: functionName,
    arnFormat: ArnFormat.COLON_RESOURCE_NAME,
  });

/** The published versions of functions, as a workflow invokes them. */
export const versionsOf = <Name extends string>(
  functions: Readonly<Record<Name, WorkflowFunction>>,
): Record<Name, lambda.IFunction> =>
  Object.fromEntries(
    Object.entries<WorkflowFunction>(functions).map(([name, { version }]): [string, lambda.IFunction] => [
      name,
      version,
    ]),
  ) as Record<Name, lambda.IFunction>;

/** Sends executions that ended badly to a function, which leaves out those that their workflow itself reported. */
export function notifyUncaughtEnds(
  scope: Construct,
  id: string,
  props: {
    readonly stateMachines: readonly sfn.StateMachine[];
    readonly to: WorkflowFunction;
    readonly description: string;
  },
): void {
  new events.Rule(scope, id, {
    description: props.description,
    eventPattern: {
      source: ['aws.states'],
      detailType: ['Step Functions Execution Status Change'],
      detail: {
        status: ['FAILED', 'TIMED_OUT', 'ABORTED'],
        stateMachineArn: props.stateMachines.map(({ stateMachineArn }) => stateMachineArn),
      },
    },
    targets: [new targets.LambdaFunction(props.to.version)],
  });
}
