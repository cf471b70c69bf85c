/** What Permafrost asks of the service that runs its executions. */

export interface ExecutionEvent {
  /** As GetExecutionHistory names it: `TaskStateExited`, `ExecutionRedriven`, ... */
  readonly type: string;
  /** The state that an entered or exited event is about. */
  readonly state?: string;
}

/** Failures are `ExecutionsUnavailable` (retryable) or `NotAllowed`. */
export interface Executions {
  /** The running executions of a state machine. */
  running(stateMachineArn: string): Promise<{ readonly arn: string; readonly startedAt: Date }[]>;
  /** How often the execution has been redriven. */
  redriveCount(executionArn: string): Promise<number>;
  /** The execution's events, newest first. */
  events(executionArn: string): AsyncIterable<ExecutionEvent>;
}

export interface ExecutionFacts {
  readonly status: 'RUNNING' | 'SUCCEEDED' | 'FAILED' | 'TIMED_OUT' | 'ABORTED';
  /** Stays the same over redrives. */
  readonly startedAt: Date;
  /** Absent while it runs. */
  readonly endedAt?: Date;
  /** JSON text; of one that succeeded. */
  readonly output?: string;
  readonly error?: string;
  readonly cause?: string;
}

/**
 * What Permafrost asks for where an execution runs another one. Failures are `ExecutionsUnavailable` (retryable),
 * `InvalidSettings` (no such state machine) or `NotAllowed`.
 */
export interface ExecutionControl {
  /** Starts an execution under a name, unless one of that name is running, or has ended already (`existed`). */
  start(
    stateMachineArn: string,
    name: string,
    input: unknown,
  ): Promise<{ readonly arn: string; readonly existed: boolean }>;
  facts(executionArn: string): Promise<ExecutionFacts>;
  /** Lets an execution that did not succeed go on where it failed. False where that is not possible (any more). */
  redrive(executionArn: string): Promise<boolean>;
}
