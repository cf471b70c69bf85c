/** A state failed: `name` is what Retry and Catch match (ErrorEquals), `message` the Cause. */
export class StateError extends Error {
  constructor(error: string, cause = '') {
    super(cause);
    this.name = error;
  }
}

/** The execution was stopped, timed out, or a sibling branch failed: no Retry and no Catch sees it. */
export class ExecutionHalted extends Error {
  override name = 'ExecutionHalted';
}

/** An API error of the service; `name` is the error code on the wire (`ExecutionDoesNotExist`, ...). */
export class StatesServiceError extends Error {
  constructor(code: string, message: string) {
    super(message);
    this.name = code;
  }
}

/** The definition holds something this engine would run differently from AWS; the message names the state and the field. */
export class UnsupportedDefinition extends Error {
  override name = 'UnsupportedDefinition';
}

/** Errors that end the execution past any Retry and Catch (AWS, "Handling errors", States.Runtime and States.DataLimitExceeded). */
export function isTerminal(error: string): boolean {
  return error === 'States.Runtime' || error === 'States.DataLimitExceeded';
}

/** Whatever was thrown, as an error of a state. */
export function asStateError(thrown: unknown, fallback = 'States.TaskFailed'): StateError {
  if (thrown instanceof StateError) return thrown;
  if (thrown instanceof Error) return new StateError(thrown.name === 'Error' ? fallback : thrown.name, thrown.message);
  const shape = (typeof thrown === 'object' && thrown !== null ? thrown : {}) as { name?: unknown; message?: unknown };
  return new StateError(
    typeof shape.name === 'string' ? shape.name : fallback,
    typeof shape.message === 'string' ? shape.message : String(thrown),
  );
}
