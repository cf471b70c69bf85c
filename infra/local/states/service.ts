import { randomUUID } from 'node:crypto';
import { acceptDefinition } from './accept.ts';
import { Attempts, newExecution } from './attempts.ts';
import type { Bindings } from './bindings.ts';
import type { Definition } from './definition.ts';
import { StatesServiceError } from './errors.ts';
import type { ExecutionRecord, MapRunRecord } from './execution.ts';
import { HistoryLog, pageOf, withoutExecutionData, type HistoryEvent } from './history.ts';
import { copyJson, type Json } from './json.ts';
import { assertRedrivable, redriveWithToken } from './redrive.ts';
import { MAXIMUM_PAYLOAD_BYTES } from './scope.ts';
import { statusChange, type StatusChangeEvent } from './status-change.ts';
import { ExecutionStore } from './store.ts';
import {
  describe,
  type ExecutionDescription,
  type HistoryRequest,
  type ListExecutionsRequest,
  type StateMachineDescription,
} from './descriptions.ts';

export interface StatesOptions {
  bindings: Bindings;
  /** What Wait states and retry delays are multiplied by; 0 waits not at all. Timeouts are never scaled. */
  timeScale: number;
  /** Milliseconds since the epoch; the system's clock by default. */
  now?: () => number;
  /** The share (0 to 1) of a delay that FULL jitter leaves; all of it by default. */
  jitter?: () => number;
  /** Where executions are kept as files; in memory only when missing. */
  historyDir?: string;
}

export interface NewStateMachine {
  name: string;
  arn: string;
  /** Plain ASL, all references resolved. */
  definition: unknown;
  roleArn: string;
  /** The caller has validated the definition against the ASL schema; what the engine supports is checked all the same. */
  schemaChecked?: boolean;
}

/** The local Step Functions: the operations of the API, in the process. Refusals are StatesServiceError with the API's error code as name. */
export class StatesService {
  readonly #machines = new Map<string, StateMachineDescription & { parsed: Definition }>();
  readonly #listeners = new Set<(event: StatusChangeEvent) => void>();
  readonly #store: ExecutionStore;
  readonly #attempts: Attempts;
  readonly #now: () => number;

  constructor(options: StatesOptions) {
    this.#now = options.now ?? Date.now;
    this.#store = new ExecutionStore(options.historyDir);
    const clock = { now: this.#now, timeScale: options.timeScale, jitter: options.jitter ?? ((): number => 1) };
    this.#attempts = new Attempts(options.bindings, clock, this.#store, (record) => this.#announce(record));
    for (const record of this.#store.all()) if (record.status === 'RUNNING') this.#abandon(record);
  }

  /** Registers a state machine, or replaces its definition; throws UnsupportedDefinition. */
  createStateMachine(machine: NewStateMachine): { stateMachineArn: string } {
    const parsed = acceptDefinition(machine.definition, machine.schemaChecked);
    const { arn: stateMachineArn, name, roleArn } = machine;
    const definition = JSON.stringify(machine.definition);
    this.#machines.set(stateMachineArn, {
      stateMachineArn,
      name,
      roleArn,
      definition,
      creationDate: this.#now(),
      parsed,
    });
    return { stateMachineArn };
  }

