import { App, Stack, aws_lambda as lambda, aws_sns as sns, aws_stepfunctions as sfn } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { archiveWorkflow } from '../../workflow/archive.ts';
import { archiveContracts, failureContracts, optionalArchiveContracts } from '../../workflow/contracts.ts';
import type { ContainerTask } from '../../workflow/container-per-volume.ts';
import { restoreContracts } from '../../workflow/restore-contracts.ts';
import { restoreWorkflow } from '../../workflow/restore.ts';
import { snapshotContracts } from '../../workflow/snapshot-contracts.ts';
import { snapshotWorkflow } from '../../workflow/snapshot.ts';

/** A state machine's definition as plain ASL. */
export interface Definition {
  StartAt: string;
  States: Record<string, Record<string, unknown>>;
}

/** Functions of a workflow have the names of its states, after the workflow's own. */
export const functionArn = (workflow: string, state: string): string =>
  `arn:aws:lambda:us-east-1:000000000000:function:${workflow}-${state}`;

const containerTask = (containerName: string): ContainerTask => ({
  clusterArn: 'arn:aws:ecs:us-east-1:000000000000:cluster/permafrost',
  taskDefinitionArn: `arn:aws:ecs:us-east-1:000000000000:task-definition/${containerName}:1`,
  containerName,
  subnetIds: ['subnet-1'],
  securityGroupIds: ['sg-1'],
  assignPublicIp: false,
  parallelism: 2,
});

export const archiveDefinition = (): Definition =>
  definitionOf('archive', { ...archiveContracts, ...failureContracts }, (scope, functions, topic) =>
    archiveWorkflow(scope, { functions, topic, consolidate: containerTask('consolidate') }),
  );

/** Of a deployment that deletes the source indices. */
export const deletingArchiveDefinition = (): Definition =>
  definitionOf(
    'archive',
    { ...archiveContracts, ...optionalArchiveContracts, ...failureContracts },
    (scope, functions, topic) =>
      archiveWorkflow(scope, { functions, topic, consolidate: containerTask('consolidate') }),
  );

export const restoreDefinition = (): Definition =>
  definitionOf('restore', { ...restoreContracts, ...failureContracts }, (scope, functions, topic) =>
    restoreWorkflow(scope, { functions, topic, unpack: containerTask('unpack') }),
  );

export const snapshotDefinition = (): Definition =>
  definitionOf('snapshot', { ...snapshotContracts, ...failureContracts }, (scope, functions, topic) =>
    snapshotWorkflow(scope, { functions, topic }),
  );

export function definitionOf<State extends string>(
  workflow: string,
  contracts: Record<State, unknown>,
  define: (scope: Construct, functions: Record<State, lambda.IFunction>, topic: sns.ITopic) => sfn.IChainable,
): Definition {
  const stack = new Stack(new App(), 'Definition');
  const functions = Object.fromEntries(
    Object.keys(contracts).map((state) => [
      state,
      lambda.Function.fromFunctionArn(stack, `${state}Function`, functionArn(workflow, state)),
    ]),
  ) as Record<State, lambda.IFunction>;
  const topic = sns.Topic.fromTopicArn(stack, 'Topic', 'arn:aws:sns:us-east-1:000000000000:notifications');
  const graph = new sfn.StateGraph(define(stack, functions, topic).startState, workflow);
  return plain(stack.resolve(graph.toGraphJson())) as Definition;
}

/** The only intrinsics of a definition are joins with the partition. */
function plain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== 'object' || value === null) return value;
  if ('Fn::Join' in value) {
    const [separator, parts] = value['Fn::Join'] as [string, unknown[]];
    return parts.map(plain).join(separator);
  }
  if ('Ref' in value && value.Ref === 'AWS::Partition') return 'aws';
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, plain(inner)]));
}
