import type { Json } from './json.ts';

/** Amazon States Language, the JSONPath dialect (https://states-language.net/spec.html), as far as this engine runs it. */
export interface StatesBlock {
  StartAt: string;
  States: Record<string, State>;
}

export interface Definition extends StatesBlock {
  Comment?: string;
  TimeoutSeconds?: number;
  Version?: string;
}

export interface Processor extends StatesBlock {
  ProcessorConfig?: { Mode?: 'INLINE' | 'DISTRIBUTED'; ExecutionType?: 'STANDARD' | 'EXPRESS' };
}

export interface Retrier {
  ErrorEquals: string[];
  IntervalSeconds?: number;
  MaxAttempts?: number;
  BackoffRate?: number;
  MaxDelaySeconds?: number;
  JitterStrategy?: 'NONE' | 'FULL';
}

export interface Catcher {
  ErrorEquals: string[];
  Next: string;
  ResultPath?: string | null;
}

export interface ItemBatcher {
  BatchInput?: Json;
  MaxItemsPerBatch?: number;
  MaxItemsPerBatchPath?: string;
  MaxInputBytesPerBatch?: number;
  MaxInputBytesPerBatchPath?: string;
}

export type StateType = 'Task' | 'Pass' | 'Wait' | 'Choice' | 'Succeed' | 'Fail' | 'Parallel' | 'Map';

/** One state; which fields may stand beside which Type is checked once, in accept.ts. */
export interface State {
  Type: StateType;
  Next?: string;
  End?: boolean;
  InputPath?: string | null;
  OutputPath?: string | null;
  Parameters?: Json;
  ResultSelector?: Json;
  ResultPath?: string | null;
  Result?: Json;
  Resource?: string;
  TimeoutSeconds?: number;
  TimeoutSecondsPath?: string;
  Retry?: Retrier[];
  Catch?: Catcher[];
  Seconds?: number;
  SecondsPath?: string;
  Timestamp?: string;
  TimestampPath?: string;
  Choices?: Json[];
  Default?: string;
  Error?: string;
  ErrorPath?: string;
  Cause?: string;
  CausePath?: string;
  Branches?: StatesBlock[];
  ItemProcessor?: Processor;
  Iterator?: Processor;
  ItemsPath?: string;
  ItemSelector?: Json;
  ItemBatcher?: ItemBatcher;
  MaxConcurrency?: number;
  MaxConcurrencyPath?: string;
  ToleratedFailurePercentage?: number;
  ToleratedFailurePercentagePath?: string;
  ToleratedFailureCount?: number;
  ToleratedFailureCountPath?: string;
  Label?: string;
}

/** The processor of a Map, under its present or its old name. */
export function processorOf(map: State): Processor {
  const processor = map.ItemProcessor ?? map.Iterator;
  if (!processor) throw new TypeError('a Map state without ItemProcessor was accepted');
  return processor;
}

export const isDistributed = (map: State): boolean => processorOf(map).ProcessorConfig?.Mode === 'DISTRIBUTED';
