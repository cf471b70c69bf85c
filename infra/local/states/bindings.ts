import type { RunTaskCommandInput, Task } from '@aws-sdk/client-ecs';
import type { Json, JsonObject } from './json.ts';

/** Which state of which execution calls. */
export interface Call {
  executionArn: string;
  stateMachineArn: string;
  roleArn: string;
  stateName: string;
  /** Aborted when the execution is stopped, the state times out, or a sibling branch failed: end the work. */
  signal: AbortSignal;
  /** To be told by `runTask` once the task exists: recorded as TaskSubmitted. */
  submitted: (output: Json) => void;
}

/**
 * The outside world of a state machine. Each call resolves with JSON or rejects with an error whose `name` is the error name
 * that Retry and Catch match and whose `message` becomes the Cause.
 */
export interface Bindings {
  /**
   * Invokes a function (ARN as the definition has it, with version or qualifier, or a bare name) and returns its payload.
   * Rejects with the function's own error: `name` the errorType, `message` the errorMessage, optionally `trace` (lines).
   * A name starting with `Lambda.` is an error of the service itself: its message becomes the Cause as it is.
   */
  invokeLambda: (functionArn: string, payload: Json, call: Call) => Promise<unknown>;
  /**
   * Runs an ECS task to its end and resolves with the stopped task, as DescribeTasks returns it; the engine fails the state when
   * a container's exitCode is not 0. Rejects only when the task could not be started (`ECS.ClusterNotFoundException`, ...).
   */
  runTask: (request: RunTaskCommandInput, call: Call) => Promise<Task>;
  /**
   * Any other service: `sns`/`publish`, `s3`/`listObjectsV2`. Parameters and result have the PascalCase keys of the definition.
   * An error name without a dot is prefixed with the service's name (`SNS.`, `S3.`).
   */
  callAwsService: (service: string, action: string, parameters: JsonObject, call: Call) => Promise<unknown>;
}
