import { ExecutionHalted, StateError, StatesServiceError } from './errors.ts';
import { without, type Json, type JsonObject } from './json.ts';

/** An event as GetExecutionHistory returns it, but for the timestamp: milliseconds since the epoch. */
export interface HistoryEvent {
  id: number;
  /** The event before it in its own branch; 0 for the first. */
  previousEventId: number;
  timestamp: number;
  type: string;
  /** `stateEnteredEventDetails`, ... (one of them). */
  [details: string]: Json;
}

/** AWS ends an execution at 25,000 events (quota "Maximum execution history size"). */
const MAXIMUM_EVENTS = 25_000;

/** Where a branch of the execution stands: the id of its last event. */
export interface Thread {
  last: number;
}

/** The field that holds the details of an event of this type. */
function detailsField(type: string): string {
  if (type.endsWith('StateEntered')) return 'stateEnteredEventDetails';
  if (type.endsWith('StateExited')) return 'stateExitedEventDetails';
  return `${type.charAt(0).toLowerCase()}${type.slice(1)}EventDetails`;
}

/** Appends events to an execution's history, until it is sealed: what a halted state still does is not recorded. */
export class HistoryLog {
  readonly #events: HistoryEvent[];
  readonly #now: () => number;
  #sealed = false;

  constructor(events: HistoryEvent[], now: () => number) {
    this.#events = events;
    this.#now = now;
  }

  /** Adds an event after the thread's last one and moves the thread on. */
  add(thread: Thread, type: string, details?: JsonObject): void {
    if (this.#sealed) throw new ExecutionHalted();
    if (this.#events.length >= MAXIMUM_EVENTS - 1) {
      throw new StateError(
        'States.Runtime',
        `The execution reached the maximum number of history events (${MAXIMUM_EVENTS}).`,
      );
    }
    this.#push(thread, type, details);
  }

  /** Adds the execution's last event; nothing can follow. */
  end(thread: Thread, type: string, details?: JsonObject): void {
    this.#push(thread, type, details);
    this.#sealed = true;
  }

  #push(thread: Thread, type: string, details?: JsonObject): void {
    const id = this.#events.length + 1;
    const event: HistoryEvent = { id, previousEventId: thread.last, timestamp: this.#now(), type };
    if (details) event[detailsField(type)] = details;
    this.#events.push(event);
    thread.last = id;
  }
}

export interface Page<T> {
  items: T[];
  nextToken?: string;
}

/** One page of a list. A token names where the next page starts and is valid only for the same question. */
export function pageOf<T>(
  all: T[],
  maxResults: number | undefined,
  nextToken: string | undefined,
  question: string,
): Page<T> {
  const size = maxResults === undefined || maxResults === 0 ? 100 : maxResults;
  if (!Number.isInteger(size) || size < 0 || size > 1000) {
    throw new StatesServiceError('ValidationException', 'maxResults must be between 0 and 1000');
  }
  let start = 0;
  if (nextToken !== undefined) {
    const [position, asked] = decode(nextToken);
    if (asked !== question || !Number.isInteger(position))
      throw new StatesServiceError('InvalidToken', 'Invalid Token: nextToken');
    start = position;
  }
  const items = all.slice(start, start + size);
  return start + size < all.length ? { items, nextToken: encode(start + size, question) } : { items };
}

const encode = (position: number, question: string): string =>
  Buffer.from(JSON.stringify([position, question])).toString('base64url');

function decode(token: string): [number, string] {
  try {
    return JSON.parse(Buffer.from(token, 'base64url').toString()) as [number, string];
  } catch {
    throw new StatesServiceError('InvalidToken', 'Invalid Token: nextToken');
  }
}

/** The event without inputs, outputs and parameters (`includeExecutionData: false`). */
export function withoutExecutionData(event: HistoryEvent): HistoryEvent {
  const [field, details] = Object.entries(event).find(([key]) => key.endsWith('EventDetails')) ?? [];
  if (field === undefined) return event;
  return { ...event, [field]: without(details as JsonObject, 'input', 'output', 'parameters') };
}
