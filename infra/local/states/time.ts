import type { Retrier } from './definition.ts';
import { ExecutionHalted } from './errors.ts';

// Taken before a test can install fake timers: a wait of no time still lets I/O and other executions run.
const nextTurn = setImmediate;
/** Longer timers overflow and fire at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** How time passes in the engine. Waits and retry delays are scaled; timeouts never are. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now: () => number;
  /** 1 is real time, 0.01 a hundredth of it, 0 waits not at all. */
  timeScale: number;
  /** 0 to 1, the share of the delay kept where JitterStrategy is FULL. */
  jitter: () => number;
}

/** Resolves after `seconds` of state machine time; rejects with ExecutionHalted as soon as `signal` is aborted. */
export async function pause(clock: Clock, seconds: number, signal: AbortSignal): Promise<void> {
  const end = clock.timeScale === 0 ? 0 : Math.max(0, seconds) * clock.timeScale * 1000;
  if (end === 0) await new Promise<void>((resolve) => nextTurn(() => resolve()));
  for (let left = end; left > 0 && !signal.aborted; left -= LONGEST_TIMER_MS) {
    await sleep(Math.min(left, LONGEST_TIMER_MS), signal);
  }
  if (signal.aborted) throw new ExecutionHalted();
}

function sleep(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener('abort', done);
  });
}

/** Calls `expire` after real `seconds`; returns what cancels it. */
export function timer(seconds: number, expire: () => void): () => void {
  const ms = seconds * 1000;
  if (ms > LONGEST_TIMER_MS) return () => undefined;
  const handle = setTimeout(expire, ms);
  return () => clearTimeout(handle);
}

/**
 * Seconds before the next attempt, `attempt` counting from 0: IntervalSeconds (1) times BackoffRate (2) to the attempt,
 * at most MaxDelaySeconds, less jitter (https://states-language.net/spec.html, "Retrying after error").
 */
export function retryDelaySeconds(retrier: Retrier, attempt: number, clock: Clock): number {
  const grown = (retrier.IntervalSeconds ?? 1) * (retrier.BackoffRate ?? 2) ** attempt;
  const delay = Math.min(grown, retrier.MaxDelaySeconds ?? Infinity);
  return retrier.JitterStrategy === 'FULL' ? delay * clock.jitter() : delay;
}

/** The promise's outcome, or ExecutionHalted as soon as `signal` is aborted. A late rejection is not left unhandled. */
export function unlessHalted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const halt = (): void => reject(new ExecutionHalted());
    if (signal.aborted) halt();
    signal.addEventListener('abort', halt);
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', halt));
  });
}
