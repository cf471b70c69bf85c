import type { RunTaskCommandInput } from '@aws-sdk/client-ecs';
import { RuntimeServiceError } from '../runtime/errors.ts';
import type { Tasks } from '../runtime/tasks.ts';

export interface JsonAnswer {
  status: number;
  content: unknown;
}

/** The operations of ECS that exist locally, over its JSON 1.1 protocol; dates are seconds since the epoch. */
export function answerEcs(tasks: Tasks, operation: string, input: Record<string, unknown>): JsonAnswer {
  try {
    return { status: 200, content: onTheWire(perform(tasks, operation, input)) };
  } catch (error) {
    if (!(error instanceof RuntimeServiceError)) throw error;
    return { status: 400, content: { __type: error.name.replace(/^ECS\./, ''), message: error.message } };
  }
}

function perform(tasks: Tasks, operation: string, input: Record<string, unknown>): unknown {
  switch (operation) {
    case 'RunTask':
      return { tasks: [tasks.run(input as unknown as RunTaskCommandInput).task], failures: [] };
    case 'StopTask':
      return { task: tasks.stop(String(input.task), input.reason as string | undefined) };
    case 'DescribeTasks':
      return tasks.describe(input.tasks as string[]);
    case 'ListTasks':
      return { taskArns: tasks.list(input) };
    default:
      throw new RuntimeServiceError('UnsupportedFeatureException', `${operation} does not exist in the local ECS`);
  }
}

function onTheWire(value: unknown): unknown {
  if (value instanceof Date) return value.getTime() / 1000;
  if (Array.isArray(value)) return value.map(onTheWire);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, onTheWire(inner)]));
}
