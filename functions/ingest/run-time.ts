/** How long a run may go on: a function is stopped without a word when its time ends. */

export interface RunTime {
  /** Before this has passed, a run must have stopped reading, so that what it has read can be written. */
  leftForReadingMs(): number;
  /** Before this has passed, it must have stopped writing, so that it can say what it has not done. */
  leftForWritingMs(): number;
}

/** What is kept for the messages about the rest, and for the answer. */
const sayingShare = 0.25;

/**
 * @param remainingMs what is left to the function
 * @param marginMs how long before that reading ends
 */
export const runTime = (remainingMs: () => number, marginMs: number): RunTime => ({
  leftForReadingMs: () => remainingMs() - marginMs,
  leftForWritingMs: () => remainingMs() - marginMs * sayingShare,
});
