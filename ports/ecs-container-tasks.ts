import { DescribeTasksCommand, type ECSClient } from '@aws-sdk/client-ecs';
import type { ContainerTasks } from './container-tasks.ts';

/** Tasks of Amazon ECS. Needs ecs:DescribeTasks. */
export function ecsContainerTasks(client: ECSClient): ContainerTasks {
  return {
    async stopped(clusterArn, taskArn) {
      const { tasks } = await client.send(new DescribeTasksCommand({ cluster: clusterArn, tasks: [taskArn] }));
      const task = tasks?.[0];
      if (!task) return undefined;
      return {
        reason: task.stoppedReason ?? 'unknown',
        containers: (task.containers ?? []).map(({ name = '', exitCode, reason }) => ({
          name,
          ...(exitCode !== undefined && { exitCode }),
          ...(reason !== undefined && { reason }),
        })),
      };
    },
  };
}
