import { setTimeout as sleep } from 'node:timers/promises';
import {
  DescribeExecutionCommand,
  paginateGetExecutionHistory,
  type HistoryEvent,
  type SFNClient,
} from '@aws-sdk/client-sfn';

export interface StateTime {
  readonly state: string;
  readonly seconds: number;
  /** How often it was entered. */
  readonly times: number;
}

export interface FollowedExecution {
  readonly status: string;
  readonly error?: string;
  readonly cause?: string;
  readonly output: Record<string, unknown>;
  readonly states: readonly StateTime[];
}

const pollMs = 200;

/** Follows an execution to its end, by its history, and tells each state as it is left. */
export async function followExecution(
  sfn: SFNClient,
  executionArn: string,
  tell: (state: string, seconds: number) => void,
): Promise<FollowedExecution> {
  const entered = new Map<string, number>();
  const times = new Map<string, { seconds: number; times: number }>();
  let seen = 0;
  for (;;) {
    const description = await sfn.send(new DescribeExecutionCommand({ executionArn }));
    for (const event of await eventsAfter(sfn, executionArn, seen)) {
      seen = event.id!;
      const at = event.timestamp!.getTime();
      if (event.stateEnteredEventDetails) entered.set(event.stateEnteredEventDetails.name!, at);
      const state = event.stateExitedEventDetails?.name;
      if (state === undefined) continue;
      const seconds = (at - (entered.get(state) ?? at)) / 1000;
      const before = times.get(state) ?? { seconds: 0, times: 0 };
      times.set(state, { seconds: before.seconds + seconds, times: before.times + 1 });
      tell(state, seconds);
    }
    if (description.status !== 'RUNNING') {
      const { error, cause, output } = description;
      return {
        status: description.status!,
        ...(error !== undefined && { error }),
        ...(cause !== undefined && { cause }),
        output: JSON.parse(output ?? '{}') as Record<string, unknown>,
        states: [...times].map(([state, time]) => ({ state, ...time })),
      };
    }
    await sleep(pollMs);
  }
}

async function eventsAfter(sfn: SFNClient, executionArn: string, id: number): Promise<HistoryEvent[]> {
  const fresh: HistoryEvent[] = [];
  // Newest first: the walk ends where the last one began, however long the execution lasts.
  for await (const { events = [] } of paginateGetExecutionHistory(
    { client: sfn, pageSize: 100 },
    { executionArn, reverseOrder: true, includeExecutionData: false },
  )) {
    for (const event of events) {
      if (event.id! <= id) return fresh.reverse();
      fresh.push(event);
    }
  }
  return fresh.reverse();
}
