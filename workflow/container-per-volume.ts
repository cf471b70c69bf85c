import { Aws, Duration, aws_stepfunctions as sfn } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { containerRetries } from './retry.ts';

/** A volume of 32 GiB takes some minutes; a day is for the slowest network. */
const volumeTimeout = Duration.hours(24);

/** A Fargate task, and where it runs. */
export interface ContainerTask {
  readonly clusterArn: string;
  /** With its revision: a redrive must run the definition that the execution began with. */
  readonly taskDefinitionArn: string;
  readonly containerName: string;
  readonly subnetIds: readonly string[];
  readonly securityGroupIds: readonly string[];
  readonly assignPublicIp: boolean;
  /** Tasks at the same time. */
  readonly parallelism: number;
}

export interface ContainerPerVolumeProps {
  readonly task: ContainerTask;
  /** Name of the state inside the map. */
  readonly taskState: string;
  readonly itemsPath: string;
  readonly itemSelector: Record<string, string>;
  /** Variables of the container, by paths into the selected item. */
  readonly environment: Record<string, string>;
}

/**
 * One container task for each volume. A volume that fails does not stop the others: the state after the map finds what is
 * missing and why. Results are discarded, since they would not fit into the state data.
 */
export function containerPerVolume(scope: Construct, name: string, props: ContainerPerVolumeProps): sfn.DistributedMap {
  const { task } = props;
  const runTask = new sfn.CustomState(scope, props.taskState, {
    stateJson: {
      Type: 'Task',
      Resource: `arn:${Aws.PARTITION}:states:::ecs:runTask.sync`,
      Parameters: {
        Cluster: task.clusterArn,
        TaskDefinition: task.taskDefinitionArn,
        LaunchType: 'FARGATE',
        PropagateTags: 'TASK_DEFINITION',
        NetworkConfiguration: {
          AwsvpcConfiguration: {
            Subnets: task.subnetIds,
            SecurityGroups: task.securityGroupIds,
            AssignPublicIp: task.assignPublicIp ? 'ENABLED' : 'DISABLED',
          },
        },
        Overrides: {
          ContainerOverrides: [
            {
              Name: task.containerName,
              // Values must be strings, and a volume is a number.
              Environment: Object.entries(props.environment).map(([variable, path]) => ({
                Name: variable,
                'Value.$': `States.Format('{}', ${path})`,
              })),
            },
          ],
        },
      },
      TimeoutSeconds: volumeTimeout.toSeconds(),
      ResultPath: null,
    },
  });
  for (const retry of containerRetries) runTask.addRetry(retry);
  return new sfn.DistributedMap(scope, name, {
    itemsPath: props.itemsPath,
    itemSelector: props.itemSelector,
    maxConcurrency: task.parallelism,
    toleratedFailurePercentage: 100,
    mapExecutionType: sfn.StateMachineType.STANDARD,
    resultPath: sfn.JsonPath.DISCARD,
  }).itemProcessor(runTask);
}
