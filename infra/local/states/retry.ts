import type { Catcher, Retrier, State } from './definition.ts';
import { isTerminal, type StateError } from './errors.ts';

/** Which names an ErrorEquals list matches (https://states-language.net/spec.html, "Errors"). */
function matches(errorEquals: string[], error: string): boolean {
  return errorEquals.some(
    (name) =>
      name === error ||
      name === 'States.ALL' ||
      (name === 'States.TaskFailed' && error !== 'States.Timeout' && !isTerminal(error)),
  );
}

/** Counts the attempts of one state, each retrier on its own, as AWS does; a redrive starts with a new one. */
export class RetryBudget {
  readonly #retriers: Retrier[];
  readonly #used: number[];
  /** Retries so far, over all retriers: `$$.State.RetryCount`. */
  count = 0;

  constructor(state: State) {
    this.#retriers = state.Retry ?? [];
    this.#used = this.#retriers.map(() => 0);
  }

  /** The retrier that allows another attempt, and how often it already did; undefined when the error stands. */
  take(error: StateError): { retrier: Retrier; attempt: number } | undefined {
    if (isTerminal(error.name)) return undefined;
    const index = this.#retriers.findIndex((retrier) => matches(retrier.ErrorEquals, error.name));
    const retrier = this.#retriers[index];
    if (!retrier) return undefined;
    const attempt = this.#used[index] ?? 0;
    if (attempt >= (retrier.MaxAttempts ?? 3)) return undefined;
    this.#used[index] = attempt + 1;
    this.count += 1;
    return { retrier, attempt };
  }
}

/** The first catcher that takes the error, if any may. */
export function catcherFor(state: State, error: StateError): Catcher | undefined {
  if (isTerminal(error.name)) return undefined;
  return state.Catch?.find((catcher) => matches(catcher.ErrorEquals, error.name));
}
