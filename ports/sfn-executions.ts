import {
  DescribeExecutionCommand,
  paginateGetExecutionHistory,
  paginateListExecutions,
  type SFNClient,
} from '@aws-sdk/client-sfn';
import { ExecutionsUnavailable, NotAllowed } from '../workflow/errors.ts';
import type { ExecutionEvent, Executions } from './executions.ts';

/** Executions of AWS Step Functions. Needs states:ListExecutions, states:DescribeExecution, states:GetExecutionHistory. */
export function sfnExecutions(client: SFNClient): Executions {
  return {
    async running(stateMachineArn) {
      return named(async () => {
        const running: { arn: string; startedAt: Date }[] = [];
        for await (const page of paginateListExecutions({ client }, { stateMachineArn, statusFilter: 'RUNNING' })) {
          for (const execution of page.executions ?? []) {
            running.push({ arn: execution.executionArn!, startedAt: execution.startDate! });
          }
        }
        return running;
      });
    },
    async redriveCount(executionArn) {
      return named(async () => {
        const answer = await client.send(new DescribeExecutionCommand({ executionArn }));
        return answer.redriveCount ?? 0;
      });
    },
    async *events(executionArn): AsyncGenerator<ExecutionEvent> {
      const pages = paginateGetExecutionHistory(
        { client, pageSize: 200 },
        { executionArn, reverseOrder: true, includeExecutionData: false },
      );
      for (;;) {
        const page = await named(() => pages.next());
        if (page.done) return;
        for (const event of page.value.events ?? []) {
          const state = event.stateExitedEventDetails?.name ?? event.stateEnteredEventDetails?.name;
          yield { type: event.type!, ...(state !== undefined && { state }) };
        }
      }
    },
  };
}

async function named<T>(call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (cause) {
    const error = cause instanceof Error ? cause : new Error(String(cause));
    if (error.name === 'AccessDeniedException') throw new NotAllowed(`Step Functions: ${error.message}`, { cause });
    throw new ExecutionsUnavailable(`Step Functions does not answer: ${error.name}: ${error.message}`, { cause });
  }
}
