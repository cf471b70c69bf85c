import type { ExecutionRecord, ExecutionStatus } from './execution.ts';
import { redriveStatusOf, type RedriveStatus } from './redrive.ts';

export interface StateMachineDescription {
  stateMachineArn: string;
  name: string;
  /** Plain ASL as JSON text. */
  definition: string;
  roleArn: string;
  creationDate: number;
}

/** As DescribeExecution; dates in milliseconds since the epoch, input and output as JSON text. */
export interface ExecutionDescription {
  executionArn: string;
  stateMachineArn: string;
  name: string;
  status: ExecutionStatus;
  startDate: number;
  stopDate?: number;
  input: string;
  output?: string;
  error?: string;
  cause?: string;
  redriveCount: number;
  redriveDate?: number;
  redriveStatus: RedriveStatus;
  redriveStatusReason?: string;
  mapRunArn?: string;
  itemCount?: number;
}

export interface ListExecutionsRequest {
  stateMachineArn?: string | undefined;
  mapRunArn?: string | undefined;
  statusFilter?: string | undefined;
  redriveFilter?: string | undefined;
  maxResults?: number | undefined;
  nextToken?: string | undefined;
}

export interface HistoryRequest {
  executionArn: string;
  maxResults?: number | undefined;
  nextToken?: string | undefined;
  reverseOrder?: boolean | undefined;
  includeExecutionData?: boolean | undefined;
}

/** The record as DescribeExecution shows it at the time `now`. */
export function describe(record: ExecutionRecord, now: number): ExecutionDescription {
  const {
    executionArn,
    stateMachineArn,
    name,
    status,
    startDate,
    stopDate,
    error,
    cause,
    redriveCount,
    redriveDate,
    parent,
  } = record;
  return {
    executionArn,
    stateMachineArn,
    name,
    status,
    startDate,
    ...(stopDate !== undefined && { stopDate }),
    input: JSON.stringify(record.input),
    ...(status === 'SUCCEEDED' && { output: JSON.stringify(record.output) }),
    ...(error !== undefined && { error }),
    ...(cause !== undefined && { cause }),
    redriveCount,
    ...(redriveDate !== undefined && { redriveDate }),
    ...redriveStatusOf(record, now),
    ...(parent && { mapRunArn: parent.mapRunArn, itemCount: parent.itemCount }),
  };
}
