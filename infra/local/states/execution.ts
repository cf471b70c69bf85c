import type { Definition } from './definition.ts';
import type { HistoryEvent } from './history.ts';
import type { Json } from './json.ts';

export type ExecutionStatus = 'RUNNING' | 'SUCCEEDED' | 'FAILED' | 'TIMED_OUT' | 'ABORTED';

/** Where an execution (or a branch of it) stands. What is left of it when an execution ends unsuccessfully is what a redrive resumes. */
export interface Frame {
  state: string;
  input: Json;
  /** ISO 8601. */
  enteredTime?: string;
  /** Of a Parallel or an inline Map that was entered. */
  branches?: Branch[];
  /** Of a Distributed Map that was entered. */
  mapRunArn?: string;
}

/** A branch of a Parallel or an iteration of an inline Map: not begun (no frame), under way, or done. */
export interface Branch {
  frame?: Frame;
  done?: { output: Json };
}

/** All there is to know of an execution; plain JSON, so that it can be kept in a file. Times in milliseconds since the epoch. */
export interface ExecutionRecord {
  executionArn: string;
  stateMachineArn: string;
  stateMachineName: string;
  name: string;
  roleArn: string;
  /** As it was at the start: a redrive runs the same one. */
  definition: Definition;
  status: ExecutionStatus;
  startDate: number;
  stopDate?: number;
  input: Json;
  output?: Json;
  error?: string;
  cause?: string;
  redriveCount: number;
  redriveDate?: number;
  /** Client tokens of past redrives, newest last. */
  redriveTokens: { token: string; date: number }[];
  /** Undefined once the execution succeeded. */
  frame?: Frame;
  /** The last event of the frame's thread. */
  lastEventId: number;
  events: HistoryEvent[];
  mapRuns: MapRunRecord[];
  /** Of a child of a Distributed Map. */
  parent?: { mapRunArn: string; executionArn: string; itemCount: number };
}

/** One item or batch of a Map Run. */
export interface MapRunChild {
  input: Json;
  itemCount: number;
  executionArn?: string;
  status: 'PENDING' | ExecutionStatus;
}

export interface MapRunRecord {
  mapRunArn: string;
  executionArn: string;
  stateMachineArn: string;
  status: 'RUNNING' | 'SUCCEEDED' | 'FAILED' | 'ABORTED';
  startDate: number;
  stopDate?: number;
  maxConcurrency: number;
  toleratedFailureCount: number;
  toleratedFailurePercentage: number;
  children: MapRunChild[];
  redriveCount: number;
  redriveDate?: number;
}
