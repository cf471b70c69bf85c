/** A place in a source of records from which reading can go on. */
export interface ResumePlace {
  readonly offset: number;
  /** What the parser said of the beginning before that place. */
  readonly header: string | undefined;
}

/** Records that follow each other and are confirmed together. */
export interface Stretch {
  readonly from: ResumePlace;
  settled: boolean;
}

/**
 * How far the records of one source are confirmed. Stretches begin in the order of the records and settle in any; what is not
 * settled is read again, so the place to go on is the first that is not.
 */
export class Progress {
  readonly #open: Stretch[] = [];
  #reached: ResumePlace;

  constructor(from: ResumePlace) {
    this.#reached = from;
  }

  /** The record that begins here is read next: those before it have been handed over. */
  reach(offset: number, header: string | undefined): void {
    this.#reached = { offset, header };
  }

  /** Begins a stretch with the record that was reached last. */
  begin(): Stretch {
    const stretch = { from: this.#reached, settled: false };
    this.#open.push(stretch);
    return stretch;
  }

  settle(stretch: Stretch): void {
    stretch.settled = true;
    while (this.#open[0]?.settled) this.#open.shift();
  }

  /** Whether all that was handed over is confirmed. */
  get isSettled(): boolean {
    return this.#open.length === 0;
  }

  /** No record before it is unconfirmed. */
  get resumeAt(): ResumePlace {
    return this.#open[0]?.from ?? this.#reached;
  }
}
