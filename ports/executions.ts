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
