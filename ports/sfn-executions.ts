import {
  DescribeExecutionCommand,
  paginateGetExecutionHistory,
  paginateListExecutions,
  RedriveExecutionCommand,
  StartExecutionCommand,
  type SFNClient,
} from '@aws-sdk/client-sfn';
import { ExecutionsUnavailable, InvalidSettings, NotAllowed } from '../workflow/errors.ts';
import type { ExecutionControl, ExecutionEvent, ExecutionFacts, Executions } from './executions.ts';

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

/** Starting and redriving executions. Needs states:StartExecution, states:DescribeExecution, states:RedriveExecution. */
export function sfnExecutionControl(client: SFNClient): ExecutionControl {
  return {
    async start(stateMachineArn, name, input) {
      return named(async () => {
        try {
          const request = { stateMachineArn, name, input: JSON.stringify(input) };
          const { executionArn } = await client.send(new StartExecutionCommand(request));
          return { arn: executionArn!, existed: false };
        } catch (error) {
          // Only while it runs is a second start of the same name and input answered with the first.
          if (!isNamed(error, 'ExecutionAlreadyExists')) throw error;
          const arn = `${stateMachineArn.replace(':stateMachine:', ':execution:')}:${name}`;
          return { arn, existed: true };
        }
      });
    },
    async facts(executionArn) {
      return named(async () => {
        const answer = await client.send(new DescribeExecutionCommand({ executionArn }));
        const { status, startDate, stopDate, output, error, cause } = answer;
        return {
          // PENDING_REDRIVE is a status of the children of a Map Run only.
          status: status as ExecutionFacts['status'],
          startedAt: startDate!,
          ...(stopDate && { endedAt: stopDate }),
          ...(output !== undefined && { output }),
          ...(error !== undefined && { error }),
          ...(cause !== undefined && { cause }),
        };
      });
    },
    async redrive(executionArn) {
      return named(async () => {
        try {
          await client.send(new RedriveExecutionCommand({ executionArn }));
          return true;
        } catch (error) {
          if (!isNamed(error, 'ExecutionNotRedrivable')) throw error;
          return false;
        }
      });
    },
  };
}

const isNamed = (error: unknown, name: string): boolean => error instanceof Error && error.name === name;

async function named<T>(call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (cause) {
    const error = cause instanceof Error ? cause : new Error(String(cause));
    if (error.name === 'AccessDeniedException') throw new NotAllowed(`Step Functions: ${error.message}`, { cause });
    if (error.name === 'StateMachineDoesNotExist' || error.name === 'InvalidArn') {
      throw new InvalidSettings(`Step Functions: ${error.name}: ${error.message}`, { cause });
    }
    throw new ExecutionsUnavailable(`Step Functions does not answer: ${error.name}: ${error.message}`, { cause });
  }
}
