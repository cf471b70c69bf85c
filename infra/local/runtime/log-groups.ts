import { gzipSync } from 'node:zlib';
import { account } from '../template/scope.ts';
import { RuntimeServiceError } from './errors.ts';

export interface InputLogEvent {
  /** Milliseconds since the epoch. */
  timestamp: number;
  message: string;
}

export interface Subscription {
  logGroupName: string;
  filterName: string;
  functionArn: string;
}

/** Which events of a batch were left out, by index; as PutLogEvents answers. */
export interface RejectedEvents {
  /** The first that is too new. */
  tooNewLogEventStartIndex?: number;
  /** One past the last that is too old. */
  tooOldLogEventEndIndex?: number;
}

/** What a function gets of CloudWatch Logs: base64 of gzip of JSON. */
export interface SubscriptionPayload {
  awslogs: { data: string };
}

type Deliver = (functionArn: string, event: SubscriptionPayload) => void;

const HOUR_MS = 3_600_000;
const OLDEST_MS = 14 * 24 * HOUR_MS;
const NEWEST_MS = 2 * HOUR_MS;

/**
 * CloudWatch Logs as far as subscriptions go: what is put into a log group goes to the functions that subscribe it, and is stored
 * nowhere else.
 */
export class LogGroups {
  /** Streams by group. */
  readonly #groups = new Map<string, Set<string>>();
  readonly #subscriptions: Subscription[] = [];
  readonly #deliver: Deliver;
  readonly #now: () => number;
  #lastEvent = 0n;

  constructor(deliver: Deliver, now: () => number = Date.now) {
    this.#deliver = deliver;
    this.#now = now;
  }

  createGroup(name: string): void {
    if (this.#groups.has(name)) throw alreadyThere('group');
    this.#groups.set(name, new Set());
  }

  createStream(group: string, stream: string): void {
    const streams = this.#streams(group);
    if (streams.has(stream)) throw alreadyThere('stream');
    streams.add(stream);
  }

  /**
   * Makes the group if it is not there: a template may subscribe groups that others made. The destination gets the message by which the
   * service tries it.
   */
  subscribe(subscription: Subscription): void {
    const { logGroupName, functionArn } = subscription;
    const inGroup = this.#subscriptions.filter((other) => other.logGroupName === logGroupName);
    if (inGroup.length >= 2) throw new RuntimeServiceError('LimitExceededException', 'Resource limit exceeded.');
    if (!this.#groups.has(logGroupName)) this.createGroup(logGroupName);
    this.#subscriptions.push(subscription);
    this.#deliver(functionArn, packed(controlMessage(this.#now())));
  }

  /** Hands the events to each subscriber of the group as one message, with ids that rise, also over restarts. */
  put(group: string, stream: string, events: readonly InputLogEvent[]): RejectedEvents {
    if (!this.#streams(group).has(stream)) throw notThere('stream');
    const now = this.#now();
    const tooOld = events.findLastIndex(({ timestamp }) => timestamp < now - OLDEST_MS) + 1;
    const tooNew = events.findIndex(({ timestamp }) => timestamp > now + NEWEST_MS);
    const taken = events.slice(tooOld, tooNew < 0 ? events.length : tooNew);
    const logEvents = taken.map(({ timestamp, message }) => ({ id: this.#nextId(timestamp), timestamp, message }));
    for (const { logGroupName, filterName, functionArn } of this.#subscriptions) {
      if (logGroupName !== group || logEvents.length === 0) continue;
      const message = {
        messageType: 'DATA_MESSAGE',
        owner: account,
        logGroup: group,
        logStream: stream,
        subscriptionFilters: [filterName],
        logEvents,
      };
      this.#deliver(functionArn, packed(message));
    }
    return {
      ...(tooNew >= 0 && { tooNewLogEventStartIndex: tooNew }),
      ...(tooOld > 0 && { tooOldLogEventEndIndex: tooOld }),
    };
  }

  /** 56 digits, the event's time first, as in the ids of the service; below it, the time and order in which it was put. */
  #nextId(timestamp: number): string {
    const clock = BigInt(this.#now()) << 32n;
    this.#lastEvent = clock > this.#lastEvent ? clock : this.#lastEvent + 1n;
    return ((BigInt(timestamp) << 144n) + this.#lastEvent).toString().padStart(56, '0');
  }

  #streams(group: string): Set<string> {
    const streams = this.#groups.get(group);
    if (!streams) throw notThere('group');
    return streams;
  }
}

const notThere = (what: string): RuntimeServiceError =>
  new RuntimeServiceError('ResourceNotFoundException', `The specified log ${what} does not exist.`);
const alreadyThere = (what: string): RuntimeServiceError =>
  new RuntimeServiceError('ResourceAlreadyExistsException', `The specified log ${what} already exists`);

const controlMessage = (timestamp: number): object => ({
  messageType: 'CONTROL_MESSAGE',
  owner: 'CloudwatchLogs',
  logGroup: '',
  logStream: '',
  subscriptionFilters: [],
  logEvents: [{ id: '', timestamp, message: 'CWL CONTROL MESSAGE: Checking health of destination Lambda.' }],
});

const packed = (message: object): SubscriptionPayload => ({
  awslogs: { data: gzipSync(JSON.stringify(message)).toString('base64') },
});
