import { randomUUID } from 'node:crypto';
import type { Bindings } from './bindings.ts';
import { runStates } from './engine.ts';
import { asStateError, ExecutionHalted } from './errors.ts';
import type { ExecutionRecord } from './execution.ts';
import { HistoryLog, type Thread } from './history.ts';
import type { Json } from './json.ts';
import { loadDefinition } from './load.ts';
import { redriveStatusOf, reopen } from './redrive.ts';
import type { Attempt, ChildExecutions } from './scope.ts';
import type { ExecutionStore } from './store.ts';
import { timer, type Clock } from './time.ts';

/** Why an execution ends before its last state. */
export interface Halt {
  status: 'ABORTED' | 'TIMED_OUT';
  error?: string;
  cause?: string;
}

interface Live {
  controller: AbortController;
  halt: Halt;
  ended: Promise<void>;
}

/** How long closing waits for functions and containers that were told to stop. */
const CLOSING_MS = 10_000;

/** Runs executions: every start and every redrive is an attempt, which ends in a status, an event and a saved record. */
export class Attempts {
  readonly #live = new Map<string, Live>();
  readonly #calls = new Set<Promise<unknown>>();
  readonly #bindings: Bindings;
  readonly #clock: Clock;
  readonly #store: ExecutionStore;
  readonly #changed: (record: ExecutionRecord) => void;

  constructor(bindings: Bindings, clock: Clock, store: ExecutionStore, changed: (record: ExecutionRecord) => void) {
    this.#bindings = bindings;
    this.#clock = clock;
    this.#store = store;
    this.#changed = changed;
  }

  /** Starts a new execution; resolves, never rejects, when the attempt has ended. */
  start(record: ExecutionRecord): Promise<void> {
    const started = { input: JSON.stringify(record.input), roleArn: record.roleArn };
    return this.#begin(record, 'ExecutionStarted', started, false);
  }

