import { App, Stack, aws_lambda as lambda, aws_sns as sns, aws_stepfunctions as sfn } from 'aws-cdk-lib';
import { archiveWorkflow } from '../../workflow/archive.ts';
import { archiveContracts, failureContracts } from '../../workflow/contracts.ts';

export const functionArn = (name: string): string => `arn:aws:lambda:us-east-1:000000000000:function:${name}`;

const states = [...Object.keys(archiveContracts), ...Object.keys(failureContracts)] as (
  keyof typeof archiveContracts | keyof typeof failureContracts
)[];

/** The definition of the archive workflow as plain ASL; functions have the names of their states. */
export function archiveDefinition(): { StartAt: string; States: Record<string, Record<string, unknown>> } {
  const stack = new Stack(new App(), 'Definition');
  const functions = Object.fromEntries(
    states.map((name) => [name, lambda.Function.fromFunctionArn(stack, `${name}Function`, functionArn(name))]),
  ) as Record<(typeof states)[number], lambda.IFunction>;
  const start = archiveWorkflow(stack, {
    functions,
    consolidate: {
      clusterArn: 'arn:aws:ecs:us-east-1:000000000000:cluster/permafrost',
      taskDefinitionArn: 'arn:aws:ecs:us-east-1:000000000000:task-definition/consolidate:1',
      containerName: 'consolidate',
      subnetIds: ['subnet-1'],
      securityGroupIds: ['sg-1'],
      assignPublicIp: false,
      parallelism: 2,
    },
    topic: sns.Topic.fromTopicArn(stack, 'Topic', 'arn:aws:sns:us-east-1:000000000000:notifications'),
  });
  const graph = new sfn.StateGraph(start.startState, 'archive');
  return plain(stack.resolve(graph.toGraphJson())) as ReturnType<typeof archiveDefinition>;
}

/** The only intrinsics of the definition are joins with the partition. */
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
