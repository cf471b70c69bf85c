import { z } from 'zod';

/** What the Cause of a failed Task state says. AWS gives it as a string, often JSON. */
export interface Cause {
  readonly message: string;
  /** Set when the state ran a container. */
  readonly task?: { readonly arn: string; readonly clusterArn: string };
}

/** Lambda: https://docs.aws.amazon.com/lambda/latest/dg/nodejs-exceptions.html */
const ofFunction = z.object({ errorMessage: z.string() });
/** ECS: the Task object of DescribeTasks. */
const ofContainer = z.object({
  TaskArn: z.string(),
  ClusterArn: z.string(),
  StoppedReason: z.string().default('The task stopped without a reason'),
});

export function parseCause(text: string): Cause {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return { message: text };
  }
  const container = ofContainer.safeParse(json);
  if (container.success) {
    const { TaskArn, ClusterArn, StoppedReason } = container.data;
    return { message: StoppedReason, task: { arn: TaskArn, clusterArn: ClusterArn } };
  }
  const thrown = ofFunction.safeParse(json);
  // What HaltForRedrive threw once is thrown again after the next failure: unwrap it, or it nests.
  return thrown.success ? parseCause(thrown.data.errorMessage) : { message: text };
}