  /** Goes on with an execution that ended unsuccessfully; resolves, never rejects, when the attempt has ended. */
  redrive(record: ExecutionRecord, token?: string): Promise<void> {
    reopen(record, this.#clock.now(), token);
    return this.#begin(record, 'ExecutionRedriven', { redriveCount: record.redriveCount }, true);
  }

  /** Halts a running execution; resolves when it has ended, at once when it is not running. */
  async halt(executionArn: string, halt: Halt): Promise<void> {
    const live = this.#live.get(executionArn);
    if (!live) return;
    if (!live.controller.signal.aborted) live.halt = halt;
    live.controller.abort();
    await live.ended;
  }

  /** Resolves when the execution is not running. */
  async ended(executionArn: string): Promise<void> {
    await this.#live.get(executionArn)?.ended;
  }

  /** Aborts all that runs, and waits for the functions and containers under way. */
  async close(): Promise<void> {
    const cause = 'The local Step Functions engine was stopped.';
    await Promise.all(
      [...this.#live.keys()].map((arn) => this.halt(arn, { status: 'ABORTED', error: 'States.LocalStop', cause })),
    );
    let cancel = (): void => undefined;
    const late = new Promise<void>((resolve) => (cancel = timer(CLOSING_MS / 1000, resolve)));
    await Promise.race([Promise.allSettled(this.#calls), late]);
    cancel();
  }

  #begin(record: ExecutionRecord, event: string, details: Record<string, Json>, resumed: boolean): Promise<void> {
    const log = new HistoryLog(record.events, this.#clock.now);
    const thread = { last: record.lastEventId };
    log.add(thread, event, details);
    const controller = new AbortController();
    const live: Live = { controller, halt: { status: 'ABORTED' }, ended: Promise.resolve() };
    const seconds = record.definition.TimeoutSeconds;
    const timeUp = (): void => void this.halt(record.executionArn, { status: 'TIMED_OUT' });
    const cancelTimer = seconds === undefined ? (): void => undefined : timer(seconds, timeUp);
    const attempt: Attempt = {
      record,
      log,
      bindings: this.#bindings,
      clock: this.#clock,
      save: () => this.#store.save(record),
      track: (work) => this.#track(work),
      children: this.#children,
    };
    this.#live.set(record.executionArn, live);
    this.#store.save(record);
    this.#changed(record);
    live.ended = this.#run(attempt, thread, live, resumed).finally(cancelTimer);
    return live.ended;
  }

  async #run(attempt: Attempt, thread: Thread, live: Live, resumed: boolean): Promise<void> {
    const { record, log, clock } = attempt;
    const frame = (record.frame ??= { state: record.definition.StartAt, input: record.input });
    // Whoever starts an execution learns its ARN before its first state runs.
    await Promise.resolve();
    try {
      const scope = { attempt, thread, signal: live.controller.signal };
      record.output = await runStates(scope, loadDefinition(record.definition), frame, resumed);
      delete record.frame;
      log.end(thread, 'ExecutionSucceeded', { output: JSON.stringify(record.output) });
      record.status = 'SUCCEEDED';
    } catch (thrown) {
      const halted = thrown instanceof ExecutionHalted;
      const failure = halted ? live.halt : describeFailure(thrown);
      const details = {
        ...(failure.error && { error: failure.error }),
        ...(failure.cause && { cause: failure.cause }),
      };
      record.lastEventId = thread.last;
      Object.assign(record, details);
      log.end({ ...thread }, ENDING[failure.status], details);
      record.status = failure.status;
    }
    record.stopDate = clock.now();
    this.#live.delete(record.executionArn);
    this.#store.save(record);
    this.#changed(record);
  }

  #track<T>(work: Promise<T>): Promise<T> {
    this.#calls.add(work);
    void work.catch(() => undefined).finally(() => this.#calls.delete(work));
    return work;
  }

  readonly #children: ChildExecutions = {
    find: (executionArn) => this.#store.get(executionArn),
    start: async (child, signal, started) => {
      const record = newExecution({ ...child, name: randomUUID() }, this.#clock.now());
      started(record.executionArn);
      return await this.#untilEnded(record, this.start(record), signal);
    },
    redrive: async (executionArn, signal) => {
      const record = this.#store.get(executionArn);
      if (!record) throw asStateError(new Error(`the child execution ${executionArn} is gone`), 'States.Runtime');
      // AWS: "If an execution isn't redrivable, it won't be attempted again. The last error or output of the execution is permanent."
      if (redriveStatusOf(record, this.#clock.now()).redriveStatus === 'NOT_REDRIVABLE') return record;
      return await this.#untilEnded(record, this.redrive(record), signal);
    },
  };

  async #untilEnded(record: ExecutionRecord, ended: Promise<void>, signal: AbortSignal): Promise<ExecutionRecord> {
    const halt = (): void => void this.halt(record.executionArn, { status: 'ABORTED' });
    if (signal.aborted) halt();
    signal.addEventListener('abort', halt);
    await ended;
    signal.removeEventListener('abort', halt);
    return record;
  }
}

const ENDING = { FAILED: 'ExecutionFailed', ABORTED: 'ExecutionAborted', TIMED_OUT: 'ExecutionTimedOut' } as const;

function describeFailure(thrown: unknown): { status: 'FAILED'; error?: string; cause?: string } {
  const { name, message } = asStateError(thrown, 'States.Runtime');
  return { status: 'FAILED', ...(name && { error: name }), ...(message && { cause: message }) };
}

/** A record of an execution that has not begun. */
export function newExecution(
  fields: Pick<
    ExecutionRecord,
    'stateMachineArn' | 'stateMachineName' | 'roleArn' | 'definition' | 'input' | 'name' | 'parent'
  >,
  now: number,
): ExecutionRecord {
  return {
    ...fields,
    executionArn: `${fields.stateMachineArn.replace(':stateMachine:', ':execution:')}:${fields.name}`,
    status: 'RUNNING',
    startDate: now,
    redriveCount: 0,
    redriveTokens: [],
    lastEventId: 0,
    events: [],
    mapRuns: [],
  };
}
