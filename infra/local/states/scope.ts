import type { Bindings } from './bindings.ts';
import type { ExecutionRecord } from './execution.ts';
import type { HistoryLog, Thread } from './history.ts';
import type { Json } from './json.ts';
import { StateError } from './errors.ts';
import type { Clock } from './time.ts';
import type { ContextObject } from './evaluate.ts';

/** One attempt at an execution: from its start, or from a redrive, to its end. */
export interface Attempt {
  record: ExecutionRecord;
  log: HistoryLog;
  bindings: Bindings;
  clock: Clock;
  /** Keeps the record as it is now. */
  save: () => void;
  /** Remembers a call to the outside until it settles, so that closing the service can wait for it. */
  track: <T>(work: Promise<T>) => Promise<T>;
  children: ChildExecutions;
}

/** How a Distributed Map runs its children, each an execution of its own; both resolve when the child has ended, however it ended. */
export interface ChildExecutions {
  /** Starts a child and tells its ARN before it runs. */
  start: (child: NewChild, signal: AbortSignal, started: (executionArn: string) => void) => Promise<ExecutionRecord>;
  redrive: (executionArn: string, signal: AbortSignal) => Promise<ExecutionRecord>;
  find: (executionArn: string) => ExecutionRecord | undefined;
}

export type NewChild = Pick<
  ExecutionRecord,
  'stateMachineArn' | 'stateMachineName' | 'roleArn' | 'definition' | 'input'
> &
  Required<Pick<ExecutionRecord, 'parent'>>;

/** What the states of one branch share. */
export interface Scope {
  attempt: Attempt;
  thread: Thread;
  /** Aborted when the execution is stopped or times out, or a sibling branch failed. */
  signal: AbortSignal;
  /** Inside an iteration of an inline Map. */
  item?: { Index: number; Value: Json };
}

/** One visit of a state. */
export interface Visit {
  name: string;
  enteredTime: string;
  retryCount: number;
}

export function contextOf(scope: Scope, visit: Visit): ContextObject {
  const { record } = scope.attempt;
  return {
    Execution: {
      Id: record.executionArn,
      Input: record.input,
      Name: record.name,
      RoleArn: record.roleArn,
      StartTime: new Date(record.startDate).toISOString(),
      RedriveCount: record.redriveCount,
      ...(record.redriveDate !== undefined && { RedriveTime: new Date(record.redriveDate).toISOString() }),
    },
    State: { EnteredTime: visit.enteredTime, Name: visit.name, RetryCount: visit.retryCount },
    StateMachine: { Id: record.stateMachineArn, Name: record.stateMachineName },
    ...(scope.item && { Map: { Item: scope.item } }),
  };
}

/** The most a state may take or give (quota "Maximum input or output size for a task, state, or execution"). */
export const MAXIMUM_PAYLOAD_BYTES = 262_144;

export function checkPayload(name: string, payload: Json): Json {
  if (Buffer.byteLength(JSON.stringify(payload)) > MAXIMUM_PAYLOAD_BYTES) {
    throw new StateError(
      'States.DataLimitExceeded',
      `The state/task '${name}' returned a result with a size exceeding the maximum number of bytes service limit.`,
    );
  }
  return payload;
}
