import { ArnFormat, Duration, RemovalPolicy, Stack, aws_logs as logs, aws_stepfunctions as sfn } from 'aws-cdk-lib';
import type { aws_lambda as lambda, aws_sns as sns } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import { archiveWorkflow } from '../../workflow/archive.ts';
import type { Settings } from '../config/schema.ts';
import type { ArchiveFunction } from './archive-variables.ts';
import { runTaskRights, type ConsolidateTask } from './consolidate-task.ts';
import { clusterName, stateMachineName } from './names.ts';
import type { Network } from './network.ts';
import type { Notifications } from './notifications.ts';
import { allow } from './statements.ts';
import type { WorkflowFunction } from './workflow-function.ts';

export interface ArchiveStateMachineProps {
  readonly settings: Settings;
  readonly functions: Readonly<Record<ArchiveFunction, WorkflowFunction>>;
  readonly consolidate: ConsolidateTask;
  readonly network: Network;
  readonly notifications: Notifications;
}

/** A volume task may take a day, a snapshot another: three days end what hangs. */
const timeout = Duration.days(3);

/** The archive workflow as a state machine, with the rights to carry it out. */
export class ArchiveStateMachine extends Construct {
  readonly stateMachine: sfn.StateMachine;

  constructor(scope: Construct, id: string, props: ArchiveStateMachineProps) {
    super(scope, id);
    const { settings, functions, consolidate, network, notifications } = props;
    const topic: sns.ITopic = notifications.topic;
    const versions = Object.fromEntries(
      Object.entries(functions).map(([name, { version }]): [string, lambda.IFunction] => [name, version]),
    ) as Record<ArchiveFunction, lambda.IFunction>;
    const definition = archiveWorkflow(this, {
      functions: versions,
      consolidate: {
        clusterArn: consolidate.clusterArn,
        taskDefinitionArn: consolidate.taskDefinition.taskDefinitionArn,
        containerName: consolidate.containerName,
        subnetIds: network.taskSubnetIds,
        securityGroupIds: [network.taskSecurityGroupId],
        assignPublicIp: network.assignPublicIp,
        parallelism: settings.volumes.parallelism,
      },
      topic,
    });
    this.stateMachine = new sfn.StateMachine(this, 'StateMachine', {
      stateMachineName: stateMachineName(settings),
      stateMachineType: sfn.StateMachineType.STANDARD,
      definitionBody: sfn.DefinitionBody.fromChainable(definition),
      comment: 'From OpenSearch indices to a sealed archive; a redrive resumes at the state that failed',
      timeout,
      tracingEnabled: true,
      logs: {
        // The prefix makes Step Functions' own policy on log groups, which is limited in size, cover it.
        destination: new logs.LogGroup(this, 'Logs', {
          logGroupName: `/aws/vendedlogs/states/${stateMachineName(settings)}`,
          retention: logs.RetentionDays.THREE_MONTHS,
          removalPolicy: RemovalPolicy.DESTROY,
        }),
        level: sfn.LogLevel.ALL,
        includeExecutionData: true,
      },
    });
    for (const statement of [
      ...runTaskRights(consolidate, { cluster: clusterName(settings) }),
      allow(['kms:GenerateDataKey', 'kms:Decrypt'], [notifications.key.keyArn]),
      // Every version, not only the newest: a redriven execution invokes those that it began with.
      allow(
        ['lambda:InvokeFunction'],
        Object.values(functions).map(({ functionName }) => `${functionArn(this, functionName)}:*`),
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