  listStateMachines(): StateMachineDescription[] {
    return [...this.#machines.keys()].map((arn) => this.describeStateMachine(arn));
  }

  describeStateMachine(stateMachineArn: string): StateMachineDescription {
    const { name, definition, roleArn, creationDate } = this.#machine(stateMachineArn);
    return { stateMachineArn, name, definition, roleArn, creationDate };
  }

  /** Starts an execution. The same name with the same input while it runs is the same execution; otherwise a name is used once. */
  startExecution(request: { stateMachineArn: string; name?: string | undefined; input?: Json | undefined }): {
    executionArn: string;
    startDate: number;
  } {
    const machine = this.#machine(request.stateMachineArn);
    const name = request.name ?? randomUUID();
    // API StartExecution: 1 to 80 characters, none of these.
    // eslint-disable-next-line no-control-regex -- they are among what is refused
    if (name.length > 80 || !/^[^\s<>{}[\]?*"#%\\^|~`$&,;:/\u0000-\u001f\u007f-\u009f]+$/.test(name)) {
      throw new StatesServiceError('InvalidName', `Invalid Name: '${name}'`);
    }
    const input = request.input === undefined ? {} : copyJson(request.input);
    if (Buffer.byteLength(JSON.stringify(input)) > MAXIMUM_PAYLOAD_BYTES) {
      throw new StatesServiceError('InvalidExecutionInput', 'Invalid Execution Input: too large');
    }
    const { stateMachineArn, roleArn, parsed } = machine;
    const record = newExecution(
      { stateMachineArn, stateMachineName: machine.name, roleArn, definition: parsed, input, name },
      this.#now(),
    );
    const { executionArn, startDate } = record;
    const known = this.#store.get(executionArn);
    if (known) {
      const same = known.status === 'RUNNING' && JSON.stringify(known.input) === JSON.stringify(input);
      if (same) return { executionArn, startDate: known.startDate };
      throw new StatesServiceError('ExecutionAlreadyExists', `Execution Already Exists: '${executionArn}'`);
    }
    void this.#attempts.start(record);
    return { executionArn, startDate };
  }

  describeExecution(executionArn: string): ExecutionDescription {
    return describe(this.#execution(executionArn), this.#now());
  }

  /** Resolves with the execution as soon as it is no longer running. */
  async waitForExecution(executionArn: string): Promise<ExecutionDescription> {
    this.#execution(executionArn);
    await this.#attempts.ended(executionArn);
    return this.describeExecution(executionArn);
  }

  /** One page of events; timestamps in milliseconds since the epoch. */
  getExecutionHistory(request: HistoryRequest): { events: HistoryEvent[]; nextToken?: string } {
    const { events } = this.#execution(request.executionArn);
    const ordered = request.reverseOrder ? events.toReversed() : events;
    const shown = request.includeExecutionData === false ? ordered.map(withoutExecutionData) : ordered;
    const question = `${request.executionArn} ${String(request.reverseOrder ?? false)}`;
    const { items, ...rest } = pageOf(shown, request.maxResults, request.nextToken, question);
    return { events: structuredClone(items), ...rest };
  }

  /** Newest first; the children of a Map Run only when asked for by its ARN. */
  listExecutions(request: ListExecutionsRequest): { executions: ExecutionDescription[]; nextToken?: string } {
    const { stateMachineArn, mapRunArn, statusFilter, redriveFilter } = request;
    if (mapRunArn === undefined) this.#machine(stateMachineArn ?? '');
    const found = this.#store
      .all()
      .filter((record) =>
        mapRunArn === undefined ? record.stateMachineArn === stateMachineArn : record.parent?.mapRunArn === mapRunArn,
      )
      .filter((record) => statusFilter === undefined || record.status === statusFilter)
      .filter((record) => redriveFilter === undefined || record.redriveCount > 0 === (redriveFilter === 'REDRIVEN'));
    const newestFirst = found.map((record) => describe(record, this.#now())).reverse();
    const question = JSON.stringify([stateMachineArn, mapRunArn, statusFilter, redriveFilter]);
    const { items, ...rest } = pageOf(newestFirst, request.maxResults, request.nextToken, question);
    return { executions: items, ...rest };
  }

  /** Aborts a running execution; resolves when its states have let go. Nothing changes for one that has ended. */
  async stopExecution(request: {
    executionArn: string;
    error?: string | undefined;
    cause?: string | undefined;
  }): Promise<{ stopDate: number }> {
    const record = this.#execution(request.executionArn);
    const { error, cause } = request;
    await this.#attempts.halt(record.executionArn, {
      status: 'ABORTED',
      ...(error && { error }),
      ...(cause && { cause }),
    });
    return { stopDate: record.stopDate ?? this.#now() };
  }

  /** Goes on with an unsuccessful execution at the states that did not succeed, as AWS does; throws ExecutionNotRedrivable. */
  redriveExecution(request: { executionArn: string; clientToken?: string | undefined }): { redriveDate: number } {
    const record = this.#execution(request.executionArn);
    const now = this.#now();
    const earlier = redriveWithToken(record, request.clientToken, now);
    if (earlier !== undefined) return { redriveDate: earlier };
    assertRedrivable(record, now);
    void this.#attempts.redrive(record, request.clientToken);
    return { redriveDate: record.redriveDate ?? now }; // as the record has it: the clock may have moved on
  }

  /** The Map Runs of an execution, in the order they started. */
  listMapRuns(executionArn: string): MapRunRecord[] {
    return structuredClone(this.#execution(executionArn).mapRuns);
  }

  describeMapRun(mapRunArn: string): MapRunRecord {
    const run = this.#store
      .all()
      .flatMap((record) => record.mapRuns)
      .find((candidate) => candidate.mapRunArn === mapRunArn);
    if (!run) throw new StatesServiceError('ResourceNotFound', `Resource not found: '${mapRunArn}'`);
    return structuredClone(run);
  }

  /** Calls `listener` at each start, redrive and end of an execution, children of Map Runs included; returns what ends that. */
  onStatusChange(listener: (event: StatusChangeEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Aborts all running executions and waits for their functions and containers. */
  async close(): Promise<void> {
    await this.#attempts.close();
  }

  #machine(stateMachineArn: string): StateMachineDescription & { parsed: Definition } {
    assertArn(stateMachineArn, 'stateMachine');
    const machine = this.#machines.get(stateMachineArn);
    if (!machine)
      throw new StatesServiceError('StateMachineDoesNotExist', `State Machine Does Not Exist: '${stateMachineArn}'`);
    return machine;
  }

  #execution(executionArn: string): ExecutionRecord {
    assertArn(executionArn, 'execution');
    const record = this.#store.get(executionArn);
    if (!record) throw new StatesServiceError('ExecutionDoesNotExist', `Execution Does Not Exist: '${executionArn}'`);
    return record;
  }

  #announce(record: ExecutionRecord): void {
    const event = statusChange(describe(record, this.#now()), this.#now());
    for (const listener of this.#listeners) {
      try {
        listener(event);
      } catch (error) {
        // A listener is no part of the execution it hears of.
        console.error('a listener to status changes failed', error);
      }
    }
  }

  /** An execution whose process died under it: it ends ABORTED where it stood, and can be redriven from there. */
  #abandon(record: ExecutionRecord): void {
    const cause = 'The local Step Functions engine ended while the execution was running.';
    const thread = { last: record.events.at(-1)?.id ?? 0 };
    record.lastEventId = thread.last;
    new HistoryLog(record.events, this.#now).end(thread, 'ExecutionAborted', { error: 'States.LocalStop', cause });
    Object.assign(record, { status: 'ABORTED', stopDate: this.#now(), error: 'States.LocalStop', cause });
    for (const run of record.mapRuns) if (run.status === 'RUNNING') run.status = 'ABORTED';
    this.#store.save(record);
  }
}

function assertArn(arn: string, kind: 'stateMachine' | 'execution'): void {
  if (new RegExp(`^arn:aws[\\w-]*:states:[\\w-]+:\\d{12}:${kind}:.+`).test(arn)) return;
  throw new StatesServiceError('InvalidArn', `Invalid Arn: '${arn}'`);
}

/** Creates the service; it needs no server and no files unless `historyDir` is given. */
export function createStates(options: StatesOptions): StatesService {
  return new StatesService(options);
}
