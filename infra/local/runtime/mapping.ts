export interface MappingSettings {
  readonly functionArn: string;
  readonly queueArn: string;
  /** Messages of one invocation, at most 10. */
  readonly batchSize: number;
  /** Invocations at a time. */
  readonly maximumConcurrency: number;
  /** Whether the function answers with the messages that failed; else only an error of it fails any, and then all. */
  readonly reportsFailures: boolean;
  readonly enabled: boolean;
}

/** An event source mapping of Lambda whose source is a queue. */
export interface Mapping extends MappingSettings {
  readonly uuid: string;
}
