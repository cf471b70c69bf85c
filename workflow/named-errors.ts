import * as errors from './errors.ts';

const { PermafrostError: _base, RecordedFailure: _carrier, ...classes } = errors;

/** Every named error, by its name: what the state machine may see as an `Error`, and what the runbook must explain. */
export const namedErrors: ReadonlyMap<string, errors.NamedError> = new Map(
  Object.values(classes).map((error) => [new error('').name, error]),
);
