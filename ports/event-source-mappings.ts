/** What ingestion asks of the service that hands a queue's messages to a function. */

/** Failures: `MappingsUnavailable` (retryable), `NotAllowed`. */
export interface EventSourceMappings {
  /** Ids of the mappings that lead from the source (an ARN) to the function (name or ARN). */
  find(functionName: string, sourceArn: string): Promise<string[]>;
  /** Starts or stops a mapping. One that is started, or stopped, or removed already is no failure. */
  setEnabled(id: string, enabled: boolean): Promise<void>;
}
